/**
 * Law 6: ids are verbatim, or refused; a duplicate in flight is refused and harms nothing.
 *
 * Ids are written into the raw text of the message, so nothing between the test and the server can mend them, and are
 * read from the raw text of the reply.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { JsonRpc, McpLimits, type McpTransport } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { app, callTool, drivers, eras, handshake, Record, versions } from "./support/app.ts"
import { eventually } from "./support/garbage.ts"
import { property, settle } from "./support/law.ts"

/** A `tools/call` with an id as JSON text. */
const withId = (era: (typeof eras)[number], id: string, tool: string, name: string): string =>
  JSON.stringify(callTool(era, "the id", tool, { name })).replace('"the id"', () => id)

/** The text of the id in a reply, or nothing where it has none. Replies begin with their id. */
const idOf = (text: string): string | undefined => {
  const head = '{"jsonrpc":"2.0","id":'
  if (!text.startsWith(head)) return undefined
  const rest = text.slice(head.length)
  return rest.startsWith('"') ? /^"(?:[^"\\]|\\.)*"/.exec(rest)?.[0] : /^[^,]*/.exec(rest)?.[0]
}

const codeOf = (text: string): number | undefined =>
  (JSON.parse(text) as { readonly error?: { readonly code: number } }).error?.code

const good = {
  text: Schema.String.pipe(Schema.check(Schema.isMinLength(1))),
  numeric: Schema.Literals(["1", "0", "-1", "007", "1.5", "-0", "1e3", "9007199254740993", "NaN"]),
  odd: Schema.Literals(["\u0000", "\n", "\\", '"', "\u2028", "💡", "\ud800", "__proto__", "constructor", " ", "null"]),
  empty: Schema.Literal(""),
  zero: Schema.Literal(0),
  small: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: -1000, maximum: 1000 }))),
  safe: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1001, maximum: Number.MAX_SAFE_INTEGER - 1 }))),
  largest: Schema.Literals([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])
} as const
const goodKinds = Object.keys(good) as ReadonlyArray<keyof typeof good>

const kindOf = (id: string | number): keyof typeof good => {
  if (id === "") return "empty"
  if (id === 0) return "zero"
  if (typeof id === "number") {
    return Math.abs(id) === Number.MAX_SAFE_INTEGER ? "largest" : Math.abs(id) <= 1000 ? "small" : "safe"
  }
  if ((good.numeric.literals as ReadonlyArray<string>).includes(id)) return "numeric"
  return (good.odd.literals as ReadonlyArray<string>).includes(id) ? "odd" : "text"
}

const Id = Schema.Union(Object.values(good))

property(
  "law 6: an id comes back as it was written, and different ids stay different",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    ids: Schema.Array(Id).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8))),
    suspended: Schema.Boolean
  },
  { era: eras, driver: drivers, id: goodKinds, suspended: ["yes", "no"] },
  ({ driver, era, ids, suspended }, seen) =>
    Effect.gen(function* () {
      const written = [...new Set(ids.map((id) => (Object.is(id, -0) ? 0 : id)))]
      seen("era", era)
      seen("driver", driver)
      seen("suspended", suspended ? "yes" : "no")
      for (const id of written) seen("id", kindOf(id))
      const record = new Record()
      const peer = yield* McpTest.raw(app(record), { driver, revision: era === "legacy" ? versions.legacy : undefined })
      yield* handshake(peer, era, driver)
      const before = peer.received.length
      const texts = written.map((id) => JSON.stringify(id))
      for (const [index, id] of texts.entries()) {
        yield* peer.send(withId(era, id, suspended ? "wait" : "sync", `call ${index}`))
      }
      yield* settle
      for (const index of texts.keys()) yield* record.open(`call ${index}`)
      yield* eventually(() => peer.received.length - before >= texts.length)
      const replies = peer.received.slice(before)
      assert.sameMembers(
        replies.map((text) => String(idOf(text))),
        texts
      )
      for (const [index, id] of texts.entries()) {
        const reply = replies.find((text) => idOf(text) === id)!
        assert.include(reply, `"structuredContent":{"name":"call ${index}"}`, id)
      }
    })
)

/** Ids that are no ids, as JSON text. */
const bad = {
  negativeZero: ["-0", "-0.0", "-0e5"],
  fractional: ["1.5", "-0.1", "1e-3"],
  beyond: ["9007199254740992", "-9007199254740992", "9007199254740993", "1e16", "1e400", "-1e400"],
  null: ["null"],
  boolean: ["true", "false"],
  object: ["{}", '{"id":1}'],
  list: ["[]", "[1]", '["a"]']
} as const
const badKinds = Object.keys(bad) as ReadonlyArray<keyof typeof bad>

property(
  "law 6: an id that JSON cannot give back is refused without an id, and what runs is unharmed",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    ids: Schema.Array(
      Schema.Struct({
        kind: Schema.Literals(badKinds),
        pick: Schema.Literals([0, 1, 2, 3, 4, 5]),
        broken: Schema.Boolean
      })
    ).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6)))
  },
  { era: eras, driver: drivers, id: badKinds, otherwise: ["good", "broken"] },
  ({ driver, era, ids }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      const record = new Record()
      const peer = yield* McpTest.raw(app(record), { driver, revision: era === "legacy" ? versions.legacy : undefined })
      yield* handshake(peer, era, driver)
      const before = peer.received.length
      // ids that a bad one must not be taken for
      const running = ["0", '"null"', '""', "1", "9007199254740991"]
      for (const id of running) yield* peer.send(withId(era, id, "wait", id))
      yield* settle
      for (const { broken, kind, pick } of ids) {
        seen("id", kind)
        seen("otherwise", broken ? "broken" : "good")
        const id = bad[kind][pick % bad[kind].length]!
        const text = withId(era, id, "sync", "never")
        yield* peer.send(broken ? text.replace('"jsonrpc":"2.0",', "") : text)
      }
      yield* eventually(() => peer.received.length - before >= ids.length)
      const refused = peer.received.slice(before)
      assert.strictEqual(refused.length, ids.length, refused.join("\n"))
      for (const text of refused) {
        assert.notProperty(JSON.parse(text), "id", text)
        assert.strictEqual(codeOf(text), -32600)
      }
      assert.notInclude(record.started, "never")
      for (const id of running) yield* record.open(id)
      yield* eventually(() => peer.received.length - before >= ids.length + running.length)
      const answered = peer.received.slice(before + ids.length)
      assert.sameMembers(answered.map(idOf), running)
      for (const text of answered) assert.isUndefined(codeOf(text), text)
    })
)

/** A conversation fed by hand, whose messages come by streams of their own or by one shared stream. */
const conversation = (record: Record, own: boolean) =>
  Effect.gen(function* () {
    const acceptor = yield* McpTest.acceptor(app(record))
    const said: Array<{ readonly text: string; readonly stream: number }> = []
    const outlet = (stream: number): McpTransport.Outlet => ({
      push: (frame) => {
        said.push({ text: frame.text, stream })
        frame.receipt?.handed()
      },
      none: () => {},
      hasRoom: () => true,
      whenRoom: () => () => {}
    })
    const opened = acceptor.open(outlet(0), McpTest.features)
    yield* Effect.addFinalizer(() => opened.close("The test is over"))
    const shared: McpTransport.Exchange = {
      headers: undefined,
      principal: { id: "anonymous", scopes: [], claims: {} },
      features: McpTest.features,
      own: false
    }
    let streams = 0
    const send = (text: string) =>
      Effect.sync(() => {
        const stream = own ? ++streams : 0
        const via = own ? { ...shared, own: true, outlet: outlet(stream) } : shared
        opened.receive({ message: JsonRpc.decode(text), size: text.length, via })
        return stream
      })
    return { said, send }
  })

property(
  "law 6: a duplicate in flight is refused: with its id on a stream of its own, without on a shared one",
  {
    own: Schema.Boolean,
    first: Id,
    tool: Schema.Literals(["wait", "stubborn"]),
    duplicates: Schema.Array(Schema.Literals(["sync", "wait", "die"])).pipe(
      Schema.check(Schema.isMinLength(1), Schema.isMaxLength(4))
    ),
    others: Schema.Array(Id).pipe(Schema.check(Schema.isMaxLength(4)))
  },
  { stream: ["own", "shared"], id: goodKinds, tool: ["wait", "stubborn"], others: ["some", "none"] },
  ({ duplicates, first, others, own, tool }, seen) =>
    Effect.gen(function* () {
      const id = JSON.stringify(first)
      seen("stream", own ? "own" : "shared")
      seen("id", kindOf(Object.is(first, -0) ? 0 : first))
      seen("tool", tool)
      const distinct = [...new Set([...others.map((other) => JSON.stringify(other)), '"1"', "1"])].filter(
        (o) => o !== id
      )
      seen("others", others.length > 0 ? "some" : "none")
      const record = new Record()
      const { said, send } = yield* conversation(record, own)
      // a stubborn handler must not keep a failed test waiting
      yield* Effect.addFinalizer(() => record.open("first"))
      const stream = yield* send(withId("modern", id, tool, "first"))
      yield* settle
      assert.deepStrictEqual(record.started, ["first"])

      for (const duplicate of duplicates) {
        const at = yield* send(withId("modern", id, duplicate, "duplicate"))
        yield* settle
        const { stream: by, text } = said.at(-1) ?? assert.fail("a duplicate is refused")
        assert.strictEqual(by, at)
        assert.strictEqual(codeOf(text), -32600)
        assert.strictEqual(idOf(text), own ? id : undefined, text)
      }
      assert.strictEqual(said.length, duplicates.length)
      assert.deepStrictEqual(record.started, ["first"], "no duplicate reaches a handler")
      assert.deepStrictEqual(record.finalized, [], "the first one runs on")

      for (const other of distinct) yield* send(withId("modern", other, "sync", other))
      const unlike = said.slice(duplicates.length)
      assert.sameMembers(
        unlike.map(({ text }) => String(idOf(text))),
        distinct
      )
      for (const { text } of unlike) assert.isUndefined(codeOf(text), `${id} is not ${text}`)

      yield* record.open("first")
      yield* eventually(() => said.length > duplicates.length + distinct.length)
      const { stream: by, text } = said.at(-1)!
      assert.strictEqual(by, stream)
      assert.strictEqual(idOf(text), id)
      assert.isUndefined(codeOf(text), text)

      yield* send(withId("modern", id, "sync", "again"))
      assert.strictEqual(idOf(said.at(-1)!.text), id, "answered, the id is free")
      assert.isUndefined(codeOf(said.at(-1)!.text))
    })
)

it.effect("law 6: a duplicate of a request that is parked is refused too", () =>
  Effect.gen(function* () {
    const record = new Record()
    const peer = yield* McpTest.raw(app(record))
    yield* peer.send(withId("modern", "1", "wait", "running"))
    yield* peer.send(withId("modern", "2", "sync", "parked"))
    yield* peer.send(withId("modern", "2", "sync", "duplicate"))
    yield* settle
    assert.deepStrictEqual(peer.received.map(idOf), [undefined])
    assert.deepStrictEqual(peer.received.map(codeOf), [-32600])
    yield* record.open("running")
    yield* eventually(() => peer.received.length >= 3)
    assert.sameMembers(peer.received.slice(1).map(idOf), ["1", "2"])
    assert.deepStrictEqual(record.started, ["running", "parked"])
  }).pipe(Effect.provideService(McpLimits.McpLimits, { ...McpLimits.defaults, credits: 1 }))
)
