/**
 * Testing one's own server and client: each test is a function that gives what it has seen. A test runner would call them
 * (`it.effect` of `@effect/vitest`, with its own test clock); here the story does.
 */
import { Cause, Effect, Exit, Fiber, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { McpClient } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { chapter, expect, story } from "../check.ts"
import { Dictionary, Translate, translated, translator, UnknownWord } from "./translator.ts"

/** The server with the dictionary that a test wants, without the lines that it logs. */
const withWords = (lookUp: Dictionary["Service"]["lookUp"]) =>
  translator.pipe(Layer.provide(Layer.succeed(Dictionary, { lookUp })), Layer.provide(Logger.layer([])))

const words = new Map([["sun", "Sonne"]])
const app = withWords((word) => Effect.succeed(words.get(word)))
const broken = withWords(() => Effect.die(new Error("the dictionary is upside down")))
const slow = withWords(() => Effect.as(Effect.sleep("1 minute"), "Schnecke"))

/** The server in memory: no process, no port. */
const answers = Effect.gen(function* () {
  const client = yield* McpTest.client(app)
  const { german } = yield* client.call(Translate, { word: "sun" })
  const failure = yield* Effect.flip(client.call(Translate, { word: "snu" }))
  return [german, failure]
})

/** A handler that dies is a bug, so the test dies of it, with the handler's own error. */
const raisesDefects = Effect.gen(function* () {
  const client = yield* McpTest.client(broken)
  const exit = yield* Effect.exit(client.call(Translate, { word: "sun" }))
  return Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : exit.value.german
})

/** Every other client is told no more than that something went wrong. */
const sanitizesDefects = Effect.gen(function* () {
  const client = yield* McpTest.client(broken, { defects: "sanitized" })
  const error = yield* Effect.flip(client.call(Translate, { word: "sun" }))
  return error.message
})

/** A limit of five seconds, in no time. */
const timesOut = Effect.gen(function* () {
  const client = yield* McpTest.client(slow)
  const call = yield* Effect.forkChild(Effect.flip(client.call(Translate, { word: "snail" })))
  yield* TestClock.adjust("5 seconds")
  return (yield* Fiber.join(call)).message
})

/** What goes over the wire, kept; and, without the server, said again. */
const recorded = Effect.gen(function* () {
  // `served` is the client's end of a pipe to the server, so that something can stand in between
  const { entries, transport } = McpTest.transcript(yield* McpTest.served(app))
  const client = yield* McpClient.connect(transport, { revision: "2025-11-25" })
  yield* client.call(Translate, { word: "sun" })
  return entries
})

const keepsTranscript = Effect.map(recorded, (entries) =>
  entries.map(({ direction, text }) => `${direction} ${JSON.parse(text).method ?? "answer"}`)
)

const replays = Effect.gen(function* () {
  const transport = yield* McpTest.replay(yield* recorded)
  const client = yield* McpClient.connect(transport, { revision: "2025-11-25" })
  return yield* translated(client, ["sun"])
})

/** The connection is lost while a call waits for its answer. */
const losesConnection = Effect.gen(function* () {
  const faulty = yield* McpTest.faulty(yield* McpTest.served(slow))
  const client = yield* McpClient.connect(faulty.transport)
  const call = yield* Effect.forkChild(Effect.flip(client.call(Translate, { word: "sun" })), { startImmediately: true })
  yield* faulty.disconnect
  return (yield* Fiber.join(call)).message
})

const SANITIZED =
  '"tools/call" was refused with code -32603: Tool "translate" failed inside the server; its log has the incident'
const LATE = 'Tool "translate" failed: Tool "translate" did not end within 5s'
const LOST = "The conversation is closed: The connection was lost, as the test wanted. Connect again to go on"

/** The client's own code, and a server that says what the test wants, word for word. */
const retries = Effect.gen(function* () {
  const { peer, transport } = yield* McpTest.scripted()
  const answer = (members: object) =>
    Effect.flatMap(peer.next, ({ id }) => peer.send({ jsonrpc: "2.0", id, ...members }))
  const connecting = yield* Effect.forkChild(McpClient.connect(transport, { revision: "2025-11-25" }))
  const serverInfo = { name: "scripted", version: "1.0.0" }
  yield* answer({ result: { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo } })
  const client = yield* Fiber.join(connecting)
  yield* peer.next // notifications/initialized

  const translating = yield* Effect.forkChild(translated(client, ["moon"]))
  yield* answer({ error: { code: 503, message: "Too many words" } })
  yield* answer({ result: { content: [], structuredContent: { german: "Mond" } } })
  return yield* Fiber.join(translating)
})

/** What a test runner does: a scope, and a clock of its own. */
const run = <A, E, R>(test: Effect.Effect<A, E, R>) => Effect.provide(Effect.scoped(test), TestClock.layer())

story(
  "Testing one's own server",
  Effect.gen(function* () {
    yield* chapter("A client of a server Layer")
    yield* expect("answers, and declared failures", yield* run(answers), ["Sonne", new UnknownWord({ word: "snu" })])
    yield* expect("a defect is raised", yield* run(raisesDefects), "Error: the dictionary is upside down")
    yield* expect("others are told no more than this", yield* run(sanitizesDefects), SANITIZED)
    yield* expect("a limit of time", yield* run(timesOut), LATE)

    yield* chapter("Something in between")
    yield* expect("a transcript", yield* run(keepsTranscript), [
      "out initialize",
      "in answer",
      "out notifications/initialized",
      "out tools/call",
      "in answer"
    ])
    yield* expect("a lost connection", yield* run(losesConnection), LOST)

    yield* chapter("A server that the test plays")
    yield* expect("from a transcript", yield* run(replays), ["Sonne"])
    yield* expect("a client that asks once more", yield* run(retries), ["Mond"])
  })
)
