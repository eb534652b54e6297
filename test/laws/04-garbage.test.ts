/**
 * Law 4: garbage is a value.
 *
 * Whatever stands between good requests, each of them gets its right answer, each piece of garbage the error that is
 * its due, and nothing else is said: with raw messages by all drivers, with bytes in any chunks, and at a client.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema } from "effect"
import { McpClient } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { app, callTool, drivers, eras, handshake, Record, request, versions } from "./support/app.ts"
import { cut, joinBytes, serveBytes } from "./support/byteServer.ts"
import { eventually, garbage, type Kind, names, sorted } from "./support/garbage.ts"
import { property, settle } from "./support/law.ts"

const Good = ["sync", "wait"] as const
const isGood = (step: string): step is (typeof Good)[number] => (Good as ReadonlyArray<string>).includes(step)

const steps = <const N extends string>(names: ReadonlyArray<N>) =>
  Schema.Array(Schema.Literals([...names, ...Good, ...Good, ...Good])).pipe(
    Schema.check(Schema.isMinLength(1), Schema.isMaxLength(20))
  )

const structured = (answers: ReadonlyArray<unknown> | undefined): unknown =>
  answers?.map((answer) => {
    const { result } = answer as { readonly result?: { readonly structuredContent?: unknown } }
    return result === undefined ? answer : result.structuredContent
  })

/** Checks everything that was said against what was sent; `step` names the kind, `id` is the one it carried. */
const check = (
  said: ReadonlyArray<string>,
  sent: ReadonlyArray<{ readonly id: string; readonly step: string; readonly kind: Kind | undefined }>
) => {
  const { byId, codes } = sorted(said)
  const context = `${sent.map(({ step }) => step).join(" ")}\n${said.join("\n")}`
  const expectedCodes: Array<number> = []
  for (const { id, kind, step } of sent) {
    if (kind === undefined) assert.deepStrictEqual(structured(byId.get(id)), [{ name: id }], `${step} in ${context}`)
    else if (kind.expected?.withId === true)
      assert.deepStrictEqual(byId.get(id), [{ code: kind.expected.code }], context)
    else {
      assert.isUndefined(byId.get(id), `${step} in ${context}`)
      if (kind.expected !== undefined) expectedCodes.push(kind.expected.code)
    }
  }
  assert.deepStrictEqual(
    codes,
    expectedCodes.toSorted((a, b) => a - b),
    context
  )
}

property(
  "law 4: raw messages: garbage gets its error, every good request its answer",
  { era: Schema.Literals(eras), driver: Schema.Literals(drivers), sequence: steps(names) },
  { era: eras, driver: drivers, garbage: names, good: Good },
  ({ driver, era, sequence }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      for (const step of sequence) seen(isGood(step) ? "good" : "garbage", step)
      const record = new Record()
      const peer = yield* McpTest.raw(app(record), { driver, revision: era === "legacy" ? versions.legacy : undefined })
      yield* handshake(peer, era, driver)
      const before = peer.received.length
      const sent = [...sequence, "sync" as const].map((step, index) => ({
        id: `${step} ${index}`,
        step,
        kind: isGood(step) ? undefined : garbage[step]
      }))
      for (const { id, kind, step } of sent) {
        yield* peer.send(kind === undefined ? callTool(era, id, step, { name: id }) : kind.text(id))
      }
      yield* settle
      for (const { id } of sent) yield* record.open(id)
      const answers = sent.filter(({ kind }) => kind === undefined || kind.expected !== undefined).length
      yield* eventually(() => peer.received.length - before >= answers)
      yield* settle
      check(peer.received.slice(before), sent)
    })
)

const MAX_LINE = 700

const bytes = {
  tooLong: { bytes: joinBytes(["x".repeat(MAX_LINE + 1)]), code: -32700 },
  farTooLong: { bytes: joinBytes([`{"jsonrpc":"2.0","id":1,"method":"${"y".repeat(5 * MAX_LINE)}"}`]), code: -32700 },
  invalid: { bytes: Uint8Array.of(0x7b, 0xc3, 0x28, 0x7d), code: -32700 },
  cutOff: { bytes: Uint8Array.of(0xf0, 0x9f, 0x92), code: -32700 },
  invalidInside: {
    bytes: joinBytes(['{"jsonrpc":"2.0","id":"inside","method":"', Uint8Array.of(0xc3, 0x28), '"}']),
    code: -32700
  },
  zeros: { bytes: new Uint8Array(5), code: -32700 }
} as const
type Bytes = keyof typeof bytes
const byteNames = Object.keys(bytes) as ReadonlyArray<Bytes>
const isBytes = (step: string): step is Bytes => Object.hasOwn(bytes, step)

const Sizes = Schema.Array(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 400 })))).pipe(
  Schema.check(Schema.isMaxLength(30))
)

property(
  "law 4: bytes: no line and no cut harms another line",
  {
    era: Schema.Literals(eras),
    sequence: steps([...names, ...byteNames]),
    sizes: Sizes,
    newline: Schema.Literals(["\n", "\r\n", "\n\n"]),
    ended: Schema.Boolean
  },
  {
    era: eras,
    garbage: names,
    bytes: byteNames,
    good: Good,
    newline: ["\n", "\r\n", "\n\n"].map((text) => JSON.stringify(text)),
    end: ["newline", "none"]
  },
  ({ ended, era, newline, sequence, sizes }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("newline", JSON.stringify(newline))
      seen("end", ended ? "newline" : "none")
      for (const step of sequence) seen(isGood(step) ? "good" : isBytes(step) ? "bytes" : "garbage", step)
      const record = new Record()
      const server = yield* serveBytes(app(record), { messageIn: MAX_LINE })
      const sent = [...sequence, "sync" as const].map((step, index) => ({
        id: `${step} ${index}`,
        step,
        kind: isGood(step)
          ? undefined
          : isBytes(step)
            ? { text: () => "", expected: { code: bytes[step].code, withId: false } }
            : garbage[step]
      }))
      const opening =
        era === "modern"
          ? []
          : [
              JSON.stringify(
                request("legacy", "handshake", "initialize", {
                  protocolVersion: versions.legacy,
                  capabilities: {},
                  clientInfo: { name: "laws", version: "1.0.0" }
                })
              ),
              newline
            ]
      const lines = sent.flatMap(({ id, kind, step }) => [
        isBytes(step)
          ? bytes[step].bytes
          : kind === undefined
            ? JSON.stringify(callTool(era, id, step, { name: id }))
            : kind.text(id),
        newline
      ])
      const all = joinBytes([...opening, ...(ended ? lines : lines.slice(0, -1))])
      for (const chunk of cut(all, sizes)) {
        yield* server.write(chunk)
        yield* Effect.yieldNow
      }
      yield* settle
      for (const { id } of sent) yield* record.open(id)
      yield* settle
      const ending = yield* Effect.forkChild(server.end)
      yield* eventually(() => ending.pollUnsafe() !== undefined)
      assert.isDefined(ending.pollUnsafe(), "the server ends when its input does")
      check(server.lines().slice(opening.length === 0 ? 0 : 1), sent)
    })
)

const answerOf = {
  good: (id: number, name: string) => ({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: name }] } }),
  both: (id: number) => ({ jsonrpc: "2.0", id, result: {}, error: { code: 1, message: "m" } }),
  textError: (id: number) => ({ jsonrpc: "2.0", id, error: "boom" }),
  noCode: (id: number) => ({ jsonrpc: "2.0", id, error: { message: "m" } }),
  noVersion: (id: number) => ({ id, result: { content: [] } }),
  wrongShape: (id: number) => ({ jsonrpc: "2.0", id, result: { content: "text" } })
} as const
type Answer = keyof typeof answerOf
const answers = Object.keys(answerOf) as ReadonlyArray<Answer>

const connect = (era: "legacy" | "modern") =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const connecting = yield* Effect.forkChild(McpClient.connect(transport, { revision: versions[era] }))
    const { id } = yield* peer.next
    const serverInfo = { name: "scripted", version: "1" }
    const result =
      era === "legacy"
        ? { protocolVersion: versions.legacy, capabilities: { tools: {} }, serverInfo }
        : { supportedVersions: [versions.modern], capabilities: { tools: {} } }
    yield* peer.send({ jsonrpc: "2.0", id, result })
    return { client: yield* Fiber.join(connecting), peer }
  })

property(
  "law 4: a client: garbage is passed over, a broken answer fails its own call only",
  {
    era: Schema.Literals(eras),
    calls: Schema.Array(
      Schema.Struct({ answer: Schema.Literals(["good", "good", ...answers]), at: Schema.Finite })
    ).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8))),
    noise: Schema.Array(Schema.Literals(names)).pipe(Schema.check(Schema.isMaxLength(8)))
  },
  { era: eras, answer: answers, noise: [...names, "none"] },
  ({ calls, era, noise }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      for (const { answer } of calls) seen("answer", answer)
      for (const kind of noise.length === 0 ? (["none"] as const) : noise) seen("noise", kind)
      const { client, peer } = yield* connect(era)
      const fibers = yield* Effect.forEach(calls, (_, index) => Effect.forkChild(client.callTool(`tool ${index}`)))
      const sent = era === "legacy" ? 2 : 1
      yield* eventually(() => peer.received.length === sent + calls.length)
      const ids = new Map(
        peer.received.slice(sent).map((text) => {
          const { id, params } = JSON.parse(text) as { readonly id: number; readonly params: { readonly name: string } }
          return [params.name, id]
        })
      )
      const order = calls
        .map(({ answer, at }, index) => ({ answer, at, name: `tool ${index}` }))
        .toSorted((a, b) => a.at - b.at)
      for (const [index, { answer, name }] of order.entries()) {
        const between = noise[index]
        if (between !== undefined) yield* peer.send(garbage[between].text(`noise ${index}`))
        yield* peer.send(answerOf[answer](ids.get(name)!, name))
      }
      for (const [index, { answer }] of calls.entries()) {
        const fiber = fibers[index]!
        yield* eventually(() => fiber.pollUnsafe() !== undefined)
        const exit = fiber.pollUnsafe()
        assert.isDefined(exit, `the call that was answered by "${answer}" ends`)
        const outcome = yield* Effect.flip(exit!).pipe(
          Effect.match({ onFailure: String, onSuccess: (e) => e.reason._tag })
        )
        assert.strictEqual(Exit.isSuccess(exit!) ? "good" : outcome, answer === "good" ? "good" : "Undecodable", answer)
      }
      assert.strictEqual(peer.received.length, sent + calls.length, "a client answers no garbage")
    })
)

const anEmptyAnswer = (members: object) =>
  Effect.gen(function* () {
    const { client, peer } = yield* connect("modern")
    const fiber = yield* Effect.forkChild(Effect.flip(client.callTool("tool")))
    yield* eventually(() => peer.received.length === 2)
    const { id } = JSON.parse(peer.received[1]!) as { readonly id: number }
    yield* peer.send({ jsonrpc: "2.0", id, ...members })
    yield* eventually(() => fiber.pollUnsafe() !== undefined)
    assert.isDefined(fiber.pollUnsafe(), "the call ends")
    assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "Undecodable")
  })

it.effect("law 4: a client: an answer of an id and nothing else fails its call", () => anEmptyAnswer({}))

it.effect("law 4: a client: an answer with null for an error fails its call", () => anEmptyAnswer({ error: null }))
