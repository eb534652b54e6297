/**
 * One list of the server, in pages: what is registered, and then what its sources give on demand.
 *
 * A position names the last item that was registered before it, or a source and a position of the source's own: what is
 * added or removed meanwhile neither hides nor repeats the rest. A page of registered items is made once and kept until
 * the list changes. Cursors are sealed; one that this server did not write for this list is refused.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Call, Task } from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import type { PaginatedRequestParams } from "../../protocol/methods/pagination.ts"
import type { Facts, ListKind } from "./facts.ts"
import type { Item, ListedItem, Registered } from "./items.ts"
import type { Registry } from "./registry.ts"
import { Rendered } from "./rendering.ts"
import { taskOf } from "./running.ts"

/** A page of a source: its items, and the position of the next one unless it is the last. */
export interface Page {
  readonly items: ReadonlyArray<JsonObject>
  readonly next?: string | undefined
}

/** Items that are found when somebody asks for them. */
export interface Source extends Item {
  page(position: string | undefined, limit: number): Effect.Effect<Page, unknown>
}

type Position =
  | { readonly _tag: "Items"; readonly after: number }
  | { readonly _tag: "Source"; readonly source: number; readonly position: string | undefined }

const textOf = (position: Position): string =>
  position._tag === "Items"
    ? `i${position.after}`
    : position.position === undefined
      ? `s${position.source}`
      : `s${position.source}:${position.position}`

const readPosition = (text: string): Position | undefined => {
  const match = /^(?:i(?<after>\d+)|s(?<source>\d+)(?::(?<position>.*))?)$/s.exec(text)?.groups
  if (match === undefined) return undefined
  return match["after"] === undefined
    ? { _tag: "Source", source: Number(match["source"]), position: match["position"] }
    : { _tag: "Items", after: Number(match["after"]) }
}

/** The lists of the specification: the member of the result that has the items, and whose change is told. */
const lists: { readonly [method: string]: { readonly member: string; readonly kind: ListKind } } = {
  "tools/list": { member: "tools", kind: "tools" },
  "prompts/list": { member: "prompts", kind: "prompts" },
  "resources/list": { member: "resources", kind: "resources" },
  "resources/templates/list": { member: "resourceTemplates", kind: "resources" }
}

export class Pages {
  readonly #registry: Registry
  readonly #method: AnyRequest
  /** The member of the result that has the items. */
  readonly #member: string
  #items: (() => Iterable<Registered<ListedItem>>) | undefined
  /** The list whose change is told to clients. */
  readonly #kind: ListKind
  readonly #sources = new Map<number, Source>()
  readonly #rendered = new Map<number, Rendered>()
  #sequence = 0

  constructor(registry: Registry, method: AnyRequest) {
    this.#registry = registry
    this.#method = method
    const { kind, member } = lists[method.name]!
    this.#member = member
    this.#kind = kind
    registry.own(method, this.#task)
    registry.offer(() => (this.#isEmpty ? undefined : { [kind]: {} }))
  }

  /** What is registered, which a chapter knows. */
  of(items: () => Iterable<Registered<ListedItem>>): this {
    this.#items = items
    return this
  }

  get #isEmpty(): boolean {
    if (this.#sources.size > 0) return false
    for (const _ of this.#items?.() ?? []) return false
    return true
  }

  /** The items are not what they were. */
  readonly changed = (): void => {
    this.#rendered.clear()
    this.#registry.changed(this.#kind)
  }

  addSource(source: Source): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => {
          const sequence = (this.#sequence += 1)
          this.#sources.set(sequence, source)
          this.changed()
          return sequence
        }),
        (sequence) => {
          this.#sources.delete(sequence)
          this.changed()
          return this.#registry.endItem(source)
        }
      )
    )
  }

  /** Answers a list request. */
  readonly #task = (call: Call, facts: Facts): Task => {
    const { cursor } = (call.params ?? {}) as PaginatedRequestParams
    if (cursor !== undefined) {
      return this.#registry.task(
        Effect.flatMap(this.#registry.cursors.open(this.#method.name, cursor), (text) => {
          const position = text === undefined ? undefined : readPosition(text)
          return position === undefined ? this.#stale() : this.#at(position, call, facts)
        })
      )
    }
    const first = this.#rendered.get(0)
    return this.#registry.task(
      first === undefined ? this.#at({ _tag: "Items", after: 0 }, call, facts) : Effect.succeed(first)
    )
  }

  #stale(): Effect.Effect<never, McpFault> {
    return Effect.fail(
      new McpFault({
        fault: "InvalidCursor",
        detail: `This server has no such cursor for "${this.#method.name}", or not any more; begin again without one`
      })
    )
  }

  #at(position: Position, call: Call, facts: Facts): Effect.Effect<Rendered | JsonObject, unknown> {
    if (position._tag === "Source") return this.#filled([], position.source, position.position, call, facts)
    const rendered = this.#rendered.get(position.after)
    if (rendered !== undefined) return Effect.succeed(rendered)
    const { items, last, more } = this.#after(position.after)
    const source = this.#firstSource()
    if (!more && source !== undefined) return this.#filled(items, source, undefined, call, facts)
    return Effect.map(this.#result(items, more ? { _tag: "Items", after: last } : undefined), (result) => {
      const rendered = new Rendered(result)
      if (this.#rendered.size < this.#registry.limits.cached) this.#rendered.set(position.after, rendered)
      return rendered
    })
  }

  #after(sequence: number): { readonly items: Array<JsonObject>; readonly last: number; readonly more: boolean } {
    const limit = this.#registry.limits.page
    const items: Array<JsonObject> = []
    let last = sequence
    for (const { sequence: at, value } of this.#items?.() ?? []) {
      if (at <= sequence) continue
      if (items.length === limit) return { items, last, more: true }
      items.push(value.listed)
      last = at
    }
    return { items, last, more: false }
  }

  #firstSource(after = 0): number | undefined {
    for (const sequence of this.#sources.keys()) if (sequence > after) return sequence
    return undefined
  }

  /** What there is so far, and as much as the page still takes from the sources, one after the other. */
  #filled(
    items: ReadonlyArray<JsonObject>,
    sequence: number,
    position: string | undefined,
    call: Call,
    facts: Facts
  ): Effect.Effect<JsonObject, unknown> {
    const source = this.#sources.get(sequence)
    if (source === undefined) return this.#stale()
    const room = this.#registry.limits.page - items.length
    if (room <= 0) return this.#result(items, { _tag: "Source", source: sequence, position })
    const { context, effect } = taskOf(
      this.#registry,
      call,
      facts,
      source,
      Effect.suspend(() => source.page(position, room))
    )
    return Effect.flatMap(Effect.provideContext(effect as Effect.Effect<Page, unknown>, context), (page) => {
      const all = [...items, ...page.items]
      const following = this.#firstSource(sequence)
      if (page.next !== undefined) return this.#result(all, { _tag: "Source", source: sequence, position: page.next })
      return following === undefined
        ? this.#result(all, undefined)
        : this.#filled(all, following, undefined, call, facts)
    })
  }

  #result(items: ReadonlyArray<JsonObject>, next: Position | undefined): Effect.Effect<JsonObject> {
    if (next === undefined) return Effect.succeed({ [this.#member]: items })
    return Effect.map(this.#registry.cursors.seal(this.#method.name, textOf(next)), (nextCursor) => ({
      [this.#member]: items,
      nextCursor
    }))
  }
}
