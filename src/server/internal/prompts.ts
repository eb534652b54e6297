/**
 * The chapter of prompts: their list, and getting one.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Peer from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import { GetPrompt, type GetPromptRequestParams, ListPrompts } from "../../protocol/methods/prompts.ts"
import { type Completable, Completions } from "./completions.ts"
import type { Facts } from "./facts.ts"
import { Items, type ListedItem, type NameTaken } from "./items.ts"
import type { Registry } from "./registry.ts"
import { taskOf } from "./running.ts"

/** A prompt with its handler, compiled. */
export interface RegisteredPrompt extends ListedItem, Completable {
  /** Runs the handler on undecoded arguments, to a `GetPromptResult`. */
  get(given: { readonly [name: string]: string }): Effect.Effect<unknown, unknown>
}

export class Prompts {
  readonly #registry: Registry
  readonly #items: Items<RegisteredPrompt>

  constructor(registry: Registry) {
    this.#registry = registry
    const pages = registry.list(ListPrompts).of(() => this.#items.values())
    this.#items = new Items(registry, pages.changed)
    registry.own(GetPrompt, this.#get)
    registry.chapter(Completions).add("ref/prompt", {
      find: (name) => this.#items.get(name),
      isCompletable: () => [...this.#items.values()].some(({ value }) => value.completers.size > 0)
    })
  }

  /** Adds a prompt until the scope closes. */
  add(prompt: RegisteredPrompt): Effect.Effect<void, NameTaken, Scope.Scope> {
    return this.#items.add(prompt)
  }

  readonly #get = (call: Peer.Call, facts: Facts): Peer.Task => {
    const params = call.params as GetPromptRequestParams
    const prompt = this.#items.get(params.name)
    if (prompt === undefined) {
      const detail = `There is no prompt ${JSON.stringify(params.name)}`
      return this.#registry.task(Effect.fail(new McpFault({ fault: "UnknownPrompt", detail })))
    }
    return taskOf(
      this.#registry,
      call,
      facts,
      prompt,
      Effect.suspend(() => prompt.get(params.arguments ?? {}))
    )
  }
}
