/**
 * Fields that nobody has heard of, and how to see that they are still there.
 *
 * Their names are drawn from any strings, `__proto__` and the like among them, and their values from any JSON.
 */
import { assert } from "@effect/vitest"
import { Arbitrary, Effect, type Layer, Schema } from "effect"
import type { McpTransport } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { find } from "../../../src/protocol/revisions/index.ts"

/**
 * Names that nobody has heard of, with any JSON, but without backslashes: `JSON.parse` of V8 (Node 24.21) has been seen to
 * read the name `x"r7=0\` as `x\`, after many others, and the expected value is made by it.
 */
export const Unknown = Arbitrary.map(
  Arbitrary.schema(Schema.Record(Schema.String, Schema.Unknown)),
  (record) => JSON.parse(`{${members(record)}}`.replaceAll("\\\\", "/")) as McpTest.Json
)
const members = (record: { readonly [name: string]: unknown }) =>
  Object.entries({ ...record, constructor: [record] })
    .map(([name, value]) => `${JSON.stringify(`x${name}`)}:${JSON.stringify(value)}`)
    .concat(`"__proto__":${JSON.stringify(record)}`)
    .join()

export const asWritten = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** What `part` has is in `whole`, as it was. */
export const survives = (part: McpTest.Json, whole: unknown, where: string): void => {
  for (const name of Object.keys(part)) {
    assert.isTrue(Object.hasOwn(whole as object, name), `${where}.${name}`)
    assert.deepStrictEqual((whole as McpTest.Json)[name], asWritten(part[name]), `${where}.${name}`)
  }
}

/** A raw peer, in a conversation of a revision. */
export const openedIn = Effect.fnUntraced(function* (
  app: Layer.Layer<never, never, McpTransport.McpListener>,
  version: string
) {
  const peer = yield* McpTest.raw(app)
  if (find(version)?.era === "modern") return peer
  yield* peer.send({
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: version, capabilities: {}, clientInfo: { name: "law", version: "1" } }
  })
  yield* peer.next
  yield* peer.send({ jsonrpc: "2.0", method: "notifications/initialized" })
  return peer
})
