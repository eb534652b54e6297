/**
 * The server that our client is tried on: one of everything, and handlers that say what reached them.
 *
 * `running` serves it in a place and connects; what handlers and own methods have heard is kept in `Seen`.
 */
import { Deferred, Effect, Layer, Schema, type Scope } from "effect"
import {
  type McpClient,
  type McpError,
  McpLimits,
  McpMethod,
  McpPrompt,
  McpRequest,
  McpResource,
  McpServer,
  McpTool
} from "mcp-effect"
import { Progress } from "mcp-effect/methods/progress"
import type { ProgressNotificationParams } from "mcp-effect/methods/progress"
import { held } from "./held.ts"
import type { Place } from "./places.ts"

export const PER_PAGE = 3
export const upTo = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at + 1)
/** The numbers of `count` things of a kind. */
export const first = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at)

const Tick = { params: Schema.Struct({ n: Schema.Int, at: Schema.DateFromString }) }
/** A request, and notifications for either direction, of nobody's but ours; what they carry is encoded. */
export const Later = McpMethod.request("own/later", {
  params: Schema.Struct({ at: Schema.DateFromString, days: Schema.Int }),
  result: Schema.Struct({ at: Schema.DateFromString })
})
export const Tock = McpMethod.notification("own/tock", Tick)
export const Ticked = McpMethod.notification("own/tick", Tick)

export class Seen {
  readonly started: Array<string> = []
  readonly interrupted: Array<string> = []
  readonly ticks: Array<(typeof Ticked)["params"]["Type"]> = []
  readonly progress: Array<ProgressNotificationParams> = []
  readonly metas: Array<object> = []
  readonly clients: Array<McpRequest.Service["client"]["info"]> = []
  readonly door = Deferred.makeUnsafe<void>()
}

const Named = { name: Schema.String }
/** Waits until the door opens. */
export const Wait = McpTool.make("wait", { parameters: Named })
/** Sends `count` notifications of its own, reports as much progress, and logs as much. */
export const Say = McpTool.make("say", { parameters: { count: Schema.Int } })
/** Says which `_meta` the call had. */
export const Meta = McpTool.make("meta")

const EPOCH = new Date("2026-01-01T00:00:00.000Z")

const tools = (seen: Seen) =>
  Layer.mergeAll(
    Wait.toLayer(({ name }) =>
      Effect.gen(function* () {
        seen.started.push(name)
        yield* Effect.onInterrupt(Deferred.await(seen.door), () => Effect.sync(() => seen.interrupted.push(name)))
        return name
      })
    ),
    Say.toLayer(({ count }) =>
      Effect.gen(function* () {
        const request = yield* McpRequest
        for (const n of upTo(count)) {
          yield* request.notify(Tock, { n, at: EPOCH })
          yield* request.progress({ progress: n, total: count })
          yield* request.log("notice", { n })
        }
        return "said"
      })
    ),
    Meta.toLayer(() =>
      Effect.map(McpRequest, ({ client, meta }) => (seen.clients.push(client.info), seen.metas.push(meta), "kept"))
    )
  )

const Files = McpResource.template("files://{dir}/{name}", { name: "files" })
const Greet = McpPrompt.make("greet", { parameters: { name: Schema.String, mood: Schema.Literals(["glad", "sad"]) } })

/** Several of a kind. */
const several = (count: number, one: (n: number) => Layer.Layer<never, never, McpServer.McpServer>) =>
  Layer.mergeAll(one(0), ...first(count).slice(1).map(one))

const others = Layer.mergeAll(
  several(7, (n) => McpResource.make(`docs://${n}`, { name: `doc${n}` }).toLayer(Effect.succeed(`text ${n}`))),
  several(4, (n) => McpResource.template(`more${n}://{x}`, { name: `more${n}` }).toLayer(({ x }) => Effect.succeed(x))),
  several(4, (n) => McpPrompt.make(`prompt${n}`).toLayer(() => Effect.succeed(`prompt ${n}`))),
  several(4, (n) => McpTool.make(`tool${n}`).toLayer(() => Effect.succeed(`tool ${n}`))),
  Files.toLayer(({ dir, name }) => Effect.succeed(`${dir}/${name}`), {
    complete: {
      name: (typed, { arguments: { dir } }) =>
        Effect.succeed(
          ["one", "two", "three"].filter((word) => word.startsWith(typed)).map((word) => `${dir ?? "?"}-${word}`)
        )
    }
  }),
  Greet.toLayer(({ mood, name }) => Effect.succeed(`Hello ${name}, ${mood}`))
)

const own = (seen: Seen) =>
  Layer.mergeAll(
    McpServer.handle(Later, ({ at, days }) => Effect.succeed({ at: new Date(at.getTime() + days * 86_400_000) })),
    McpServer.onNotification(Ticked, (tick) => Effect.sync(() => seen.ticks.push(tick))),
    McpServer.onNotification(Progress, (progress) => Effect.sync(() => seen.progress.push(progress)))
  )

const paged = Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, page: PER_PAGE })

/** The server in the hands of the test, and what it has seen. */
export const everything = (options: Partial<McpServer.Options> = {}) => {
  const seen = new Seen()
  const items = Layer.mergeAll(tools(seen), others, own(seen))
  const { app, ...server } = held(items, { capabilities: { logging: {} }, instructions: "Use it well", ...options })
  return { ...server, app: Layer.provide(app, paged), seen }
}

export interface Running {
  readonly client: McpClient.Service
  readonly seen: Seen
  readonly server: McpServer.Service
}

export const running = (
  place: Place,
  options?: McpClient.ConnectOptions
): Effect.Effect<Running, McpError.McpError, Scope.Scope> =>
  Effect.gen(function* () {
    const { app, seen, server } = everything()
    const client = yield* place.connect(app, options)
    return { client, seen, server: yield* server }
  })
