/**
 * Things with names that a server offers, each for as long as its registration's Scope is open.
 *
 * A name is given once: the second who asks for it fails. Ending a registration frees the name, ends the calls that run
 * in it and waits for them, and only then lets go of what the registration used. The order is that of registering.
 */
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import type { Run } from "./middlewares.ts"

/** A name that is taken on this server. */
export class NameTaken extends Data.TaggedError("NameTaken")<{
  /** `tool`, `prompt`, `resource`, `method`, … */
  readonly kind: string
  readonly name: string
  readonly server: string
}> {
  override get message(): string {
    const { kind, name, server } = this
    return `${kind[0]!.toUpperCase()}${kind.slice(1)} "${name}" is registered twice on server "${server}"`
  }
}

/** What every registered thing has. */
export interface Item {
  readonly kind: "tool" | "prompt" | "resource" | "method"
  /** Its name, the URI or the template of a resource, or a method. */
  readonly name: string
  readonly tags: ReadonlyArray<string>
  /** Where its handler runs: the context its Layer was built in. */
  readonly context: Context.Context<never>
  /** The middleware of this item alone, if it has any. */
  readonly middleware: Run | undefined
}

/** An item that stands in a list. */
export interface ListedItem extends Item {
  /** How it stands in the list, in the latest revision. */
  readonly listed: JsonObject
}

export interface Registered<A> {
  readonly value: A
  /** Larger for what was registered later; never used twice. */
  readonly sequence: number
}

/** What a registration needs of its server. */
export interface Registrar {
  readonly server: { readonly info: { readonly name: string } }
  /** Ends the calls, and what they left in the background, of one item. */
  endItem(item: Item): Effect.Effect<void>
}

export class Items<A extends Item> {
  readonly #registrar: Registrar
  readonly #changed: () => void
  readonly #all = new Map<string, Registered<A>>()
  #sequence = 0

  constructor(registrar: Registrar, changed: () => void) {
    this.#registrar = registrar
    this.#changed = changed
  }

  get size(): number {
    return this.#all.size
  }

  get(name: string): A | undefined {
    return this.#all.get(name)?.value
  }

  values(): IterableIterator<Registered<A>> {
    return this.#all.values()
  }

  /** Adds an item until the scope closes. */
  add(item: A): Effect.Effect<void, NameTaken, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.suspend(() => {
          const { kind, name } = item
          if (this.#all.has(name)) {
            return Effect.fail(new NameTaken({ kind, name, server: this.#registrar.server.info.name }))
          }
          this.#sequence += 1
          this.#all.set(name, { value: item, sequence: this.#sequence })
          this.#changed()
          return Effect.void
        }),
        () =>
          Effect.suspend(() => {
            this.#all.delete(item.name)
            this.#changed()
            return this.#registrar.endItem(item)
          })
      )
    )
  }
}
