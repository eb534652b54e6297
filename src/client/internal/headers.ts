/**
 * What a message says in headers as well, where its transport has them: the revision, and since 2026-07-28 the method, whom
 * it is about, and the arguments that a tool wants to see there.
 *
 * Which arguments these are, the tool's schema says: the one that the server has listed last, else that of a definition.
 * Without either a call goes without; the server refuses it, and its tools are listed anew. A tool whose schema marks them
 * wrongly cannot be called: it is left out of lists and named in the log.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Any } from "../../protocol/McpDefinition.ts"
import { encodeValue, type HeaderParam, nameField, params, valueAt } from "../../protocol/McpHeader.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { Initialize, Initialized } from "../../protocol/methods/lifecycle.ts"
import { CallTool } from "../../protocol/methods/tools.ts"
import type { Hints } from "../../transport/McpTransport.ts"

type Written = { [name: string]: string }

export class MessageHeaders {
  readonly #limit: number
  readonly #mirrored = new Map<string, ReadonlyArray<HeaderParam>>()
  readonly #defined = new WeakSet<Any>()

  /** The arguments of at most `limit` tools are remembered; the one that was seen longest ago is forgotten first. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Takes what a page of the server's tools says, and gives those that can be called. */
  usable(tools: ReadonlyArray<JsonObject>): Effect.Effect<ReadonlyArray<JsonObject>> {
    return Effect.filter(tools, (tool) => {
      const name = String(tool["name"])
      const found = params(tool["inputSchema"])
      this.#remember(
        name,
        Result.getOrElse(found, () => [])
      )
      return Result.isSuccess(found)
        ? Effect.succeed(true)
        : Effect.as(Effect.logWarning(`Tool "${name}" of the server is left out: ${found.failure.message}`), false)
    })
  }

  /** Takes what a definition says, where the server has not said it. */
  define(tool: Any): void {
    if (this.#defined.has(tool)) return
    this.#defined.add(tool)
    if (this.#mirrored.has(tool.name)) return
    this.#remember(
      tool.name,
      Result.getOrElse(params(tool.codecs.inputSchema), () => [])
    )
  }

  #remember(name: string, mirrored: ReadonlyArray<HeaderParam>): void {
    this.#mirrored.delete(name)
    if (mirrored.length === 0) return
    if (this.#mirrored.size >= this.#limit) this.#mirrored.delete(this.#mirrored.keys().next().value!)
    this.#mirrored.set(name, mirrored)
  }

  /** What goes with a request; `members` is the inside of its parameters, as JSON. */
  ofRequest(revision: McpRevision, method: string, members: string): Hints | undefined {
    if (revision.era === "legacy") return method === Initialize.name ? undefined : { headers: versionOf(revision) }
    const { name } = revision.policy.headers
    const headers = this.#ofMessage(revision, method)
    const about = nameField(method)
    if (about === undefined || name === undefined) return { headers, closeCancels: true }
    const sent = JSON.parse(`{${members}}`) as JsonObject
    const value = sent[about]
    if (typeof value === "string") headers[name] = encodeValue(value)
    if (method === CallTool.name) this.#mirror(String(value), sent["arguments"], headers)
    return { headers, closeCancels: true }
  }

  /** What goes with a notification. */
  ofNotification(revision: McpRevision, method: string): Hints {
    const headers = revision.era === "legacy" ? versionOf(revision) : this.#ofMessage(revision, method)
    return { headers, opens: method === Initialized.name }
  }

  #ofMessage(revision: McpRevision, method: string): Written {
    const { method: name } = revision.policy.headers
    return name === undefined ? versionOf(revision) : { ...versionOf(revision), [name]: encodeValue(method) }
  }

  #mirror(tool: string, args: unknown, headers: Written): void {
    for (const param of this.#mirrored.get(tool) ?? []) {
      const value = valueAt(param, args)
      if (value !== undefined) headers[param.header] = encodeValue(value)
    }
  }
}

const versionOf = ({ policy, version }: McpRevision): Written =>
  policy.headers.version === undefined ? {} : { [policy.headers.version]: version }
