/**
 * The specification's own examples are what we say they are: read, accepted, decoded by Effect and encoded to themselves.
 *
 * The folder of an example is the definition that it is an example of, and so says what it is: a whole message, what
 * travels in one, or a shape. An example of something that we have not is a failure.
 */
import { isDeepStrictEqual } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Exit, Schema } from "effect"
import { find } from "../../src/protocol/revisions/index.ts"
import * as JsonRpc from "../../src/wire/JsonRpc.ts"
import { isObject } from "./support/amend.ts"
import { rows } from "./support/chapters.ts"
import { type Example, examples, EXEMPLARY } from "./support/files.ts"
import { judgeOf } from "./support/judge.ts"
import type { Row } from "./support/rows.ts"

const revision = find(EXEMPLARY)!

/** The row that has a definition, and whether that is of its payload alone. */
const rowOf = (definition: string): { readonly row: Row; readonly alone: boolean } | undefined => {
  for (const row of rows) {
    const judged = row.judged(revision)?.find((one) => one.definition === definition)
    if (judged !== undefined) return { row, alone: row.isMessage && !judged.isWhole }
  }
  return undefined
}

const accepts = ({ alone, row }: { readonly row: Row; readonly alone: boolean }, text: string): unknown => {
  const value: unknown = JSON.parse(text)
  if (alone) {
    assert.isUndefined(revision.check(row.schema, value))
    return value
  }
  if (row.isMessage) assert.notStrictEqual(JsonRpc.decode(text)._tag, "Malformed")
  assert.isUndefined(row.refusal(revision, value))
  return row.payload(value)
}

/** Examples that Effect's decoder does not give back as they are, and why. */
const unlike: { readonly [path: string]: string } = {
  "ListRootsRequest/list-roots-request.json": "a question has no id; this example has one, and Effect drops it",
  "ReadResourceResultResponse/read-resource-result-response.json": "it lacks ttlMs and cacheScope, which we forgive"
}

/** What Effect makes of a value, there and back. */
const roundTrip = (schema: Schema.Constraint, value: unknown): Exit.Exit<unknown, unknown> => {
  const codec = schema as Schema.Codec<unknown>
  const decoded = Schema.decodeUnknownExit(codec)(value)
  return Exit.isSuccess(decoded) ? Schema.encodeUnknownExit(codec)(decoded.value) : decoded
}

const all = examples()
const kindOf = ({ definition, text }: Example): string =>
  isObject(JSON.parse(text)) && "jsonrpc" in JSON.parse(text)
    ? "message"
    : rowOf(definition)?.alone
      ? "payload"
      : "shape"

describe(`examples of ${EXEMPLARY}`, () => {
  it("are there", () => {
    const folders = new Set(all.map(({ definition }) => definition))
    const counts = ["message", "payload", "shape"].map(
      (kind) => `${kind} ${all.filter((example) => kindOf(example) === kind).length}`
    )
    console.log(`${all.length} examples of ${folders.size} definitions: ${counts.join(", ")}`)
    assert.isAbove(all.length, 0)
  })

  it.each(all.map((example) => [`${example.definition}/${example.file}`, example] as const))("%s", (path, example) => {
    const found = rowOf(example.definition)
    assert.isDefined(found, `nothing of ours is a ${example.definition}`)
    const by = [{ definition: example.definition, of: (value: unknown) => value, isWhole: true }]
    assert.isTrue(judgeOf(EXEMPLARY).judge(by, JSON.parse(example.text)).strict, "the schema refuses its own example")
    const value = accepts(found!, example.text)
    const given = roundTrip(revision.schema(found!.row.schema), value)
    const isSame = Exit.isSuccess(given) && isDeepStrictEqual(given.value, value)
    assert.strictEqual(isSame, !(path in unlike), `${unlike[path] ?? "not given back"}: ${String(given)}`)
  })
})
