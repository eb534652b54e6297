/**
 * How a call of a modern revision comes to ask: its handler is interrupted, and what it asked becomes the answer.
 *
 * Questions that are put in one turn of the loop travel together; one that nobody waits for any longer (it lost a race) is
 * withdrawn. Effects that run `once` are waited for. Then the root fiber is interrupted from outside: finalizers run, and
 * nothing of the handler can catch it. A handler that cannot be interrupted where it is cannot ask there: it is told so.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Call } from "../../../peer/Peer.ts"
import { Closed, McpError, Unsupported } from "../../../protocol/McpError.ts"
import type { JsonObject } from "../../../protocol/McpSchema.ts"
import { later } from "../../../transport/McpTransport.ts"

/** A question as it travels. */
export interface Asked {
  readonly method: string
  readonly params: JsonObject
}

interface Waiting extends Asked {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  refuse(error: McpError): void
}

/** Whether a fiber can be interrupted where it is: no public way tells it of another fiber. */
const isInterruptible = (fiber: Fiber.Fiber<unknown, unknown> | undefined): boolean =>
  (fiber as { readonly interruptible?: boolean } | undefined)?.interruptible !== false

const uninterruptible = (key: string): McpError =>
  new McpError({
    reason: new Unsupported({
      feature: `The question "${key}"`,
      detail:
        "it was put where the handler cannot be interrupted, and in this revision asking interrupts it; ask outside of that"
    })
  })

const answered = new McpError({ reason: new Closed({ detail: "the call has been answered" }) })

export class Suspension {
  readonly #call: Call
  readonly #questions = new Map<string, Waiting>()
  #running = 0
  #scheduled = false
  #fired: ReadonlyMap<string, Asked> | undefined

  constructor(call: Call) {
    this.#call = call
  }

  /** The questions for which the handler was interrupted, if it was. */
  get fired(): ReadonlyMap<string, Asked> | undefined {
    return this.#fired
  }

  /** Puts a question and waits: for ever, as far as the handler can see. */
  ask(key: string, { method, params }: Asked, fiber: Fiber.Fiber<unknown, unknown>): Effect.Effect<never, McpError> {
    return Effect.suspend(() =>
      isInterruptible(fiber)
        ? Effect.callback<never, McpError>((resume) => {
            if (this.#questions.has(key)) {
              return resume(Effect.die(new Error(`Two questions of one call have the key "${key}"`)))
            }
            this.#questions.set(key, { method, params, fiber, refuse: (error) => resume(Effect.fail(error)) })
            this.#schedule()
            return Effect.sync(() => void this.#questions.delete(key))
          })
        : Effect.fail(uninterruptible(key))
    )
  }

  /** Runs an effect that questions wait for. */
  hold<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      this.#running += 1
      return Effect.ensuring(
        effect,
        Effect.sync(() => {
          this.#running -= 1
          this.#schedule()
        })
      )
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#questions.size === 0) return
    this.#scheduled = true
    later(() => {
      this.#scheduled = false
      this.#fire()
    })
  }

  #fire(): void {
    if (this.#questions.size === 0) return
    if (this.#fired !== undefined) return this.#interruptAsking()
    if (this.#running > 0) return
    if (this.#call.state !== "running") {
      for (const { refuse } of this.#questions.values()) refuse(answered)
      return
    }
    if (!isInterruptible(this.#call.fiber)) {
      for (const [key, { refuse }] of this.#questions) refuse(uninterruptible(key))
      return
    }
    this.#fired = new Map([...this.#questions].map(([key, { method, params }]) => [key, { method, params }]))
    this.#call.fiber?.interruptUnsafe()
    this.#interruptAsking()
  }

  /** Between the root and who asks there may be a fiber that cannot be interrupted, or none that leads there. */
  #interruptAsking(): void {
    for (const { fiber } of this.#questions.values()) fiber.interruptUnsafe()
  }
}
