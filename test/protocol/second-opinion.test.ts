/**
 * The official SDKs' own schemas as a second opinion: what our vocabulary makes they read, and what they refuse of it,
 * once something has been made wrong, we refuse too.
 *
 * They are loose and strict in other places than the specification, so they are no judges: `ASKED` and `LISTED` are the
 * places where they ask for more, with the reason. v1 speaks 2025-11-25; of v2 the codecs of both eras are asked, which
 * its packages keep inside a file of their bundle.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, it } from "@effect/vitest"
import * as v1 from "@modelcontextprotocol/sdk/types.js"
import { Arbitrary, Effect, Schema, type SchemaAST } from "effect"
import type { McpRevision } from "mcp-effect"
import { nameOf, ownerOf } from "../../src/protocol/internal/shape.ts"
import * as revisions from "../../src/protocol/revisions/index.ts"
import { property } from "../laws/support/law.ts"
import {
  among,
  copy,
  drawn,
  find,
  gone,
  isObject,
  type Mutation,
  mutation,
  nodesOf,
  type Payload,
  payloads,
  titleOf,
  wrongs
} from "./support/vocabulary.ts"

/** Why somebody else refuses a value, `accepted`, or that there is no schema for it there. */
type Opinion = { readonly refused: string } | "accepted" | "unknown"

interface Other {
  readonly version: string
  readonly opinion: (payload: Payload, value: unknown) => Opinion
}

interface Zod {
  safeParse(value: unknown): { readonly success: boolean; readonly error?: unknown }
}

const short = (error: unknown): string => String(error).replaceAll(/\s+/g, " ").slice(0, 400)

const parsed = (schema: Zod | undefined, value: unknown): Opinion => {
  if (schema === undefined) return "unknown"
  const { error, success } = schema.safeParse(value)
  return success ? "accepted" : { refused: short(error) }
}

const exported: { readonly [name: string]: unknown } = v1

/** v1's schemas of requests and notifications, by method. */
const messages = new Map(
  Object.entries(exported).flatMap(([name, schema]) => {
    const method = (schema as { readonly shape?: { readonly method?: { readonly value?: unknown } } }).shape?.method
      ?.value
    return typeof method === "string" && /(Request|Notification)Schema$/.test(name) ? [[method, schema as Zod]] : []
  })
)

/** v1's names of results, by method. */
const results: { readonly [method: string]: string } = {
  initialize: "InitializeResult",
  ping: "EmptyResult",
  "tools/list": "ListToolsResult",
  "tools/call": "CallToolResult",
  "resources/list": "ListResourcesResult",
  "resources/templates/list": "ListResourceTemplatesResult",
  "resources/read": "ReadResourceResult",
  "resources/subscribe": "EmptyResult",
  "resources/unsubscribe": "EmptyResult",
  "prompts/list": "ListPromptsResult",
  "prompts/get": "GetPromptResult",
  "completion/complete": "CompleteResult",
  "logging/setLevel": "EmptyResult",
  "roots/list": "ListRootsResult",
  "sampling/createMessage": "CreateMessageResultWithTools",
  "elicitation/create": "ElicitResult",
  "tasks/get": "GetTaskResult",
  "tasks/result": "GetTaskPayloadResult",
  "tasks/list": "ListTasksResult",
  "tasks/cancel": "CancelTaskResult"
}

const first: Other = {
  version: "2025-11-25",
  opinion: ({ chapter, kind, name }, value) => {
    if (chapter.startsWith("extensions/") || chapter === "errors") return "unknown"
    if (kind === "params") return parsed(messages.get(name), { method: name, params: value })
    return parsed(exported[`${kind === "data" ? name : results[name]}Schema`] as Zod | undefined, value)
  }
}

type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly message?: string }

/** v2's schemas of an era. */
interface Codec {
  readonly era: string
  validateRequest(method: string, message: unknown): Verdict
  validateNotification(method: string, message: unknown): Verdict
  validateResult(method: string, result: unknown): Verdict
  validateInputRequest(method: string, request: unknown): Verdict
  validateInputResponse(method: string, result: unknown): Verdict
  decodeResult(method: string, result: unknown): { readonly kind: string; readonly error?: unknown }
  checkInboundEnvelope(material: { readonly envelope: unknown }): string | undefined
}

const bundle = join(import.meta.dirname, "../../node_modules/@modelcontextprotocol/server/dist")
const inside = readdirSync(bundle)
  .filter((file) => /^src-.*\.mjs$/.test(file))
  .find((file) => readFileSync(join(bundle, file), "utf8").includes("function codecForVersion("))!
const internals = (await import(pathToFileURL(join(bundle, inside)).href)) as { readonly [name: string]: unknown }
const codecForVersion = Object.values(internals).find(
  (value) => typeof value === "function" && value.name === "codecForVersion"
) as (version: string) => Codec

/** The first of several verdicts that knows the method. */
const known = (...verdicts: ReadonlyArray<() => Verdict>): Opinion => {
  for (const verdict of verdicts) {
    const said = verdict()
    if (said.ok) return "accepted"
    if (said.reason !== "not-in-era") return { refused: short(said.message) }
  }
  return "unknown"
}

const also = (opinion: Opinion, more: () => string | undefined): Opinion => {
  const refused = opinion === "accepted" ? more() : undefined
  return refused === undefined ? opinion : { refused }
}

const second = (version: string): Other => {
  const codec = codecForVersion(version)
  const ofParams = (method: string, params: unknown): Opinion => {
    const message = { method, params }
    const opinion = known(
      () => codec.validateRequest(method, message),
      () => codec.validateNotification(method, message),
      () => codec.validateInputRequest(method, message)
    )
    const asks = codec.validateRequest(method, message).ok && isObject(params)
    return also(opinion, () => (asks ? codec.checkInboundEnvelope({ envelope: params["_meta"] }) : undefined))
  }
  const ofResult = (method: string, result: unknown): Opinion => {
    const opinion = known(
      () => codec.validateResult(method, result),
      () => codec.validateInputResponse(method, result)
    )
    if (!codec.validateResult(method, result).ok) return opinion
    return also(opinion, () => {
      const { error, kind } = codec.decodeResult(method, result)
      return kind === "invalid" ? short(error) : undefined
    })
  }
  return {
    version,
    opinion: ({ chapter, kind, name }, value) => {
      if (chapter.startsWith("extensions/") || kind === "data") return "unknown"
      return kind === "params" ? ofParams(name, value) : ofResult(name, value)
    }
  }
}

const others: { readonly [name: string]: Other } = {
  v1: first,
  "v2 legacy": second("2025-11-25"),
  "v2 modern": second("2026-07-28")
}
const names = Object.keys(others)

/** Fields where they ask for more than any JSON of the kind, by shape; what we put there, and why. */
const ASKED: { readonly [shape: string]: { readonly [field: string]: unknown } } = {
  // the bytes of base64 are decoded, and so checked, where they are used
  ImageContent: { data: "aGk=" },
  AudioContent: { data: "aGk=" },
  BlobResourceContents: { blob: "aGk=" },
  // a date is a string for people here
  Annotations: { lastModified: "2025-01-12T15:00:58Z" },
  // a URI is read where it is followed
  Root: { uri: "file:///home" },
  ElicitRequestURLParams: { url: "https://example.org/" },
  // answers are checked one by one, against what was asked
  CallToolRequestParams: { inputResponses: {} },
  GetPromptRequestParams: { inputResponses: {} },
  ReadResourceRequestParams: { inputResponses: {} }
}

/** In a complete result: they know no other, and the revision leaves the word open. */
const COMPLETE = { resultType: "complete" }

/** A value with what they ask for. */
const dressed = (ast: SchemaAST.AST, value: unknown): unknown => {
  const result = copy(value)
  for (const { ast: part, value: inner } of nodesOf(ast, result)) {
    const asked = ASKED[nameOf(part) ?? ""] ?? {}
    if (!isObject(inner)) continue
    for (const key of Object.keys(asked)) if (key in inner) Object.assign(inner, { [key]: asked[key] })
  }
  return isObject(result) && typeof result["resultType"] === "string" ? { ...result, ...COMPLETE } : result
}

type Listed = (mutation: Mutation, revision: McpRevision.McpRevision) => boolean

/** What they refuse and we do not, besides `ASKED`, and why. */
const LISTED: { readonly [reason: string]: Listed } = {
  "what is forgiven may be missing": ({ at, other }, { policy }) =>
    other === gone && policy.forgiven.has(ownerOf(at.ast, undefined) ?? ""),
  "an empty result may have fields that nobody knows": ({ at, wrong }) =>
    wrong === "extra" && nameOf(at.ast) === "EmptyResult",
  "more is asked, as above": ({ at }) =>
    at.path.at(-1) === "resultType" ||
    Object.values(ASKED).some((fields) => Object.hasOwn(fields, String(at.path.at(-1))))
}

interface Drawing {
  readonly other: string
  readonly wrong: (typeof wrongs)[number]
  readonly pick: number
  readonly title: string
  readonly value: unknown
}

const knownTo = (name: string): ReadonlyArray<Payload> =>
  payloads.filter((payload) => others[name]!.opinion(payload, {}) !== "unknown")

const drawings: Arbitrary.Arbitrary<ReadonlyArray<Drawing>> = Arbitrary.array(
  Arbitrary.flatMap(
    Arbitrary.schema(
      Schema.Struct({ other: Schema.Literals(names), wrong: Schema.Literals(wrongs), pick: among(10_000) })
    ),
    (start) => {
      const revision = revisions.find(others[start.other]!.version)!
      const value = drawn(({ schema }) => revision.schema(schema), knownTo(start.other))
      return Arbitrary.map(value, (one) => ({ ...start, ...one }))
    }
  ),
  { minLength: 3, maxLength: 3 }
)

/** Tests each; what is thrown is a failure, so that the case is made smaller. */
const each = (all: ReadonlyArray<Drawing>, test: (one: Drawing) => void): Effect.Effect<void, unknown> =>
  Effect.try({ try: () => all.forEach(test), catch: (error) => error })

/** Payloads of a revision's methods that they have no schema for. */
const UNKNOWN: { readonly [name: string]: ReadonlyArray<string> } = {
  v1: [],
  "v2 legacy": ["cancel", "get", "list", "result"].map((name) => `tasks: tasks/${name} result`),
  "v2 modern": []
}

it.each(names)("%s has an opinion on every method of its revision, but the listed", (name) => {
  const { client, server } = revisions.find(others[name]!.version)!
  const own = [client, server].flatMap(({ notifications, requests }) => [...notifications, ...requests])
  const all = payloads.filter(({ chapter, name }) => own.includes(name) && !chapter.startsWith("extensions/"))
  const missing = all.filter((payload) => !knownTo(name).includes(payload)).map(titleOf)
  assert.sameMembers(missing, [...UNKNOWN[name]!])
})

property(
  "what we make, they read",
  { all: drawings },
  { other: names, kind: ["params", "result or data"] },
  ({ all }, seen) =>
    each(all, ({ other, title, value }) => {
      const { opinion, version } = others[other]!
      const payload = find(title)
      const said = opinion(payload, dressed(revisions.find(version)!.schema(payload.schema).ast, value))
      assert.strictEqual(said, "accepted", `${other} of ${title}: ${JSON.stringify(said)}`)
      seen("other", other)
      seen("kind", payload.kind === "params" ? "params" : "result or data")
    })
)

property(
  "what they refuse, we refuse",
  { all: drawings },
  { other: names, wrong: wrongs, verdict: ["they accept", "both refuse"] },
  ({ all }, seen) =>
    each(all, ({ other, pick, title, value, wrong }) => {
      const { opinion, version } = others[other]!
      const payload = find(title)
      const revision = revisions.find(version)!
      const { ast } = revision.schema(payload.schema)
      const changed = mutation(ast, dressed(ast, value), wrong, pick)
      const theirs = opinion(payload, changed.value)
      const ours = revision.check(payload.schema, changed.value)
      const listed = Object.values(LISTED).some((differs) => differs(changed, revision))
      if (listed) return
      const about = `${other} of ${title}, ${changed.wrong} at ${changed.at.path.join(".")}: ${JSON.stringify(theirs)}`
      if (theirs !== "accepted") assert.isDefined(ours, about)
      seen("other", other)
      seen("wrong", changed.wrong)
      seen("verdict", theirs === "accepted" ? "they accept" : "both refuse")
    })
)
