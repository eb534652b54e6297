/**
 * Which endpoint answers at a path of a router: the only one there, or, of several, the one whose host is meant.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { headersOf, hostOf } from "./arriving.ts"
import { barred } from "./guards.ts"
import type { Settings } from "./settings.ts"

type Serve = (request: HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, Scope.Scope>

const gone = HttpServerResponse.empty({ status: 404 })

interface Mount {
  readonly settings: Settings
  readonly serve: Serve
}

/** A host by which two endpoints are both reached. */
const shared = (a: Settings, b: Settings): string | undefined => {
  const [first, second] = [a.guards.hosts, b.guards.hosts]
  if (first === undefined || second === undefined) return "every host"
  return [...first].find((host) => second.has(host))
}

const meant = (mounts: ReadonlyArray<Mount>, request: HttpServerRequest): Mount | undefined => {
  const [first] = mounts
  if (mounts.length <= 1) return first
  const headers = headersOf(request)
  return (
    mounts.find(
      ({ settings: { guards, trustedProxy } }) =>
        barred(guards, hostOf(request, headers, trustedProxy), undefined) === undefined
    ) ?? first
  )
}

/** The endpoints of one router. */
export class Mounts extends Context.Service<
  Mounts,
  { readonly mount: (settings: Settings, serve: Serve) => Effect.Effect<void, never, Scope.Scope> }
>()("mcp-effect/transport/McpHttp/Mounts") {}

/** One for all endpoints of a router that are built together. */
export const layerMounts: Layer.Layer<Mounts, never, HttpRouter.HttpRouter> = /* @__PURE__ */ Layer.effect(
  Mounts,
  Effect.gen(function* () {
    const router = yield* HttpRouter.HttpRouter
    const paths = new Map<string, Array<Mount>>()
    const mount = Effect.fnUntraced(function* (settings: Settings, serve: Serve) {
      const added: Mount = { settings, serve }
      const there = paths.get(settings.path)
      const clash = there?.map((other) => shared(other.settings, settings)).find((host) => host !== undefined)
      if (clash !== undefined) {
        const detail = `Two servers are mounted at ${settings.path} for ${clash}; give each its own path or hosts`
        return yield* Effect.die(new Error(detail))
      }
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          const mounts = paths.get(settings.path)!
          mounts.splice(mounts.indexOf(added), 1)
        })
      )
      if (there !== undefined) return void there.push(added)
      const mounts = [added]
      paths.set(settings.path, mounts)
      return yield* router.add(
        "*",
        settings.path,
        Effect.flatMap(HttpServerRequest, (request) => meant(mounts, request)?.serve(request) ?? Effect.succeed(gone))
      )
    })
    return Mounts.of({ mount })
  })
)
