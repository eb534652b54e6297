/**
 * The chapter of completion: what an argument of a prompt, or a variable of a template, may become.
 *
 * Prompts and templates bring who can complete what. An argument that nobody completes has no values; one that does not
 * exist is refused. At most 100 values are sent, with how many there are.
 */
import * as Effect from "effect/Effect"
import type * as Peer from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { Complete, type CompleteRequestParams, MAX_VALUES } from "../../protocol/methods/completion.ts"
import type { Facts } from "./facts.ts"
import type { Item } from "./items.ts"
import type { Registry } from "./registry.ts"
import { taskOf } from "./running.ts"

export interface Completion {
  readonly values: ReadonlyArray<string>
  /** How many there are in all. */
  readonly total?: number | undefined
  readonly hasMore?: boolean | undefined
}

/** Says what a text may become, given what other arguments are. */
export type Completer = (
  value: string,
  context: { readonly arguments: { readonly [name: string]: string } }
) => Effect.Effect<Completion, unknown>

/** What has arguments that can be completed. */
export interface Completable extends Item {
  readonly argumentNames: ReadonlyArray<string>
  readonly completers: ReadonlyMap<string, Completer>
}

/** Where completable things are found. */
export interface Shelf {
  find(name: string): Completable | undefined
  /** Whether anything on it can be completed. */
  isCompletable(): boolean
}

export class Completions {
  readonly #registry: Registry
  readonly #shelves = new Map<string, Shelf>()

  constructor(registry: Registry) {
    this.#registry = registry
    registry.own(Complete, (call, facts) => this.#complete(call, facts))
    registry.offer(() =>
      [...this.#shelves.values()].some((shelf) => shelf.isCompletable()) ? { completions: {} } : undefined
    )
  }

  /** References of a type are looked up there. */
  add(type: "ref/prompt" | "ref/resource", shelf: Shelf): void {
    this.#shelves.set(type, shelf)
  }

  #complete(call: Peer.Call, facts: Facts): Peer.Task {
    const { argument, context, ref } = call.params as CompleteRequestParams
    const name = ref.type === "ref/prompt" ? ref.name : ref.uri
    const found = this.#shelves.get(ref.type)?.find(name)
    if (found === undefined) {
      return this.#refused(`There is no ${ref.type === "ref/prompt" ? "prompt" : "resource"} ${JSON.stringify(name)}`)
    }
    if (!found.argumentNames.includes(argument.name)) {
      const known = found.argumentNames.join(", ")
      return this.#refused(`"${name}" has no argument ${JSON.stringify(argument.name)}; it has: ${known}`)
    }
    const completer = found.completers.get(argument.name)
    const given = { arguments: context?.arguments ?? {} }
    return taskOf(
      this.#registry,
      call,
      facts,
      found,
      completer === undefined
        ? Effect.succeed(resultOf({ values: [] }))
        : Effect.map(
            Effect.suspend(() => completer(argument.value, given)),
            resultOf
          )
    )
  }

  #refused(detail: string): Peer.Task {
    return this.#registry.task(Effect.fail(new McpFault({ fault: "InvalidParams", detail })))
  }
}

const resultOf = ({ hasMore, total, values }: Completion): JsonObject => {
  const cut = values.length > MAX_VALUES
  return {
    completion: {
      values: cut ? values.slice(0, MAX_VALUES) : values,
      ...(total === undefined && !cut ? undefined : { total: total ?? values.length }),
      ...(cut || hasMore !== undefined ? { hasMore: cut || hasMore } : undefined)
    }
  }
}
