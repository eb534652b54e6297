/**
 * The chapter of tools: their list, and calling one.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type * as Peer from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import { type HeaderParam, params } from "../../protocol/McpHeader.ts"
import { inexpressible, type McpRevision } from "../../protocol/McpRevision.ts"
import { CallTool, type CallToolRequestParams, ListTools, Tool } from "../../protocol/methods/tools.ts"
import type { Facts } from "./facts.ts"
import { Items, type ListedItem, type NameTaken } from "./items.ts"
import type { Registry } from "./registry.ts"
import { taskOf } from "./running.ts"

const none: ReadonlyArray<HeaderParam> = []

/** A tool with its handler, compiled. */
export interface RegisteredTool extends ListedItem {
  /** Runs the handler on undecoded arguments, to a `CallToolResult`. */
  run(args: unknown, revision: McpRevision): Effect.Effect<unknown, unknown>
}

export class Tools {
  readonly #registry: Registry
  readonly #items: Items<RegisteredTool>
  readonly #mirrored = new WeakMap<RegisteredTool, ReadonlyArray<HeaderParam>>()

  constructor(registry: Registry) {
    this.#registry = registry
    const pages = registry.list(ListTools).of(() => this.#items.values())
    this.#items = new Items(registry, pages.changed)
    registry.own(CallTool, this.#call)
    registry.mirrored = (method, name) => (method === CallTool.name ? this.#mirroredBy(name) : none)
  }

  #mirroredBy(name: string): ReadonlyArray<HeaderParam> {
    const tool = this.#items.get(name)
    return (tool === undefined ? undefined : this.#mirrored.get(tool)) ?? none
  }

  /** Adds a tool until the scope closes. */
  add(tool: RegisteredTool): Effect.Effect<void, NameTaken, Scope.Scope> {
    const mirrored = params(tool.listed["inputSchema"])
    if (Result.isFailure(mirrored)) {
      return Effect.die(new Error(`Tool "${tool.name}" would be left out by clients: ${mirrored.failure.message}`))
    }
    return this.#add(tool, mirrored.success)
  }

  #add(tool: RegisteredTool, mirrored: ReadonlyArray<HeaderParam>): Effect.Effect<void, NameTaken, Scope.Scope> {
    if (mirrored.length > 0) this.#mirrored.set(tool, mirrored)
    return this.#items.add(tool)
  }

  /** As `add`, for a tool whose schema is somebody else's: a revision that cannot say it does not list it, and the log tells. */
  addForeign(tool: RegisteredTool): Effect.Effect<void, NameTaken, Scope.Scope> {
    const unsaid = this.#registry.server.revisions
      .filter((revision) => revision.project(Tool, tool.listed) === inexpressible)
      .map(({ version }) => version)
    const warning = `Tool "${tool.name}" is not in the list of ${unsaid.join(", ")}: its input schema cannot be said there`
    const mirrored = params(tool.listed["inputSchema"])
    const warnings = [
      ...(unsaid.length === 0 ? [] : [warning]),
      ...(Result.isSuccess(mirrored)
        ? []
        : [`Clients over HTTP leave out tool "${tool.name}": ${mirrored.failure.message}`])
    ]
    return Effect.andThen(
      this.#add(
        tool,
        Result.getOrElse(mirrored, () => none)
      ),
      Effect.forEach(warnings, (warning) => Effect.logWarning(warning), { discard: true })
    )
  }

  readonly #call = (call: Peer.Call, facts: Facts): Peer.Task => {
    const params = call.params as CallToolRequestParams
    const tool = this.#items.get(params.name)
    if (tool === undefined) {
      const detail = `There is no tool ${JSON.stringify(params.name)}`
      return this.#registry.task(Effect.fail(new McpFault({ fault: "UnknownTool", detail })))
    }
    return taskOf(this.#registry, call, facts, tool, tool.run(params.arguments ?? {}, facts.revision))
  }
}
