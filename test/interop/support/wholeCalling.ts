/**
 * How the official clients use the tools of a server: results, errors, progress, log messages, cancelling.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { eventually, within } from "../../transport/support/eventually.ts"
import type { Peer, Refused, Result } from "./wholePeers.ts"
import { type Body, namesOf, refusedWith, textOf, data, text, embedded, link, image, audio } from "./wholeSteps.ts"

/** A client validates by the output schemas that it has seen: v2 in its own walk, v1 on the page that it saw last. */
const see = (peer: Peer, tool: string, cursor?: string): Effect.Effect<void, Refused> =>
  peer.all === undefined
    ? Effect.flatMap(peer.page("tools", cursor), ({ items, nextCursor }) =>
        namesOf(items).includes(tool) ? Effect.void : see(peer, tool, nextCursor ?? assert.fail(`no tool ${tool}`))
      )
    : Effect.asVoid(peer.all("tools"))

export const structured: Body = (peer, { has, revision }) =>
  Effect.gen(function* () {
    const call = (name: string, args: Result) => Effect.andThen(see(peer, name), peer.call(name, args))
    const add = yield* call("add", { a: 2.5, b: 40 })
    assert.deepStrictEqual(add["structuredContent"], { sum: 42.5 })
    assert.strictEqual(textOf(add), '{"sum":42.5}')
    assert.deepStrictEqual((yield* call("described", { text: "four" }))["structuredContent"], { length: 4 })
    assert.deepStrictEqual((yield* call("raw", { q: "what" }))["structuredContent"], { found: "what" })
    assert.deepStrictEqual((yield* call("who-asks", {}))["structuredContent"], {
      name: has.clientInfo ? "official" : "",
      revision,
      user: "anonymous"
    })
  })

export const content: Body = (peer) =>
  Effect.gen(function* () {
    const expected = {
      text: [text("a text")],
      blocks: [text("one"), text("two")],
      image: [image],
      audio: [audio],
      link: [link],
      embedded: [embedded],
      bytes: [{ type: "resource", resource: { uri: "data:application/octet-stream", blob: data } }],
      result: [text("whole")]
    }
    for (const [kind, blocks] of Object.entries(expected)) {
      const result = yield* peer.call("show", { kind })
      assert.deepStrictEqual(result["content"], blocks)
      assert.strictEqual(result["isError"] ?? false, kind === "result")
    }
  })

export const toolErrors: Body = (peer) =>
  Effect.gen(function* () {
    const told: Array<unknown> = []
    for (const [name, args] of [
      ["fail", {}],
      ["secret", {}],
      ["add", { a: "one", b: 2 }],
      ["raw", { q: "?" }]
    ] as const) {
      const result = yield* peer.call(name, args)
      assert.isTrue(result["isError"], name)
      told.push(textOf(result))
    }
    assert.deepStrictEqual(told.slice(0, 2), ['TooMuch: {"_tag":"TooMuch","most":3}', "secret is not for this caller"])
    assert.match(String(told[2]), /a: Expected number/)
    assert.match(String(told[3]), /q: String is too short/)
    const broken = yield* refusedWith(-32603, peer.call("break"))
    assert.notInclude(broken.message, "what nobody may read")
    yield* refusedWith(-32602, peer.call("none"))
  })

export const progress: Body = (peer, { rig }) =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    const onprogress = (report: object): void => void seen.push({ ...report })
    const args = { name: "short", steps: 3, pause: 1, until: rig.until }
    const call = yield* Effect.forkChild(peer.call("slow", args, { onprogress }))
    yield* eventually("three reports", () => (seen.length >= 3 ? true : undefined))
    yield* rig.letGo
    assert.strictEqual(textOf(yield* within("the call", Fiber.join(call))), "short took 3 steps")
    assert.deepStrictEqual(
      seen,
      [1, 2, 3].map((step) => ({ progress: step, total: 3, message: `short ${step}` }))
    )
  })

export const notice = { level: "notice", logger: "talker", data: { of: "some interest" } }
export const loud = { level: "error", logger: "effect", data: "loud" }
const debug = { level: "debug", data: "quiet" }

export const talk = (peer: Peer, expected: ReadonlyArray<object>, meta?: Result) =>
  Effect.gen(function* () {
    const before = peer.heard.length
    assert.strictEqual(textOf(yield* peer.call("talk", {}, {}, meta)), "talked")
    // what is too much would have come before the reply
    yield* eventually("the log messages", () => (peer.heard.length >= before + expected.length ? true : undefined))
    assert.deepStrictEqual(
      peer.heard.slice(before).map(({ params }) => params),
      expected as ReadonlyArray<Result>
    )
  })

export const levels: Body = (peer) =>
  Effect.gen(function* () {
    yield* talk(peer, [notice, loud])
    yield* peer.setLevel("error")
    yield* talk(peer, [loud])
    yield* peer.setLevel("debug")
    yield* talk(peer, [debug, notice, loud])
    yield* peer.setLevel("info")
  })

export const logLevel = (level: string): Result => ({ "io.modelcontextprotocol/logLevel": level })

export const levelOfRequest: Body = (peer) =>
  Effect.gen(function* () {
    yield* talk(peer, [])
    yield* talk(peer, [loud], logLevel("error"))
    yield* talk(peer, [debug, notice, loud], logLevel("debug"))
    yield* refusedWith(-32602, peer.call("talk", {}, {}, logLevel("loud")))
  })

export const cancels: Body = (peer, { rig }) =>
  Effect.gen(function* () {
    const controller = new AbortController()
    const args = { name: "long", steps: 100_000, pause: 5 }
    const call = yield* Effect.forkChild(Effect.exit(peer.call("slow", args, { signal: controller.signal })))
    yield* rig.happened("started", "long")
    controller.abort("enough")
    assert.isTrue(Exit.isFailure(yield* within("the cancelled call", Fiber.join(call))))
    yield* rig.happened("interrupted", "long")
    // what the server had to say about the cancelled call would be written before this answer
    yield* peer.call("add", { a: 1, b: 2 })
    assert.deepStrictEqual(rig.replies(rig.callOf("slow").id), [])
  })
