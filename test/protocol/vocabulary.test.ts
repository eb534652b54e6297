/**
 * The vocabulary in every revision: its schemas are identities, our check is Effect's decoder, a projection takes away
 * what a revision lacks and nothing else, and a problem says where it is.
 *
 * Payloads, revisions and what is made wrong are drawn; `LISTED` are the places where our check differs on purpose.
 */
import { isDeepStrictEqual } from "node:util"
import { assert, it } from "@effect/vitest"
import { Arbitrary, Effect, Exit, Schema, SchemaAST } from "effect"
import type { McpRevision } from "mcp-effect"
import { type Anatomy, optionOf } from "../../src/protocol/internal/restrict.ts"
import { isData, nameOf, ownerOf } from "../../src/protocol/internal/shape.ts"
import { inexpressible } from "../../src/protocol/McpRevision.ts"
import { metaKeys } from "../../src/protocol/McpSchema.ts"
import * as elicitation from "../../src/protocol/methods/elicitation.ts"
import { revisions } from "../../src/protocol/revisions/index.ts"
import { property, type Seen } from "../laws/support/law.ts"
import {
  among,
  copy,
  drawn,
  find,
  frozen,
  gone,
  isLiterals,
  isObject,
  lacksMember,
  type Mutation,
  mutation,
  nodesOf,
  type Path,
  payloads,
  titleOf,
  tried,
  type Wrong,
  wrongs
} from "./support/vocabulary.ts"

const versions = revisions.map(({ version }) => version)
const revisionOf = (version: string): McpRevision.McpRevision => revisions.find((one) => one.version === version)!

type Drawing = {
  readonly version: string
  readonly wrong: Wrong
  readonly pick: number
  readonly title: string
  readonly value: unknown
}

/** A revision, a value of a payload in the form that is asked for, and a way to make it wrong; several of them. */
const drawings = (
  formOf: (revision: McpRevision.McpRevision, schema: Schema.Constraint) => Schema.Constraint
): Arbitrary.Arbitrary<ReadonlyArray<Drawing>> => {
  const start = Schema.Struct({
    version: Schema.Literals(versions),
    wrong: Schema.Literals(wrongs),
    pick: among(10_000)
  })
  const one = Arbitrary.flatMap(Arbitrary.schema(start), (start) =>
    Arbitrary.map(
      drawn(({ schema }) => formOf(revisionOf(start.version), schema)),
      (drawn): Drawing => ({ ...start, ...drawn })
    )
  )
  return Arbitrary.array(one, { minLength: 4, maxLength: 4 })
}

/** Values as the revision has them, and values with the fields of all revisions. */
const inRevision = drawings((revision, schema) => revision.schema(schema))
const inAll = drawings((_revision, schema) => schema)

/** Tests each; what is thrown is a failure, so that the case is made smaller. */
const each = (all: ReadonlyArray<Drawing>, test: (one: Drawing) => void): Effect.Effect<void, unknown> =>
  Effect.try({ try: () => all.forEach(test), catch: (error) => error })

const codecs = new Map<Schema.Constraint, { decode: Way; encode: Way }>()
type Way = (value: unknown) => Exit.Exit<unknown, unknown>
const codecOf = (schema: Schema.Constraint): { readonly decode: Way; readonly encode: Way } => {
  let known = codecs.get(schema)
  if (known === undefined) {
    const codec = schema as Schema.Codec<unknown>
    known = { decode: Schema.decodeUnknownExit(codec), encode: Schema.encodeUnknownExit(codec) }
    codecs.set(schema, known)
  }
  return known
}

const blocks = ["text", "image", "audio", "resource_link", "resource", "tool_use", "tool_result"]
const forms = elicitation.PrimitiveSchemaDefinition.members.map((member) => nameOf(member.ast) ?? "")
const primitives = ["string", "number", "boolean", "array", "oneOf", "enum"]
const expected = {
  version: versions,
  chapter: tried,
  kind: ["params", "result", "data"],
  block: blocks,
  primitive: primitives,
  optional: ["present", "absent"]
}

const primitiveOf = (value: { readonly [key: string]: unknown }): string =>
  ["oneOf", "enum"].find((key) => Object.hasOwn(value, key)) ?? String(value["type"]).replace("integer", "number")

/** Says what a value is made of. */
const tell = (about: Pick<Drawing, "title" | "version">, ast: SchemaAST.AST, value: unknown, seen: Seen): void => {
  const { chapter, kind } = find(about.title)
  seen("version", about.version)
  seen("chapter", chapter)
  seen("kind", kind)
  for (const { ast: part, value: inner } of nodesOf(ast, value)) {
    if (!isObject(inner) || !SchemaAST.isObjects(part)) continue
    if (blocks.includes(String(inner["type"])) && "type" in inner) seen("block", String(inner["type"]))
    if (forms.includes(nameOf(part) ?? "")) seen("primitive", primitiveOf(inner))
    for (const { name, type } of part.propertySignatures) {
      if (SchemaAST.isOptional(type)) seen("optional", Object.hasOwn(inner, String(name)) ? "present" : "absent")
    }
  }
}

it("the form that a revision has of a schema is its own form there", () => {
  for (const revision of revisions) {
    for (const payload of payloads) {
      const form = revision.schema(payload.schema)
      assert.strictEqual(revision.schema(form), form, `${revision.version} ${titleOf(payload)}`)
    }
  }
})

property(
  "a payload is decoded and encoded to itself, and our check accepts it",
  { all: inRevision },
  expected,
  ({ all }, seen) =>
    each(all, ({ title, value, version }) => {
      const revision = revisionOf(version)
      const declared = find(title).schema
      const schema = revision.schema(declared)
      const decoded = codecOf(schema).decode(value)
      assert.isTrue(Exit.isSuccess(decoded), `Effect refuses: ${String(decoded)}`)
      assert.isTrue(Exit.isSuccess(decoded) && isDeepStrictEqual(decoded.value, value), "decoded to something else")
      const encoded = codecOf(schema).encode(value)
      assert.isTrue(Exit.isSuccess(encoded) && isDeepStrictEqual(encoded.value, value), "encoded to something else")
      assert.isUndefined(revision.check(declared, value))
      assert.strictEqual(revision.project(declared, value), value, "a revision expresses what it has")
      tell({ title, version }, schema.ast, value, seen)
    })
)

type Differs = (revision: McpRevision.McpRevision, mutation: Mutation) => boolean

/** Where our check and Effect's decoder differ on purpose, and why. */
const LISTED: { readonly [reason: string]: Differs } = {
  /** Effect's empty struct is everything but null; on the wire an object without fields is an object. */
  "empty struct": (_revision, { at, other }) =>
    SchemaAST.isObjects(at.ast) &&
    at.ast.propertySignatures.length + at.ast.indexSignatures.length === 0 &&
    !isObject(other),
  /** What a part requires may be absent when `policy.forgiven` names the part. */
  forgiven: ({ policy }, { at, other }) => other === gone && policy.forgiven.has(ownerOf(at.ast, undefined) ?? "")
}

property(
  "our check accepts what Effect's decoder accepts, and nothing else",
  { all: inRevision },
  { ...expected, wrong: [...wrongs, "nothing"], verdict: ["accepted", "refused"] },
  ({ all }, seen) =>
    each(all, ({ pick, title, value, version, wrong }) => {
      const revision = revisionOf(version)
      const declared = find(title).schema
      const schema = revision.schema(declared)
      const changed = pick % 8 === 0 ? undefined : mutation(schema.ast, value, wrong, pick)
      const tested = changed === undefined ? value : changed.value
      const problem = revision.check(declared, tested)
      const theirs = Exit.isSuccess(codecOf(schema).decode(tested))
      const listed = changed !== undefined && Object.values(LISTED).some((differs) => differs(revision, changed))
      if (!listed) {
        assert.strictEqual(problem === undefined, theirs, `${problem ?? "accepted"}, by Effect ${String(theirs)}`)
      }
      if (problem === undefined && !lacksMember(revision, declared, tested)) {
        assert.notStrictEqual(revision.project(declared, tested), inexpressible, "accepted, but not to be said")
      }
      seen("wrong", changed?.wrong ?? "nothing")
      seen("verdict", problem === undefined ? "accepted" : "refused")
      tell({ title, version }, schema.ast, value, seen)
    })
)

const OWN = "x-own"

/** Adds a field that nobody knows to every object that a schema speaks of, and freezes it all. */
const withOwn = (ast: SchemaAST.AST, value: unknown): unknown => {
  for (const { ast: part, path, value: inner } of nodesOf(ast, value)) {
    const open = SchemaAST.isObjects(part) && part.indexSignatures.every(({ type }) => SchemaAST.isUnknown(type))
    if (open && isObject(inner)) (inner as { [key: string]: unknown })[OWN] = { path: path.join("/") }
  }
  return frozen(value)
}

/** What became of a value is what is promised, from outside to inside; `seen` is told of each change. */
const faithful = (
  revision: McpRevision.McpRevision,
  schema: Anatomy,
  before: unknown,
  after: unknown,
  fate: (fate: Fate) => void
): void => {
  if (after === before) return
  assert.isFalse(isDeepStrictEqual(after, before), "a copy of what has not changed")
  const restricted = revision.schema(schema) as Anatomy
  const go = (inner: Schema.Constraint, one: unknown, other: unknown): void =>
    faithful(revision, inner, one, other, fate)
  const inner = optionOf(schema)
  if (inner !== undefined) return go(inner, before, after)
  if (isData(schema.ast)) return ownIsThere(before, after)
  const fields = schema.fields ?? schema.schema?.fields
  if (fields !== undefined) return ofFields(revision, schema, before as Members, after as Members, go, fate)
  if (schema.members !== undefined) {
    const member = schema.members.find((member) => Exit.isSuccess(codecOf(member).decode(before)))
    assert.isDefined(member)
    const listed = restricted.members ?? [restricted]
    if (listed.some((one) => nameOf(one.ast) === nameOf(member!.ast)) && !isText(before, after)) {
      return go(member!, before, after)
    }
    fate("stood in for")
    return undefined
  }
  const element = schema.value!
  if (schema.key === undefined) return ofItems(revision, element, before as ReadonlyArray<unknown>, after, go, fate)
  for (const [key, item] of Object.entries(before as Members)) go(element, item, (after as Members)[key])
  assert.sameMembers(Object.keys(after as Members), Object.keys(before as Members))
}

type Members = { readonly [key: string]: unknown }
type Go = (schema: Schema.Constraint, before: unknown, after: unknown) => void

const isText = (before: unknown, after: unknown): boolean =>
  isObject(after) && isObject(before) && after["type"] === "text" && before["type"] !== "text"

const ownIsThere = (before: unknown, after: unknown): void =>
  assert.strictEqual((after as Members)[OWN], (before as Members)[OWN], "an unknown field is gone")

/** Without what a projection keeps of a dropped field, which is told to be there. */
const withoutKept = (before: Members, after: Members): Members => {
  if (!("structuredContent" in before) || "structuredContent" in after) return after
  const { [metaKeys.value]: kept, ...meta } = after["_meta"] as Members
  assert.strictEqual(kept, before["structuredContent"], "what is dropped is kept in _meta")
  const { _meta, ...rest } = after
  if (!("_meta" in before)) return rest
  return { ...rest, _meta: isDeepStrictEqual(meta, before["_meta"]) ? before["_meta"] : meta }
}

const ofFields = (
  revision: McpRevision.McpRevision,
  schema: Anatomy,
  before: Members,
  projected: Members,
  go: Go,
  fate: (fate: Fate) => void
): void => {
  const restricted = revision.schema(schema) as Anatomy
  const declared = schema.fields ?? schema.schema?.fields ?? {}
  const has = restricted.fields ?? restricted.schema?.fields ?? {}
  const after = nameOf(schema.ast) === "CallToolResult" ? withoutKept(before, projected) : projected
  for (const key of Object.keys(after)) assert.isTrue(Object.hasOwn(before, key), `${key} is new`)
  for (const [key, value] of Object.entries(before)) {
    const field = Object.hasOwn(declared, key) ? declared[key] : undefined
    if (field === undefined) {
      assert.strictEqual(after[key], value, `the unknown field ${key} was touched`)
    } else if (!Object.hasOwn(has, key)) {
      assert.isFalse(Object.hasOwn(after, key), `${key} is there, but the revision lacks it`)
      fate("removed")
    } else if (revision.project(field, value) === inexpressible) {
      assert.isFalse(Object.hasOwn(after, key), `${key} is there, but cannot be said`)
      assert.isTrue(SchemaAST.isOptional(has[key]!.ast), `${key} is gone, but required`)
      fate("not to be said")
    } else go(field, value, after[key])
  }
}

const ofItems = (
  revision: McpRevision.McpRevision,
  element: Schema.Constraint,
  before: ReadonlyArray<unknown>,
  after: unknown,
  go: Go,
  fate: (fate: Fate) => void
): void => {
  const said = before.filter((item) => revision.project(element, item) !== inexpressible)
  assert.strictEqual((after as ReadonlyArray<unknown>).length, said.length)
  said.forEach((item, index) => go(element, item, (after as ReadonlyArray<unknown>)[index]))
  if (said.length < before.length) fate("not to be said")
}

/** What can become of a value, or of a part of it. */
const fates = ["not to be said", "stood in for", "removed"] as const
type Fate = (typeof fates)[number]

property(
  "a projection takes away what the revision lacks, touches nothing else, and is done at once",
  { all: inAll },
  { ...expected, outcome: ["same", "changed"], fate: fates },
  ({ all }, seen) =>
    each(all, ({ title, value, version }) => {
      const revision = revisionOf(version)
      const { schema } = find(title)
      const before = withOwn(schema.ast, copy(value))
      const after = revision.project(schema, before)
      const became = new Set<Fate>(after === inexpressible ? ["not to be said"] : [])
      if (after !== inexpressible) {
        faithful(revision, schema, before, after, (fate) => became.add(fate))
        assert.strictEqual(revision.project(schema, after), after, "a projection of a projection changes it again")
        // what a request must carry about its sender is written around it
        assert.include([undefined, "_meta: is missing"], revision.check(schema, after))
      }
      seen("outcome", after === before ? "same" : "changed")
      for (const fate of became) seen("fate", fate)
      tell({ title, version }, schema.ast, before, seen)
    })
)

it("an element that a revision cannot express is left out of its list, and its neighbours are not touched", () => {
  const schema = find("tools: tools/list result").schema
  const tool = (name: string, property: unknown) => ({
    name,
    inputSchema: { type: "object", properties: { property } }
  })
  const tools = [tool("a", {}), tool("b", "no schema"), tool("c", { type: "string" })]
  for (const revision of revisions) {
    const before = frozen({ tools, resultType: "complete", ttlMs: 0, cacheScope: "public" })
    const after = revision.project(schema, before) as typeof before
    const said = revision.check(schema, before) === undefined ? tools : [tools[0], tools[2]]
    assert.strictEqual(after.tools.length, said.length)
    after.tools.forEach((one, index) => assert.strictEqual(one, said[index]))
  }
})

/** The paths that a problem at a path may name: that one, or those of the choices around it. */
const nameable = (ast: SchemaAST.AST, value: unknown, path: Path): ReadonlyArray<Path> => {
  const around = nodesOf(ast, value).filter(
    (node) =>
      SchemaAST.isUnion(node.ast) && !isLiterals(node.ast) && node.path.every((key, index) => path[index] === key)
  )
  return [path, ...around.map((choice) => choice.path)]
}

/** Whether a problem says a path. How odd keys are said (long, with dots or lines in them) is not asked here. */
const fitsPlace = (said: string, path: Path): boolean => {
  const odd = path.findIndex((key) => !/^[\w$/-]{1,60}$/.test(String(key)))
  return odd < 0 ? said === path.join(".") : said.startsWith(path.slice(0, odd).join("."))
}

property(
  "a problem names the path of what is wrong, or of the choice that it is in",
  { all: inRevision },
  { ...expected, named: ["nothing", "the root", "a path"] },
  ({ all }, seen) =>
    each(all, ({ pick, title, value, version, wrong }) => {
      const revision = revisionOf(version)
      const declared = find(title).schema
      const { ast } = revision.schema(declared)
      const changed = mutation(ast, value, wrong, pick)
      const problem = revision.check(declared, changed.value)
      tell({ title, version }, ast, value, seen)
      if (problem === undefined || changed.wrong === "extra") return seen("named", "nothing")
      const said = /^(?:(.*): )?(?:expected .+|is missing)$/s.exec(problem)?.[1] ?? ""
      const { path } = changed.at
      const inside = isObject(changed.other) && said.startsWith([...path, ""].join("."))
      const about = inside || nameable(ast, value, path).some((place) => fitsPlace(said, place))
      assert.isTrue(about, `"${problem}" is not about ${JSON.stringify(path)}`)
      seen("named", said === "" ? "the root" : "a path")
    })
)
