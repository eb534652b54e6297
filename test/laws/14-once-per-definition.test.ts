/**
 * Law 14: schemas are compiled and described once per definition, never per call.
 *
 * Compiling and describing a schema begin with its syntax tree; the schemas of this test count how often that is asked
 * for. However many calls, lists, servers and clients share a definition, it is asked for as often as for one of each.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { McpClient, McpDefinition, McpMethod, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { latestModern } from "../../src/protocol/revisions/index.ts"
import { callTool, drivers, eras, handshake, request, versions } from "./support/app.ts"
import { eventually } from "./support/garbage.ts"
import { property } from "./support/law.ts"

/** A schema that counts how often its syntax tree is read. */
const counted = <S extends Schema.Constraint>(schema: S): { readonly schema: S; readonly reads: () => number } => {
  let reads = 0
  const counting = Object.create(schema, {
    ast: {
      get: () => {
        reads += 1
        return schema.ast
      }
    }
  }) as S
  return { schema: counting, reads: () => reads }
}

class Refused extends Schema.Class<Refused>("Refused")({ why: Schema.String }) {}

/** A tool of three counted schemas, with defaults and classes so that nothing is compiled the short way. */
const countedTool = (name: string) => {
  const parameters = counted(
    Schema.Struct({
      a: Schema.Date,
      refuse: Schema.Boolean,
      d: Schema.optionalKey(Schema.Array(Schema.NumberFromString))
    })
  )
  const success = counted(Schema.Struct({ b: Schema.Date }))
  const failure = counted(Refused)
  const tool = McpTool.make(name, { parameters: parameters.schema, success: success.schema, failure: failure.schema })
  const live = tool.toLayer(({ a, refuse }) =>
    refuse ? Effect.fail(new Refused({ why: "so" })) : Effect.succeed({ b: a })
  )
  return { tool, live, reads: () => [parameters, success, failure].map(({ reads }) => reads()) }
}

interface Use {
  readonly servers: number
  readonly calls: number
  readonly lists: number
  readonly era: (typeof eras)[number]
}

/** Uses a tool by typed clients in memory; each does everything once, then as often as wanted. */
const use = (
  { live, tool }: Pick<ReturnType<typeof countedTool>, "live" | "tool">,
  { calls, era, lists, servers }: Use
) =>
  Effect.forEach(
    Array.from({ length: servers }),
    () =>
      Effect.gen(function* () {
        const app = Layer.provide(live, McpServer.layer({ name: "once", version: "1" }))
        const client = yield* McpClient.connect(app, { revision: versions[era] })
        const a = new Date(0)
        for (let i = 0; i < lists; i++) yield* client.listTools()
        for (let i = 0; i < calls; i++) {
          assert.deepStrictEqual(yield* client.call(tool, { a, refuse: false }), { b: a })
          assert.instanceOf(yield* Effect.flip(client.call(tool, { a, refuse: true })), Refused)
          yield* Effect.flip(client.call(tool, { a: "no date" as never, refuse: false }))
          yield* client.callTool(tool.name, { a: 7 })
        }
      }),
    { discard: true }
  )

const Few = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 4 })))

property(
  "law 14: a definition is compiled as often for many uses as for one",
  { era: Schema.Literals(eras), servers: Few, calls: Few, lists: Few },
  { era: eras, servers: ["one", "several"], calls: ["one", "several"], lists: ["one", "several"] },
  ({ calls, era, lists, servers }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      for (const [group, count] of Object.entries({ servers, calls, lists })) seen(group, count > 1 ? "several" : "one")
      const once = countedTool("once")
      yield* use(once, { era, servers: 1, calls: 1, lists: 1 })
      const often = countedTool("often")
      yield* use(often, { era, servers, calls, lists })
      assert.isAbove(Math.min(...once.reads()), 0, "every schema is compiled")
      assert.deepStrictEqual(often.reads(), once.reads())
      yield* use(often, { era: era === "legacy" ? "modern" : "legacy", servers, calls, lists })
      assert.deepStrictEqual(often.reads(), once.reads(), "in either era")
    })
)

property(
  "law 14: by raw messages, nothing is compiled after the first list and the first call",
  { era: Schema.Literals(eras), driver: Schema.Literals(drivers), refusals: Schema.Array(Schema.Boolean) },
  { era: eras, driver: drivers },
  ({ driver, era, refusals }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      const { live, reads } = countedTool("raw")
      const app = Layer.provide(live, McpServer.layer({ name: "once", version: "1" }))
      const peer = yield* McpTest.raw(app, { driver, revision: era === "legacy" ? versions.legacy : undefined })
      yield* handshake(peer, era, driver)
      const a = "1970-01-01T00:00:00.000Z"
      const round = Effect.fnUntraced(function* (refuse: boolean) {
        const before = peer.received.length
        yield* peer.send(request(era, `list ${before}`, "tools/list"))
        yield* peer.send(callTool(era, `call ${before}`, "raw", { a, refuse }))
        yield* peer.send(callTool(era, `wrong ${before}`, "raw", { a: 7 }))
        yield* eventually(() => peer.received.length === before + 3)
        assert.strictEqual(peer.received.length, before + 3)
      })
      yield* round(false)
      yield* round(true)
      const first = reads()
      for (const refuse of refusals) yield* round(refuse)
      assert.deepStrictEqual(reads(), first)
    })
)

it("law 14: what is compiled and described is the same object each time, and nothing before it is asked for", () => {
  const parameters = counted(Schema.Struct({ a: Schema.Date }))
  const success = counted(Schema.Struct({ b: Schema.Date }))
  const { codecs } = McpDefinition.make("tool", { parameters: parameters.schema, success: success.schema })
  // looked at once, to see that JSON can say it
  assert.deepStrictEqual([parameters.reads(), success.reads()], [1, 1])
  for (const codec of [codecs.parameters, codecs.success!, codecs.failure]) {
    assert.strictEqual(codec.decode, codec.decode)
    assert.strictEqual(codec.encode, codec.encode)
    assert.strictEqual(codec.encodeInput, codec.encodeInput)
  }
  assert.strictEqual(codecs.inputSchema, codecs.inputSchema)
  assert.strictEqual(codecs.outputSchema, codecs.outputSchema)
})

it("law 14: so are the payloads of methods, once per revision", () => {
  const params = counted(Schema.Struct({ a: Schema.Finite }))
  const result = counted(Schema.Struct({ b: Schema.Finite }))
  const method = McpMethod.request("m", { params: params.schema, result: result.schema })
  const revision = latestModern.extend({ version: "2099-01-01" })
  const uses = () => {
    assert.isUndefined(revision.check(method.params, { a: 1 }))
    assert.isDefined(revision.check(method.params, { a: "x" }))
    assert.isUndefined(revision.check(method.result, { b: 1 }))
    revision.project(method.result, { b: 1 })
    return [params.reads(), result.reads()]
  }
  assert.deepStrictEqual([params.reads(), result.reads()], [0, 0])
  const first = uses()
  assert.isAbove(Math.min(...first), 0)
  for (let i = 0; i < 10; i++) assert.deepStrictEqual(uses(), first)
})
