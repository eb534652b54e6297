/**
 * What a server offers, as it stands: its tools, and the lists made of them.
 *
 * Registering is scoped: when the scope of a registration closes, its name is free and its running calls are ended
 * before anything it used is released. Lists are rendered once per revision and kept as text until something changes.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Core } from "../../peer/Peer.ts"
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import { inexpressible, type McpRevision } from "../../protocol/McpRevision.ts"
import type { Implementation, JsonObject } from "../../protocol/McpSchema.ts"
import { ListTools } from "../../protocol/methods/tools.ts"
import { Raw } from "../../wire/JsonRpc.ts"
import type { Facts } from "./facts.ts"

/** A tool with its handler, compiled. */
export interface RegisteredTool {
  readonly name: string
  /** How the tool stands in a list, in the latest revision. */
  readonly listed: JsonObject
  /** Runs the handler on undecoded arguments, to a `CallToolResult`. */
  run(args: unknown, revision: McpRevision): Effect.Effect<unknown, unknown>
  /** Where the handler runs: the context its Layer was built in. */
  readonly context: Context.Context<never>
}

export interface ServerInfo {
  readonly info: Implementation
  readonly instructions: string | undefined
  readonly revisions: ReadonlyArray<McpRevision>
}

export class Registry {
  readonly server: ServerInfo
  readonly tools = new Map<string, RegisteredTool>()
  readonly #lists = new Map<McpRevision, Raw>()
  readonly #prefixes = new Map<McpRevision, Map<string, string>>()

  constructor(server: ServerInfo) {
    this.server = server
  }

  /** Adds a tool for as long as the scope is open. A name that is taken is a mistake of the program. */
  addTool(tool: RegisteredTool, core: Core): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.suspend(() => {
          if (this.tools.has(tool.name)) {
            return Effect.die(new Error(`Tool "${tool.name}" is registered twice on server "${this.server.info.name}"`))
          }
          this.tools.set(tool.name, tool)
          this.#lists.clear()
          return Effect.void
        }),
        () =>
          Effect.suspend(() => {
            this.tools.delete(tool.name)
            this.#lists.clear()
            return core.end((call) => (call.slot as Facts | undefined)?.tool === tool, "abort")
          })
      )
    )
  }

  /** The result of `tools/list` in a revision, ready to be written. */
  toolList(revision: McpRevision): Raw {
    let list = this.#lists.get(revision)
    if (list === undefined) {
      const result: JsonObject = { tools: [...this.tools.values()].map((tool) => tool.listed) }
      list = new Raw(this.complete(ListTools, result, revision))
      this.#lists.set(revision, list)
    }
    return list
  }

  /** The JSON text of a result as a revision shows it: projected, and with what the revision writes around it. */
  complete(method: AnyRequest, result: JsonObject, revision: McpRevision): string {
    const projected = revision.project(method.result, result) as JsonObject | typeof inexpressible
    if (projected === inexpressible) {
      throw new Error(`What "${method.name}" answers cannot be said in revision ${revision.version}`)
    }
    const prefix = this.#prefix(method.name, revision)
    if (prefix === "") return JSON.stringify(projected)
    if (projected["_meta"] !== undefined) return JSON.stringify(this.#merged(method.name, projected, revision))
    const text = JSON.stringify(projected)
    return text === "{}" ? `{${prefix.slice(0, -1)}}` : `{${prefix}${text.slice(1)}`
  }

  #envelope(method: string, revision: McpRevision): JsonObject | undefined {
    return revision.policy.envelope(method, {
      serverInfo: this.server.info,
      cache: { ttlMs: 0, cacheScope: "private" }
    })
  }

  #merged(method: string, result: JsonObject, revision: McpRevision): JsonObject {
    const envelope = this.#envelope(method, revision) ?? {}
    return {
      ...envelope,
      ...result,
      _meta: { ...(envelope["_meta"] as JsonObject | undefined), ...(result["_meta"] as JsonObject) }
    }
  }

  /** The envelope's members as text with a trailing comma, made once per method and revision. */
  #prefix(method: string, revision: McpRevision): string {
    let prefixes = this.#prefixes.get(revision)
    if (prefixes === undefined) this.#prefixes.set(revision, (prefixes = new Map()))
    let prefix = prefixes.get(method)
    if (prefix === undefined) {
      const envelope = this.#envelope(method, revision)
      prefix = envelope === undefined ? "" : `${JSON.stringify(envelope).slice(1, -1)},`
      prefixes.set(method, prefix)
    }
    return prefix
  }
}
