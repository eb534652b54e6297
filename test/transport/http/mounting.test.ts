/**
 * Servers in somebody's own router: several, at paths and host names, beside other routes; and how all of it ends.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Logger, Scope } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpEffect from "effect/http/HttpEffect"
import { McpServer, McpTool, type McpTransport } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import * as McpHttp from "../../../src/transport/McpHttp.ts"
import { request } from "../../laws/support/app.ts"
import { Answer } from "./support/answer.ts"
import { type Headers, modernHeaders } from "./support/endpoint.ts"
import { turns } from "./support/turns.ts"

const app = (name: string) =>
  McpTool.make(name)
    .toLayer(() => Effect.succeed(name))
    .pipe(Layer.provide(McpServer.layer({ name, version: "1.0.0" })))

/** A server at a place. */
const at = (name: string, options: McpHttp.ServerOptions) =>
  McpServer.serve(app(name)).pipe(Layer.provide(McpHttp.layer(options)))

const hello = HttpRouter.use((router) => router.add("GET", "/hello", Effect.succeed(HttpServerResponse.text("hello"))))

/** A modern message as a request. */
const posted = (url: string, message: McpTest.Json, headers: Headers = {}): Request =>
  new Request(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...modernHeaders(message), ...headers },
    body: JSON.stringify(message)
  })

/** A router as a function. */
const handlerOf = (router: HttpRouter.HttpRouter) =>
  HttpEffect.toWebHandlerWith<never, HttpServerRequest.HttpServerRequest | Scope.Scope>(Context.empty())(
    router.asHttpEffect()
  )

/** Routes as a function, until the scope closes. */
const routed = <E>(routes: Layer.Layer<never, E, HttpRouter.HttpRouter>) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(Layer.provideMerge(routes, HttpRouter.layer))
    const handler = handlerOf(Context.get(context, HttpRouter.HttpRouter))
    return (url: string, message?: McpTest.Json, headers: Headers = {}) =>
      Effect.map(
        Effect.promise(() =>
          handler(message === undefined ? new Request(url, { headers }) : posted(url, message, headers))
        ),
        (response) => new Answer(response)
      )
  })

const discover = request("modern", 1, "server/discover")
const list = request("modern", 1, "tools/list")

/** The name of the server that answers, or the status. */
const who = (answer: Effect.Effect<Answer>): Effect.Effect<string | number> =>
  Effect.gen(function* () {
    const { message, status } = yield* answer
    if (status !== 200) return status
    const { tools } = (yield* message)["result"] as { readonly tools: ReadonlyArray<{ readonly name: string }> }
    return tools.map(({ name }) => name).join()
  })

describe("servers in a router", () => {
  it.effect("stand beside other routes, each at its path", () =>
    Effect.gen(function* () {
      const send = yield* routed(
        Layer.mergeAll(hello, at("one", { path: "/one/mcp" }), at("two", { path: "/two" }), at("three", {}))
      )
      assert.strictEqual(yield* (yield* send("http://localhost/hello")).text, "hello")
      for (const [path, name] of [
        ["/one/mcp", "one"],
        ["/two", "two"],
        ["/mcp", "three"],
        ["/one", 404],
        ["/two/mcp", 404],
        ["/", 404]
      ] as const) {
        assert.strictEqual(yield* who(send(`http://localhost${path}`, list)), name, path)
      }
      assert.strictEqual(yield* who(send("http://localhost/two?key=value", list)), "two")
    })
  )

  it.effect("at one path, by the host that is meant", () =>
    Effect.gen(function* () {
      const send = yield* routed(
        Layer.mergeAll(at("one", { hosts: ["one.example"] }), at("two", { hosts: ["two.example"] }), at("here", {}))
      )
      for (const [host, name] of [
        ["one.example", "one"],
        ["TWO.example:8080", "two"],
        ["localhost:1", "here"],
        ["evil.example", 403]
      ] as const) {
        assert.strictEqual(yield* who(send("http://ignored.example/mcp", list, { host })), name, host)
      }
    })
  )

  it.effect("know nothing of each other's sessions", () =>
    Effect.gen(function* () {
      const send = yield* routed(Layer.mergeAll(at("one", { path: "/one" }), at("two", { path: "/two" })))
      const initialize = request("legacy", 1, "initialize", {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "raw", version: "1" }
      })
      const accept = { "mcp-method": "", "mcp-protocol-version": "" }
      const post = (path: string, message: McpTest.Json, session?: string) =>
        send(`http://localhost${path}`, message, {
          ...accept,
          "mcp-protocol-version": "2025-11-25",
          ...(session === undefined ? {} : { "mcp-session-id": session })
        })
      const session = (yield* post("/one", initialize)).header("mcp-session-id") ?? assert.fail("there is no session")
      const ping = request("legacy", 2, "ping")
      assert.strictEqual((yield* post("/one", ping, session)).status, 200)
      assert.strictEqual((yield* post("/two", ping, session)).status, 404)
    })
  )

  it.effect("a host that no server has is told what every one would say", () =>
    Effect.gen(function* () {
      const send = yield* routed(
        Layer.mergeAll(at("one", { hosts: ["one.example"] }), at("two", { hosts: ["two.example"] }))
      )
      const answer = yield* send("http://localhost/mcp", discover)
      assert.strictEqual(answer.status, 403)
    })
  )

  it.effect("a second server on one endpoint is reported, and the first goes on", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(
        ({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`)
      )
      const both = Layer.mergeAll(McpServer.serve(app("one")), McpServer.serve(app("two"))).pipe(
        Layer.provideMerge(McpHttp.layerWeb()),
        Layer.provideMerge(Logger.layer([logger]))
      )
      const context = yield* Layer.build(both)
      yield* turns
      assert.strictEqual(lines.filter((line) => line.startsWith("Error")).length, 1, lines.join())
      const { handle } = Context.get(context, McpHttp.WebHandler)
      const response = yield* handle(posted("http://localhost/mcp", list))
      assert.strictEqual(yield* who(Effect.succeed(new Answer(response))), "one")
    })
  )

  it.effect("two at one path, for the same host, is an error", () =>
    Effect.gen(function* () {
      const routes = Layer.mergeAll(at("one", { path: "/mcp" }), at("two", { path: "/mcp" }))
      const built = yield* Effect.exit(Layer.build(Layer.provide(routes, HttpRouter.layer)))
      assert.isTrue(Exit.isFailure(built), "the build has to fail: one of them could never be reached")
    })
  )

  it.effect("that has gone leaves the path to the others", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(HttpRouter.layer)
      const router = Layer.succeedContext(context)
      const scope = yield* Scope.make()
      const first = Layer.build(Layer.provide(at("one", { path: "/a" }), router))
      yield* Scope.provide(first, scope)
      yield* Scope.close(scope, Exit.void)
      const handler = handlerOf(Context.get(context, HttpRouter.HttpRouter))
      const response = yield* Effect.promise(() => handler(posted("http://localhost/a", list)))
      assert.strictEqual(response.status, 404)
    })
  )
})

describe("the end", () => {
  it.effect("by drainFirst an open listen ends with its result before anything is released", () =>
    Effect.gen(function* () {
      const story: Array<string> = []
      const scope = yield* Scope.make()
      let send: Effect.Success<ReturnType<typeof routed>> | undefined
      // what serves is shut down first, as an HTTP server's own shutdown is
      const serving = Layer.effectDiscard(
        Effect.gen(function* () {
          send = yield* routed(at("one", {}))
          yield* Effect.addFinalizer(() => Effect.sync(() => void story.push("the socket closes")))
        })
      )
      yield* Scope.provide(Layer.build(McpHttp.drainFirst(serving)), scope)
      const listen = request("modern", "l", "subscriptions/listen", { notifications: { toolsListChanged: true } })
      const { events } = yield* send!("http://localhost/mcp", listen)
      yield* events.next
      yield* Scope.close(scope, Exit.void)
      story.push("closed")
      const told = yield* events.messages
      assert.deepStrictEqual(
        told.map(({ id }) => id),
        ["l"]
      )
      assert.deepStrictEqual(story, ["the socket closes", "closed"])
    })
  )

  it.effect("a request that comes before the application is built waits for it, and is answered", () =>
    Effect.gen(function* () {
      const building = { go: () => {} }
      const gate = Effect.callback<void>((resume) => {
        building.go = () => resume(Effect.void)
      })
      const slow = Layer.merge(app("slow"), Layer.effectDiscard(gate))
      const context = yield* Layer.build(McpHttp.layerWeb())
      const { handle } = Context.get(context, McpHttp.WebHandler)
      const waiting = yield* Effect.forkChild(handle(posted("http://localhost/mcp", list)))
      const served: Layer.Layer<never, never, McpTransport.McpListenerSource> = McpServer.serve(slow)
      yield* Effect.forkScoped(Layer.build(Layer.provide(served, Layer.succeedContext(context))))
      yield* turns
      assert.isUndefined(waiting.pollUnsafe())
      building.go()
      yield* turns
      assert.strictEqual((yield* Fiber.join(waiting)).status, 200)
    })
  )

  it.effect("a request that waits for an application which cannot be built is told, when it is given up", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Scope.provide(Layer.build(McpHttp.layerWeb()), scope)
      const { handle } = Context.get(context, McpHttp.WebHandler)
      const post = new Request("http://localhost/mcp", { method: "POST", body: "{}" })
      const waiting = yield* Effect.forkChild(handle(post))
      yield* turns
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(waiting)).status, 503)
    })
  )
})
