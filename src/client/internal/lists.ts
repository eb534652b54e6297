/**
 * Lists of a server: one page, or a Stream over all of them.
 *
 * An item that is not what the revision says is left out and named in the log; the others stay usable. A Stream asks for a
 * page when it is needed, and is guarded: against a cursor that comes again, too many pages or items, and a list that
 * takes longer than a request may.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type McpError, Timeout, Undecodable } from "../../protocol/McpError.ts"
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { Prompt } from "../../protocol/methods/prompts.ts"
import { ListPrompts } from "../../protocol/methods/prompts.ts"
import { ListResources, ListResourceTemplates, Resource, ResourceTemplate } from "../../protocol/methods/resources.ts"
import { ListTools, Tool } from "../../protocol/methods/tools.ts"
import { incomplete } from "./answered.ts"
import { mcpError } from "./errors.ts"
import type { CallOptions, Link } from "./link.ts"

/** How a page is asked for. */
export interface PageOptions extends CallOptions {
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined
}

/** A list of the specification: its method, where its items are, what one is. */
export interface List {
  readonly method: AnyRequest
  readonly member: string
  readonly item: typeof Tool | typeof Prompt | typeof Resource | typeof ResourceTemplate
  /** Takes what is usable of every page that has come, and gives what is left of it. */
  readonly seen?: ((items: ReadonlyArray<JsonObject>) => Effect.Effect<ReadonlyArray<JsonObject>>) | undefined
}

export const lists = {
  tools: { method: ListTools, member: "tools", item: Tool },
  prompts: { method: ListPrompts, member: "prompts", item: Prompt },
  resources: { method: ListResources, member: "resources", item: Resource },
  templates: { method: ListResourceTemplates, member: "resourceTemplates", item: ResourceTemplate }
} satisfies { readonly [name: string]: List }

const undecodable = ({ method }: List, detail: string): McpError =>
  mcpError(new Undecodable({ method: method.name, detail }))

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** How many items of a page are named that are left out, and how much of a name is shown. */
const MAX_NAMED = 100
const MAX_SHOWN = 100

/** The items that are what they should be; the others are named. */
const usable = (link: Link, { item, member, method }: List, items: ReadonlyArray<unknown>) =>
  Effect.suspend(() => {
    const kept: Array<JsonObject> = []
    const problems: Array<string> = []
    items.forEach((value, at) => {
      const problem = link.check(item, value)
      if (problem === undefined) return kept.push(value as JsonObject)
      const name = isObject(value) && typeof value["name"] === "string" ? ` (${value["name"].slice(0, MAX_SHOWN)})` : ""
      return problems.push(`${member}.${at}${name} is left out: ${problem}`)
    })
    const more = problems.length - MAX_NAMED
    const named = more > 0 ? [...problems.slice(0, MAX_NAMED), `${more} more are left out`] : problems
    const warn = (problem: string) => Effect.logWarning(`"${method.name}" of the server: ${problem}`)
    return Effect.as(Effect.forEach(named, warn, { discard: true }), kept)
  })

/** One page of a list. */
export const page = (link: Link, list: List, options: PageOptions | undefined): Effect.Effect<JsonObject, McpError> =>
  Effect.gen(function* () {
    const { member, method } = list
    const params = options?.cursor === undefined ? "" : `"cursor":${JSON.stringify(options.cursor)}`
    const result = yield* link.request(method.name, params, options)
    const refused = incomplete(method.name, result)
    if (refused !== undefined) return yield* refused
    const items = isObject(result) ? result[member] : undefined
    // the items are judged one by one, the rest as a whole
    const problem = link.check(
      method.result,
      Array.isArray(items) ? { ...(result as JsonObject), [member]: [] } : result
    )
    if (problem !== undefined) return yield* undecodable(list, problem)
    const well = yield* usable(link, list, items as ReadonlyArray<unknown>)
    const kept = list.seen === undefined ? well : yield* list.seen(well)
    return { ...(result as JsonObject), [member]: kept }
  })

interface Progress {
  readonly cursor: string | undefined
  readonly pages: number
  readonly items: number
  /** Milliseconds that requests have taken. */
  readonly spent: number
}

/** All items of a list, page by page. */
export const all = (link: Link, list: List, options: CallOptions | undefined): Stream.Stream<JsonObject, McpError> =>
  Stream.suspend(() => {
    const seen = new Set<string>()
    const { items: maxItems, pages: maxPages } = link.limits
    const total = link.totalOf(list.method.name, options)
    return Stream.paginate({ cursor: undefined, pages: 0, items: 0, spent: 0 } as Progress, (at) =>
      Effect.gen(function* () {
        if (at.pages >= maxPages) {
          return yield* undecodable(list, `the list has more than ${maxPages} pages; see McpLimits.pages`)
        }
        if (at.spent >= total) {
          return yield* mcpError(new Timeout({ limit: "total", method: list.method.name, after: total }))
        }
        const began = yield* Clock.currentTimeMillis
        const left = { ...options, timeout: total - at.spent, cursor: at.cursor }
        const result = yield* Effect.catchReason(page(link, list, left), "McpError", "Timeout", (timeout) =>
          Effect.fail(mcpError(timeout.limit === "total" ? new Timeout({ ...timeout, after: total }) : timeout))
        )
        const spent = at.spent + (yield* Clock.currentTimeMillis) - began
        const found = result[list.member] as ReadonlyArray<JsonObject>
        const items = at.items + found.length
        if (items > maxItems) {
          return yield* undecodable(list, `the list has more than ${maxItems} items; see McpLimits.items`)
        }
        const next = result["nextCursor"] as string | undefined
        if (next === undefined) return [found, Option.none<Progress>()] as const
        if (seen.has(next))
          return yield* undecodable(list, `the cursor ${JSON.stringify(next.slice(0, 100))} came twice`)
        seen.add(next)
        return [found, Option.some<Progress>({ cursor: next, pages: at.pages + 1, items, spent })] as const
      })
    )
  })
