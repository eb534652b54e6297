/**
 * Kept results, and the counts under them: two calls share a result exactly when they ask the same, and only so much is
 * kept, for so long.
 *
 * That two values are the same JSON is judged by Node's deep comparison, which does not look at the order of members.
 */
import { isDeepStrictEqual } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import type { McpRequest } from "mcp-effect"
import { Counts } from "../../src/server/internal/counts.ts"
import { cacheKey, Results } from "../../src/server/internal/results.ts"
import { property } from "../laws/support/law.ts"

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }

/** A call as far as a key looks at it. */
const call = (params: { readonly [name: string]: unknown }, method = "tools/call"): McpRequest.Service =>
  ({ method, params }) as McpRequest.Service

const keyOf = (value: unknown): string | undefined => cacheKey(call({ arguments: value }), "somebody")

/** Texts that a key is written with, so that values that could be taken for each other are common. */
const Word = Schema.Literals(["", "[", "{", "a", "b", "0", "1", "__proto__", "length", '","'])
const Leaf = Schema.Union([Word, Schema.Literals([0, 1, true, false]), Schema.Null])
const Twig = Schema.Union([
  Leaf,
  Schema.Struct({ list: Schema.Array(Leaf) }),
  Schema.Struct({ members: Schema.Array(Schema.Tuple([Word, Leaf])) })
])
const Tree = Schema.Union([
  Twig,
  Schema.Struct({ list: Schema.Array(Twig) }),
  Schema.Struct({ members: Schema.Array(Schema.Tuple([Word, Twig])) })
])

/** A value as it comes over the wire: `__proto__` is a member like any other. */
const grown = (tree: typeof Tree.Type): Json => {
  if (typeof tree !== "object" || tree === null) return tree
  return "list" in tree
    ? tree.list.map(grown)
    : Object.fromEntries(tree.members.map(([name, member]) => [name, grown(member)]))
}
const Value = Arbitrary.map(Arbitrary.schema(Tree), grown)

/** The same value with its members in the opposite order, at every level. */
const turned = (value: Json): Json => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(turned)
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, turned(member)])
  )
}

const kindOf = (value: Json): string =>
  Array.isArray(value) ? "list" : typeof value === "object" && value !== null ? "object" : "leaf"

property(
  "the order of members does not count, whatever they are",
  { value: Value },
  { kind: ["list", "object", "leaf"] },
  ({ value }, seen) =>
    Effect.sync(() => {
      seen("kind", kindOf(value))
      assert.strictEqual(keyOf(turned(value)), keyOf(value))
    })
)

/** What a value could be taken for: objects as the lists that a key writes, lists as objects of their indices. */
const disguised = (value: Json): Json => {
  if (typeof value !== "object" || value === null) return value
  return Array.isArray(value) ? { ...value } : ["{", ...Object.entries(value)]
}

property(
  "two values have one key exactly when they are the same JSON",
  { one: Value, another: Value, how: Schema.Literals(["turned", "disguised", "another"]) },
  { how: ["turned", "disguised", "another"], values: ["the same", "different"] },
  ({ another, how, one }, seen) =>
    Effect.sync(() => {
      const other = how === "turned" ? turned(one) : how === "disguised" ? disguised(one) : another
      const same = isDeepStrictEqual(one, other)
      seen("how", how)
      seen("values", same ? "the same" : "different")
      assert.strictEqual(keyOf(one) === keyOf(other), same)
    })
)

describe("a key", () => {
  it.each([
    ["an empty list and an empty object", [], {}],
    ["a list and the object that a key is written as", ["{", ["a", 1]], { a: 1 }],
    ["a list and its marker", ["["], []],
    ["a list and an object of its indices", ["a"], { 0: "a" }],
    ["an absent member and null", {}, { a: null }],
    ["a number and its text", 1, "1"],
    ["nesting", [[1], 2], [[1, 2]]],
    ["a number too large for JSON and null", JSON.parse("1e400"), null],
    ["numbers too large on either side", JSON.parse("1e400"), JSON.parse("-1e400")]
  ])("tells apart %s", (_, one, other) => {
    assert.notStrictEqual(keyOf(one), keyOf(other))
  })

  it("knows the method and for whom it is, not how the request was made", () => {
    const asked = call({ name: "a", _meta: { progressToken: 1 } })
    assert.strictEqual(cacheKey(asked, "ann"), cacheKey(call({ name: "a" }), "ann"))
    assert.notStrictEqual(cacheKey(asked, "ann"), cacheKey(asked, "bob"))
    assert.notStrictEqual(cacheKey(asked, "ann"), cacheKey(call({ name: "a" }, "prompts/get"), "ann"))
  })

  it("is not there for a call that answers a question, or carries a state", () => {
    assert.isUndefined(cacheKey(call({ name: "a", inputResponses: {} }), "ann"))
    assert.isUndefined(cacheKey(call({ name: "a", requestState: "s" }), "ann"))
    assert.isDefined(cacheKey(call({ name: "a", arguments: { requestState: "s" } }), "ann"))
  })
})

describe("results", () => {
  it("are kept until their time is over", () => {
    const results = new Results(10, 100)
    const result = { content: [] }
    results.set("a", result, 1000)
    assert.strictEqual(results.get("a", 1000), result)
    assert.strictEqual(results.get("a", 1099), result)
    assert.isUndefined(results.get("a", 1100))
    // it is gone, not hidden: an earlier look does not find it again
    assert.isUndefined(results.get("a", 1000))
  })

  it("do not live longer because they are used", () => {
    const results = new Results(10, 100)
    results.set("a", {}, 0)
    assert.isDefined(results.get("a", 99))
    assert.isUndefined(results.get("a", 150))
  })

  it("make room for new ones, those used least recently first", () => {
    const results = new Results(2, 100)
    results.set("a", { a: 1 }, 0)
    results.set("b", { b: 1 }, 0)
    results.get("a", 1)
    results.set("c", { c: 1 }, 2)
    assert.deepStrictEqual(
      ["a", "b", "c"].map((key) => results.get(key, 3)),
      [{ a: 1 }, undefined, { c: 1 }]
    )
  })
})

const Step = Schema.Struct({
  kind: Schema.Literals(["set", "get", "delete"]),
  key: Schema.Literals(["a", "b", "c", "d"])
})

property(
  "counts remember the keys that were set last, and no more than they have room for",
  { capacity: Schema.Literals([1, 2, 3]), steps: Schema.Array(Step) },
  { found: ["something", "nothing"] },
  ({ capacity, steps }, seen) =>
    Effect.sync(() => {
      const counts = new Counts<number>(capacity)
      // the model: what was set, the latest last, each key once
      let model: ReadonlyArray<readonly [key: string, value: number]> = []
      for (const [at, { key, kind }] of steps.entries()) {
        const others = model.filter(([other]) => other !== key)
        if (kind === "get") {
          const known = model.find(([other]) => other === key)?.[1]
          seen("found", known === undefined ? "nothing" : "something")
          assert.strictEqual(counts.get(key), known)
        } else if (kind === "set") {
          counts.set(key, at)
          model = [...others, [key, at] as const].slice(-capacity)
        } else {
          counts.delete(key)
          model = others
        }
      }
      for (const key of ["a", "b", "c", "d"]) {
        assert.strictEqual(counts.get(key), model.find(([other]) => other === key)?.[1])
      }
    })
)
