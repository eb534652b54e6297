/**
 * Payloads that nobody well-meaning sends: every field of every shape missing or wrong, keys of prototypes, numbers and
 * strings that JSON only just allows, depths and lengths without end.
 *
 * In every revision the check accepts or says in one short line what is wrong, a projection gives something back,
 * neither throws, and what is accepted can be said.
 */
import { assert, describe, it } from "@effect/vitest"
import { Schema, type SchemaAST } from "effect"
import type { McpRevision } from "mcp-effect"
import { inexpressible } from "../../src/protocol/McpRevision.ts"
import { revisions } from "../../src/protocol/revisions/index.ts"
import {
  examplesOf,
  find,
  frozen,
  gone,
  isObject,
  lacksMember,
  nodesOf,
  type Path,
  type Payload,
  payloads,
  replaced,
  titleOf
} from "./support/vocabulary.ts"

/** A sentence is for people: one line, no longer than this. */
const LONGEST = 500

const DEPTH = 100_000
const LENGTH = 100_000
const MEGABYTE = 1_000_000

const deep = (open: string, close: string): unknown => JSON.parse(`${open.repeat(DEPTH)}7${close.repeat(DEPTH)}`)
const deepObject = frozen(deep(`{"a":`, "}"))
const deepArray = frozen(deep("[", "]"))

const long = "x".repeat(MEGABYTE)
const polluted = `{"polluted":true}`
const protoKeys = `"__proto__":${polluted},"constructor":{"prototype":${polluted}},"toString":7,"hasOwnProperty":1`

/** What may stand anywhere. */
const others: { readonly [name: string]: unknown } = frozen({
  nothing: gone,
  null: null,
  zero: 0,
  "negative zero": -0,
  "a fraction": 0.5,
  "a number beyond 2^53": 2 ** 53,
  "a number beyond all": JSON.parse("1e400"),
  true: true,
  word: "no such word",
  "no text": "",
  "a lone surrogate": JSON.parse(`"\\ud800"`),
  "a megabyte": long,
  "no items": [],
  items: [null, 7, "x", [], {}],
  "no members": {},
  "keys of prototypes": JSON.parse(`{${protoKeys}}`),
  "a long key": { [long]: null },
  "a key of two lines": { "a\nb: expected\u2028nothing\ud800": null },
  "a deep object": deepObject,
  "a deep array": deepArray
})

/** One short line that does not name the same alternative twice. */
const isSentence = (problem: string): boolean => {
  const alternatives = /: expected (.*)$/.exec(`: ${problem}`)?.[1]?.split(" or ") ?? []
  const isLine = problem.length <= LONGEST && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(problem)
  return isLine && new Set(alternatives).size === alternatives.length
}

/** What is not as it is promised of one value in one revision. */
const complaint = (
  revision: McpRevision.McpRevision,
  schema: Schema.Constraint,
  value: unknown
): string | undefined => {
  try {
    const problem = revision.check(schema, value)
    if (problem !== undefined && !isSentence(problem)) {
      return `a problem of ${problem.length} characters: ${JSON.stringify(problem.slice(0, 100))}`
    }
    const projected = revision.project(schema, value)
    if (problem === undefined && projected === inexpressible && !lacksMember(revision, schema, value)) {
      return "accepted, but not to be said"
    }
    return projected === undefined ? "projected to nothing" : undefined
  } catch (error) {
    return `thrown: ${String(error)}`
  }
}

const complaints = (about: string, schema: Schema.Constraint, value: unknown): ReadonlyArray<string> =>
  revisions.flatMap((revision) => {
    const said = complaint(revision, schema, value)
    return said === undefined ? [] : [`${revision.version} ${about}: ${said}`]
  })

/** Small payloads first: what is inside of several is tried in the smallest. */
const titles = payloads
  .map((payload) => [titleOf(payload), JSON.stringify(examplesOf(payload.schema.ast)).length] as const)
  .toSorted(([, a], [, b]) => a - b)
  .map(([title]) => title)

const triedOf = new Map<SchemaAST.AST, Set<string>>()

/** Whether a part of a schema is met for the first time with that value. */
const isNew = (ast: SchemaAST.AST, value: unknown): boolean => {
  const known = triedOf.get(ast) ?? new Set()
  const text = JSON.stringify(value)
  if (known.has(text)) return false
  triedOf.set(ast, known.add(text))
  return true
}

/** The places of a payload's examples: its own fields and theirs, and further inside what no other payload has had. */
const placesOf = ({ schema }: Payload): ReadonlyArray<{ readonly example: unknown; readonly path: Path }> =>
  examplesOf(schema.ast).flatMap((example) => {
    const nodes = nodesOf(schema.ast, example).filter(({ ast, path, value }) => isNew(ast, value) || path.length < 3)
    return [...new Map(nodes.map(({ path }) => [path.join("/"), path])).values()].map((path) => ({ example, path }))
  })

const unpolluted = (): void => {
  assert.isUndefined(({} as { polluted?: unknown }).polluted)
  assert.isUndefined(([] as { polluted?: unknown }).polluted)
  assert.strictEqual(typeof {}.toString, "function")
}

describe("every place of every payload, in every revision", () => {
  it.each(titles)("%s", (title) => {
    const payload = find(title)
    const places = placesOf(payload)
    const found = places.flatMap(({ example, path }) =>
      Object.entries(others).flatMap(([name, other]) =>
        complaints(`${path.join(".")} = ${name}`, payload.schema, frozen(replaced(example, path, other)))
      )
    )
    assert.isAbove(places.length, 0)
    assert.deepStrictEqual(found.slice(0, 5), [], `${found.length} complaints`)
    unpolluted()
  })

  it("starts from examples that are as the vocabulary says", () => {
    for (const payload of payloads) {
      const fits = Schema.is(payload.schema as Schema.Codec<unknown>)
      for (const example of examplesOf(payload.schema.ast)) assert.isTrue(fits(example), titleOf(payload))
    }
  })
})

describe("a key that comes twice", () => {
  it.each(payloads.map(titleOf))("%s: the last one counts", (title) => {
    const { schema } = find(title)
    const example = examplesOf(schema.ast)[0]
    if (!isObject(example)) return
    for (const key of Object.keys(example)) {
      const text = JSON.stringify(example)
      const [wrong, right] = [
        `${JSON.stringify(key)}:{"x":[]}`,
        `${JSON.stringify(key)}:${JSON.stringify(example[key])}`
      ]
      const last = JSON.parse(`{${wrong},${right},${text.slice(1)}`)
      const first = JSON.parse(`${text.slice(0, -1)},${wrong}}`)
      for (const revision of revisions) {
        assert.strictEqual(revision.check(schema, last), revision.check(schema, example))
        assert.strictEqual(revision.check(schema, first), revision.check(schema, { ...example, [key]: { x: [] } }))
      }
    }
  })
})

describe("keys of prototypes", () => {
  const block = `{"type":"text","text":"t",${protoKeys}}`
  const audio = `{"type":"audio","data":"","mimeType":"a/b",${protoKeys}}`
  const own = `"structuredContent":{${protoKeys}},"_meta":{${protoKeys}},${protoKeys}`
  const result = `{"content":[${block},${audio}],${own}}`
  const schema = find("tools: tools/call result").schema

  it.each(revisions)("$version carries them as it does any other unknown field", (revision) => {
    const value = frozen(JSON.parse(result))
    const projected = revision.project(schema, value) as typeof value
    unpolluted()
    for (const part of [projected, projected.content[0], projected._meta]) {
      assert.strictEqual(Object.getPrototypeOf(part), Object.prototype)
      assert.deepStrictEqual(Object.getOwnPropertyDescriptor(part, "__proto__")?.value, { polluted: true })
      assert.strictEqual(Object.getOwnPropertyDescriptor(part, "toString")?.value, 7)
    }
    assert.deepStrictEqual(JSON.parse(JSON.stringify(projected.content[0])), JSON.parse(block))
  })

  it.each(revisions)("$version: names of records may be such keys", (revision) => {
    const params = find("prompts: prompts/get params").schema
    const meta = metaOf(revision)
    const named = (value: unknown) => JSON.parse(`{"name":"p","arguments":{"__proto__":${JSON.stringify(value)}}}`)
    assert.isUndefined(revision.check(params, { ...named("text"), ...meta }))
    assert.strictEqual(revision.check(params, { ...named(7), ...meta }), "arguments.__proto__: expected a string")
  })

  it.each(revisions)("$version projects records with such keys", (revision) => {
    const params = find("elicitation: elicitation/create params").schema
    const form = `{"type":"string","oneOf":[{"const":"a","title":"A"}]}`
    const properties = `{"__proto__":${form},"constructor":${form}}`
    const value = frozen(JSON.parse(`{"message":"m","requestedSchema":{"type":"object","properties":${properties}}}`))
    const projected = (revision.project(params, value) as typeof value).requestedSchema.properties
    unpolluted()
    assert.strictEqual(Object.getPrototypeOf(projected), Object.prototype)
    assert.deepStrictEqual(Object.keys(projected), ["__proto__", "constructor"])
    assert.isUndefined(revision.check(params, revision.project(params, value)))
  })
})

/** `_meta` of a request, where the revision asks for it. */
const metaOf = (revision: McpRevision.McpRevision): { readonly [key: string]: unknown } =>
  revision.era === "legacy"
    ? {}
    : {
        _meta: {
          "io.modelcontextprotocol/protocolVersion": revision.version,
          "io.modelcontextprotocol/clientCapabilities": {}
        }
      }

describe("depth", () => {
  const places: ReadonlyArray<readonly [title: string, value: (deep: unknown) => { readonly [key: string]: unknown }]> =
    [
      ["tools: tools/call params", (deep) => ({ name: "t", arguments: { deep } })],
      ["tools: tools/call result", (deep) => ({ content: [], structuredContent: { deep }, _meta: { deep } })],
      ["tools: tools/call result", (deep) => ({ content: [{ type: "text", text: "t", _meta: { deep } }] })],
      ["tools: tools/call result", (deep) => ({ content: [], "x-own": deep })],
      ["tools: tools/list result", (deep) => ({ tools: [{ name: "t", inputSchema: { type: "object", deep } }] })],
      ["logging: notifications/message params", (deep) => ({ level: "info", data: deep })],
      ["sampling: sampling/createMessage params", (deep) => ({ messages: [], maxTokens: 1, metadata: { deep } })],
      ["sampling: sampling/createMessage params", (deep) => ({ messages: [said({ deep })], maxTokens: 1 })],
      ["errors: ErrorObject data", (deep) => ({ code: 1, message: "m", data: deep })]
    ]
  const said = (input: unknown) => ({ role: "user", content: { type: "tool_use", id: "1", name: "t", input } })

  it.each(places)("%s is not walked through where any JSON may be", (title, valueOf) => {
    const { schema } = find(title)
    for (const deep of [deepObject, deepArray]) {
      const value = frozen(valueOf(deep))
      assert.deepStrictEqual(complaints("deep", schema, value), [])
    }
  })
})

describe("length", () => {
  const schema = find("tools: tools/call result").schema
  const many = <A>(item: A): ReadonlyArray<A> => Array.from({ length: LENGTH }, () => item)

  it.each(revisions)("$version reads and projects 100,000 blocks", (revision) => {
    const audio = { type: "audio", data: "", mimeType: "audio/wav" }
    const value = frozen({ resultType: "complete", content: [...many({ type: "text", text: "t" }), ...many(audio)] })
    const projected = revision.project(schema, value) as typeof value
    assert.strictEqual(projected.content.length, 2 * LENGTH)
    assert.strictEqual(projected.content[0], value.content[0])
    assert.isUndefined(revision.check(schema, projected))
  })

  it.each(revisions)("$version says of 100,000 blocks only what is wrong with the first wrong one", (revision) => {
    const value = { resultType: "complete", content: [...many({ type: "text", text: "t" }), ...many({ type: long })] }
    const problem = revision.check(schema, value)
    assert.match(problem ?? "", /^content\.100000\b/)
    assert.isAtMost(problem!.length, LONGEST)
  })

  it.each(revisions)("$version reads 100,000 members", (revision) => {
    const members = Object.fromEntries(many(0).map((_, index) => [`key${index}`, "text"]))
    const params = find("prompts: prompts/get params").schema
    const value = { name: "p", arguments: members, ...metaOf(revision), "x-own": members }
    assert.isUndefined(revision.check(params, value))
    const wrong = { ...value, arguments: { ...members, last: 7 } }
    assert.strictEqual(revision.check(params, wrong), "arguments.last: expected a string")
  })
})
