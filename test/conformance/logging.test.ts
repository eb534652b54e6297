/**
 * Chapter `server/utilities/logging`, everywhere.
 *
 * A legacy conversation has a level, `info` until it says otherwise; a modern request names its own or hears nothing.
 * `asked` makes a request of which everything from a level on is heard, in the words of either era.
 */
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Fiber, Layer, References, Schema, Stream } from "effect"
import { McpLogger, McpPrompt, McpRequest, McpResource, McpTool, McpTransport } from "mcp-effect"
import { LoggingMessage } from "mcp-effect/methods/logging"
import { LoggingLevel } from "mcp-effect/McpSchema"
import { McpTest } from "mcp-effect/testing"
import { settle } from "../laws/support/law.ts"
import { within } from "../laws/support/limits.ts"
import { errorOf, heard, held, inbound, quiet, resultOf, told } from "./support/held.ts"
import { everywhere, type Place, type Raw } from "./support/places.ts"

const MESSAGE = "notifications/message"
const LEVEL = "io.modelcontextprotocol/logLevel"
const LEVELS = LoggingLevel.literals
const SECRET = "the secret of the cause"

const logAll = Effect.gen(function* () {
  const request = yield* McpRequest
  for (const level of LEVELS) yield* request.log(level, { said: level }, "levels")
  return "logged"
})
const All = McpTool.make("all").toLayer(() => logAll)
const AllPrompt = McpPrompt.make("all").toLayer(() => logAll)
const AllResource = McpResource.make("logs://all", { name: "all" }).toLayer(logAll)
const items = Layer.mergeAll(All, AllPrompt, AllResource)

/** Calls a tool so that everything from a level on is heard. */
const asked = (place: Place, raw: Raw, level: LoggingLevel, name: string, args: object = {}) =>
  Effect.gen(function* () {
    if (place.era === "legacy") yield* raw.ask(`level ${raw.received.length}`, "logging/setLevel", { level })
    const meta = place.era === "modern" ? { [LEVEL]: level } : {}
    return yield* raw.ask(`call ${raw.received.length}`, "tools/call", { name, arguments: args }, meta)
  })

type Said = { readonly level: string; readonly logger?: string; readonly data: unknown }

/** What was said in log messages; each fits the revision. */
const said = (place: Place, raw: McpTest.RawPeer): ReadonlyArray<Said> =>
  told(raw, MESSAGE).map(({ params }) => {
    assert.isUndefined(place.spoken.check(LoggingMessage.params, params))
    return params as Said
  })
const levelsOf = (messages: ReadonlyArray<Said>) => messages.map(({ level }) => level)
const from = (level: LoggingLevel) => LEVELS.slice(LEVELS.indexOf(level))

everywhere("logging", (place) => {
  const { era } = place

  it.effect("without a word of the client: from info on in legacy, nothing in modern", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      resultOf(yield* raw.ask(1, "tools/call", { name: "all" }))
      assert.deepStrictEqual(levelsOf(said(place, raw)), era === "legacy" ? from("info") : [])
    }).pipe(Effect.scoped)
  )

  it.effect.each([...LEVELS])("from %s on, as the client wishes", (level) =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      resultOf(yield* asked(place, raw, level, "all"))
      const messages = from(level).map((level) => ({ level, logger: "levels", data: { said: level } }))
      assert.deepStrictEqual(said(place, raw), messages)
    }).pipe(Effect.scoped)
  )

  it.effect("resources and prompts log as tools do", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      const meta = era === "modern" ? { [LEVEL]: "alert" } : {}
      if (era === "legacy") yield* raw.ask(0, "logging/setLevel", { level: "alert" })
      resultOf(yield* raw.ask(1, "resources/read", { uri: "logs://all" }, meta))
      resultOf(yield* raw.ask(2, "prompts/get", { name: "all" }, meta))
      assert.deepStrictEqual(levelsOf(said(place, raw)), ["alert", "emergency", "alert", "emergency"])
    }).pipe(Effect.scoped)
  )

  it.effect("all of it leaves before the reply", () =>
    Effect.gen(function* () {
      const Unsafe = McpTool.make("unsafe").toLayer(() =>
        Effect.map(McpRequest, (request) => {
          for (const data of [1, 2, 3]) request.logUnsafe("error", data)
          return "logged"
        })
      )
      const raw = yield* place.raw(held(Layer.merge(items, Unsafe)).app)
      for (const name of ["all", "unsafe"]) {
        yield* asked(place, raw, "error", name)
        assert.strictEqual(
          heard(raw).findLastIndex(({ method }) => method === MESSAGE),
          raw.received.length - 2
        )
      }
      assert.strictEqual(said(place, raw).length, from("error").length + 3)
      yield* quiet(raw)
      assert.strictEqual(said(place, raw).length, from("error").length + 3)
    }).pipe(Effect.scoped)
  )

  it.effect("a level that does not exist is refused, and changes nothing", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      for (const level of ["loud", "INFO", 3, null]) {
        const refused =
          era === "legacy"
            ? yield* raw.ask(1, "logging/setLevel", { level })
            : yield* raw.ask(1, "tools/call", { name: "all" }, { [LEVEL]: level })
        assert.strictEqual(errorOf(refused).code, -32602)
        assert.include(errorOf(refused).message, era === "legacy" ? "level" : LEVEL)
      }
      assert.deepStrictEqual(said(place, raw), [])
      resultOf(yield* raw.ask(2, "tools/call", { name: "all" }))
      assert.deepStrictEqual(levelsOf(said(place, raw)), era === "legacy" ? from("info") : [])
    }).pipe(Effect.scoped)
  )

  it.effect("a level holds for the conversation in legacy, for its request in modern", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      yield* asked(place, raw, "emergency", "all")
      resultOf(yield* raw.ask(2, "tools/call", { name: "all" }))
      const levels = era === "legacy" ? ["emergency", "emergency"] : ["emergency"]
      assert.deepStrictEqual(levelsOf(said(place, raw)), levels)
      if (era === "modern")
        assert.strictEqual(errorOf(yield* raw.ask(3, "logging/setLevel", { level: "info" })).code, -32601)
    }).pipe(Effect.scoped)
  )

  it.effect("a level of one conversation is not that of another", () =>
    Effect.gen(function* () {
      const acceptor = yield* McpTest.acceptor(held(items).app)
      const conversation = Effect.gen(function* () {
        const { peer, transport } = yield* McpTest.scripted()
        yield* Effect.forkScoped(acceptor.run(transport))
        if (era === "modern") return peer
        const clientInfo = { name: "raw", version: "1.0.0" }
        const opening = { protocolVersion: place.revision, capabilities: {}, clientInfo }
        yield* peer.send(place.message("opening", "initialize", opening))
        yield* peer.next
        return peer
      })
      const one = yield* conversation
      const other = yield* conversation
      const meta = era === "modern" ? { [LEVEL]: "emergency" } : {}
      if (era === "legacy") yield* one.send(place.message(1, "logging/setLevel", { level: "emergency" }))
      yield* one.send(place.message(2, "tools/call", { name: "all" }, meta))
      while ((yield* one.next)["id"] !== 2);
      yield* other.send(place.message(3, "tools/call", { name: "all" }))
      while ((yield* other.next)["id"] !== 3);
      assert.deepStrictEqual(levelsOf(said(place, one)), ["emergency"])
      assert.deepStrictEqual(levelsOf(said(place, other)), era === "legacy" ? from("info") : [])
    }).pipe(Effect.scoped)
  )

  it.effect("the floor of the server holds, whatever the client wishes", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items, { logLevel: "critical" }).app)
      yield* asked(place, raw, "debug", "all")
      assert.deepStrictEqual(levelsOf(said(place, raw)), from("critical"))
      yield* asked(place, raw, "emergency", "all")
      assert.deepStrictEqual(levelsOf(said(place, raw)), [...from("critical"), "emergency"])
    }).pipe(Effect.scoped)
  )

  it.effect.each(["text", 7, true, null, [1, { a: 2 }], { deep: { er: [null] } }])("data may be any JSON: %j", (data) =>
    Effect.gen(function* () {
      const Say = McpTool.make("say").toLayer(() =>
        Effect.andThen(McpRequest, (request) => Effect.as(request.log("notice", data), "said"))
      )
      const raw = yield* place.raw(held(Say).app)
      yield* asked(place, raw, "notice", "say")
      assert.deepStrictEqual(said(place, raw), [{ level: "notice", data }])
    }).pipe(Effect.scoped)
  )

  it.effect("a handler that logs after its end is not heard", () =>
    Effect.gen(function* () {
      const requests: Array<McpRequest["Service"]> = []
      const Keep = McpTool.make("keep").toLayer(() =>
        Effect.map(McpRequest, (request) => (requests.push(request), "kept"))
      )
      const raw = yield* place.raw(held(Keep).app)
      yield* asked(place, raw, "debug", "keep")
      yield* requests[0]!.log("emergency", "too late")
      requests[0]!.logUnsafe("emergency", "too late")
      yield* requests[0]!.progress({ progress: 1 })
      yield* quiet(raw)
      assert.deepStrictEqual(said(place, raw), [])
    }).pipe(Effect.scoped)
  )

  it.effect("the client hears them as they were said", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(held(items).app)
      const first = yield* Effect.forkScoped(Stream.runCollect(Stream.take(client.logs, 2)), { startImmediately: true })
      yield* client.callTool("all", {}, { meta: { [LEVEL]: "info" } })
      const logs = yield* Fiber.join(first)
      assert.deepStrictEqual(levelsOf([...logs]), ["info", "notice"])
    }).pipe(Effect.scoped)
  )
})

const Effects = McpTool.make("effects", {
  parameters: { level: Schema.Literals(["Trace", "Debug", "Info", "Warn", "Error", "Fatal"]) }
})
const logged = McpLogger.layer({ logger: "effect" })
const bridged = {
  Trace: "debug",
  Debug: "debug",
  Info: "info",
  Warn: "warning",
  Error: "error",
  Fatal: "critical"
} as const

everywhere("the logger of Effect", (place) => {
  const tool = Effects.toLayer(({ level }) => Effect.as(Effect.logWithLevel(level)(level), "logged")).pipe(
    Layer.provide(Layer.merge(logged, Layer.succeed(References.MinimumLogLevel, "All")))
  )

  it.effect.each(["Trace", "Debug", "Info", "Warn", "Error", "Fatal"] as const)(
    "says %s in the words of MCP",
    (level) =>
      Effect.gen(function* () {
        const raw = yield* place.raw(held(tool).app)
        yield* asked(place, raw, "debug", "effects", { level })
        assert.deepStrictEqual(said(place, raw), [{ level: bridged[level], logger: "effect", data: level }])
      }).pipe(Effect.scoped)
  )

  it.effect("says annotations, several values and errors, but no cause", () =>
    Effect.gen(function* () {
      const Odd = McpTool.make("odd").toLayer(() =>
        Effect.gen(function* () {
          yield* Effect.annotateLogs(Effect.logWarning("annotated"), { user: "u", step: 2 })
          yield* Effect.logWarning("several", 2, { three: 3 })
          yield* Effect.logError("it broke", Cause.die(new Error(SECRET)))
          return "logged"
        })
      )
      const raw = yield* place.raw(held(Layer.provide(Odd, logged)).app)
      yield* asked(place, raw, "debug", "odd")
      assert.deepStrictEqual(
        said(place, raw).map(({ data }) => data),
        [{ message: "annotated", user: "u", step: 2 }, ["several", 2, { three: 3 }], "it broke"]
      )
      assert.notInclude(raw.received.join("\n"), SECRET)
    }).pipe(Effect.scoped)
  )

  it.effect("says nothing outside handlers, and nothing of what the library logs of an incident", () =>
    Effect.gen(function* () {
      const Dies = McpTool.make("dies").toLayer(() => Effect.die(new Error(SECRET)))
      const { app } = held(Layer.merge(Dies, Layer.effectDiscard(Effect.logError(SECRET))))
      const raw = yield* place.raw(Layer.provide(app, logged))
      assert.strictEqual(errorOf(yield* asked(place, raw, "debug", "dies")).code, -32603)
      yield* quiet(raw)
      assert.deepStrictEqual(said(place, raw), [])
      assert.notInclude(raw.received.join("\n"), SECRET)
    }).pipe(Effect.scoped)
  )

  it.effect("keeps no more than the limit for a client that does not read, and never waits for it", () =>
    Effect.gen(function* () {
      const Chatty = McpTool.make("chatty").toLayer(() =>
        Effect.as(
          Effect.forEach([1, 2, 3, 4, 5], (n) => Effect.log(n)),
          "done"
        )
      )
      const app = held(Layer.provide(Chatty, logged)).app
      const acceptor = yield* within({ buffer: 2 }, McpTest.acceptor(app))
      const texts: Array<string> = []
      const outlet: McpTransport.Outlet = {
        push: ({ text }) => void texts.push(text),
        none: () => {},
        hasRoom: () => false,
        whenRoom: () => () => {}
      }
      const via = { headers: undefined, principal: McpTransport.anonymous, features: McpTest.features, own: false }
      const conversation = acceptor.open(outlet, McpTest.features)
      yield* Effect.addFinalizer(() => conversation.close("The test is over"))
      if (place.era === "legacy") {
        const clientInfo = { name: "raw", version: "1.0.0" }
        const opening = { protocolVersion: place.revision, capabilities: {}, clientInfo }
        conversation.receive(inbound(place.message(0, "initialize", opening), via))
      }
      conversation.receive(inbound(place.message(1, "tools/call", { name: "chatty" }, { [LEVEL]: "info" }), via))
      yield* settle
      const messages = texts.map((text) => JSON.parse(text) as McpTest.Json).slice(place.era === "legacy" ? 1 : 0)
      assert.deepStrictEqual(
        messages.map(({ id, params }) => id ?? (params as Said).data),
        [4, 5, 1]
      )
    }).pipe(Effect.scoped)
  )
})
