/**
 * From a method's result to its JSON text in a revision: projected, and with what the revision writes around it.
 *
 * What is the same for many requests (a page of a list) is a `Rendered`: its text is made once per revision. The members
 * around a result are made once per method and revision.
 */
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import { inexpressible, type McpRevision } from "../../protocol/McpRevision.ts"
import type { CacheHints, Implementation, JsonObject } from "../../protocol/McpSchema.ts"

/** A result that stays the same until something changes. */
export class Rendered {
  readonly result: JsonObject
  readonly #texts = new Map<McpRevision, string>()

  constructor(result: JsonObject) {
    this.result = result
  }

  text(revision: McpRevision, render: (result: JsonObject) => string): string {
    let text = this.#texts.get(revision)
    if (text === undefined) this.#texts.set(revision, (text = render(this.result)))
    return text
  }
}

interface Envelope {
  readonly members: JsonObject
  /** The members as text with a trailing comma. */
  readonly prefix: string
}

const never: CacheHints = { ttlMs: 0, cacheScope: "private" }
const none: Envelope = { members: {}, prefix: "" }

export class Rendering {
  readonly #serverInfo: Implementation
  readonly #cache: { readonly [method: string]: CacheHints | undefined }
  readonly #envelopes = new Map<McpRevision, Map<string, Envelope>>()

  constructor(serverInfo: Implementation, cache: { readonly [method: string]: CacheHints | undefined }) {
    this.#serverInfo = serverInfo
    this.#cache = cache
  }

  /** The JSON text of a result as a revision shows it. */
  complete(method: AnyRequest, result: JsonObject | Rendered, revision: McpRevision): string {
    return result instanceof Rendered
      ? result.text(revision, (result) => this.#write(method, result, revision))
      : this.#write(method, result, revision)
  }

  /** The JSON text of what is no result of the method, with what the revision says with every result. */
  around(method: string, result: JsonObject, revision: McpRevision): string {
    const { members } = this.#envelope(method, revision)
    return JSON.stringify({ ...result, ...(members["_meta"] === undefined ? undefined : { _meta: members["_meta"] }) })
  }

  #write(method: AnyRequest, result: JsonObject, revision: McpRevision): string {
    const projected = revision.project(method.result, result) as JsonObject | typeof inexpressible
    if (projected === inexpressible) {
      throw new Error(`What "${method.name}" answers cannot be said in revision ${revision.version}`)
    }
    const { members, prefix } = this.#envelope(method.name, revision)
    if (prefix === "") return JSON.stringify(projected)
    for (const key in members) {
      if (projected[key] !== undefined) return JSON.stringify(merged(members, projected))
    }
    const text = JSON.stringify(projected)
    return text === "{}" ? `{${prefix.slice(0, -1)}}` : `{${prefix}${text.slice(1)}`
  }

  #envelope(method: string, revision: McpRevision): Envelope {
    let envelopes = this.#envelopes.get(revision)
    if (envelopes === undefined) this.#envelopes.set(revision, (envelopes = new Map()))
    let envelope = envelopes.get(method)
    if (envelope === undefined) {
      const cache = this.#cache[method] ?? never
      const members = revision.policy.envelope(method, { serverInfo: this.#serverInfo, cache })
      const text = members === undefined ? "{}" : JSON.stringify(members)
      envelope = members === undefined || text === "{}" ? none : { members, prefix: `${text.slice(1, -1)},` }
      envelopes.set(method, envelope)
    }
    return envelope
  }
}

const merged = (members: JsonObject, result: JsonObject): JsonObject => ({
  ...members,
  ...result,
  _meta: { ...(members["_meta"] as JsonObject | undefined), ...(result["_meta"] as JsonObject | undefined) }
})
