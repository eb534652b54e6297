/**
 * The questions of one call, and what of it runs once: the same for a handler in both eras.
 *
 * Up to 2025-11-25 a question is a request on the call's own stream, and the handler waits. Since 2026-07-28 it interrupts
 * the handler (`suspension.ts`), and the client's next try begins with what is known by then (`state.ts`): an answer that is
 * there is given at once, and what has run once is not run again. One for each call that asks, made when it does.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Schema from "effect/Schema"
import type { Call, PeerError } from "../../../peer/Peer.ts"
import { codecOf, describeFailure } from "../../../protocol/McpDefinition.ts"
import {
  Closed,
  InvalidAnswer,
  McpError,
  type McpFault,
  type Reason,
  Remote,
  Timeout,
  Undecodable,
  Unsupported
} from "../../../protocol/McpError.ts"
import type { JsonObject } from "../../../protocol/McpSchema.ts"
import type { Facts } from "../facts.ts"
import type { Registry } from "../registry.ts"
import type { AnyQuestion } from "./question.ts"
import type { State } from "./state.ts"
import { Suspension } from "./suspension.ts"
import { Waits } from "./waits.ts"

/** An effect that runs once is running: a question in it could never be answered. */
const InOnce: Context.Reference<string | undefined> = Context.Reference<string | undefined>(
  "mcp-effect/server/InOnce",
  {
    defaultValue: () => undefined
  }
)

const nothing: State = { answers: {}, once: {}, asked: [] }

const fail = (reason: Reason): Effect.Effect<never, McpError> => Effect.fail(new McpError({ reason }))

const reasonOf = ({ reason }: PeerError, method: string): Reason => {
  switch (reason._tag) {
    case "Closed":
    case "Lost":
      return new Closed({ detail: reason.detail })
    case "Timeout":
      return new Timeout({ limit: reason.limit, method, after: reason.after })
    case "Refused":
      return new Remote({ method, code: reason.error.code, detail: reason.error.message, data: reason.error.data })
    case "Malformed":
      return new Undecodable({ method, detail: reason.detail })
    case "TooLarge":
      return new Unsupported({
        feature: `"${method}"`,
        detail: `it is ${reason.size} characters long, ${reason.limit} are allowed`
      })
  }
}

/** What a call asks back instead of answering. */
export class InputRequired {
  readonly result: JsonObject
  constructor(result: JsonObject) {
    this.result = result
  }
}

export class Asking {
  readonly waits = new Waits()
  readonly #registry: Registry
  readonly #call: Call
  readonly #facts: Facts
  readonly #suspension: Suspension | undefined
  readonly #once = new Map<string, unknown>()
  readonly #running = new Set<string>()
  #state = nothing
  /** Answers that came without a state: nobody has asked for them yet. */
  #offered: JsonObject = {}

  constructor(registry: Registry, call: Call, facts: Facts) {
    this.#registry = registry
    this.#call = call
    this.#facts = facts
    this.#suspension = facts.revision.era === "modern" ? new Suspension(call) : undefined
  }

  get #about() {
    return { principal: this.#call.via.principal, method: this.#call.method, params: this.#call.params as JsonObject }
  }

  /** Goes on from an earlier round, if the client says that there was one. */
  readonly resume: Effect.Effect<void, McpFault> = Effect.suspend(() => {
    const { inputResponses, requestState } = this.#call.params as {
      readonly inputResponses?: JsonObject
      readonly requestState?: string
    }
    if (requestState === undefined) {
      this.#offered = inputResponses ?? {}
      return Effect.void
    }
    return Effect.map(this.#registry.states.read(requestState, this.#about), (state) => {
      const answers = new Map(Object.entries(state.answers))
      for (const key of state.asked) {
        if (inputResponses !== undefined && Object.hasOwn(inputResponses, key)) answers.set(key, inputResponses[key])
      }
      this.#state = { ...state, answers: Object.fromEntries(answers) }
      for (const [key, value] of Object.entries(state.once)) this.#once.set(key, value)
    })
  })

  /** What the call came to, if it is that it asks. */
  get inputRequired(): Effect.Effect<InputRequired, McpFault> | undefined {
    const fired = this.#suspension?.fired
    if (fired === undefined) return undefined
    const state = { answers: this.#state.answers, once: Object.fromEntries(this.#once), asked: [...fired.keys()] }
    return Effect.map(
      this.#registry.states.write(state, this.#about),
      (requestState) =>
        new InputRequired({ resultType: "input_required", inputRequests: Object.fromEntries(fired), requestState })
    )
  }

  /** Asks one question. */
  ask(key: string, question: AnyQuestion): Effect.Effect<unknown, unknown, unknown> {
    return Effect.map(this.askAll({ [key]: question }), (answers) => answers[key])
  }

  /** Asks several questions, together: where one of them cannot be put, none is. */
  askAll(questions: {
    readonly [key: string]: AnyQuestion
  }): Effect.Effect<{ readonly [key: string]: unknown }, unknown, unknown> {
    return Effect.withFiber((fiber) => {
      const inside = Context.get(fiber.context, InOnce)
      const put: { [key: string]: Effect.Effect<unknown, unknown, unknown> } = {}
      for (const [key, question] of Object.entries(questions)) {
        const reason = this.#refusal(key, question, inside)
        if (reason !== undefined) return fail(reason)
        const params = question.params(this.#facts.revision)
        if (typeof params === "string") {
          return fail(new Unsupported({ feature: `The question "${key}"`, detail: params }))
        }
        put[key] = this.#put(key, question, params, fiber)
      }
      return Effect.all(put, { concurrency: "unbounded" })
    })
  }

  /** Why a question cannot be put, if it cannot. */
  #refusal(key: string, { lacks, method: { name } }: AnyQuestion, inside: string | undefined): Reason | undefined {
    if (this.#call.state !== "running") {
      return new Closed({ detail: "the call has been answered, or nobody waits for its answer any longer" })
    }
    if (inside !== undefined) {
      const detail = `it is put inside of "${inside}", which runs once and cannot be interrupted for an answer`
      return new Unsupported({ feature: `The question "${key}"`, detail })
    }
    const unable = this.#suspension === undefined ? this.#cannotRequest(name) : this.#cannotSuspend(name)
    if (unable !== undefined) return unable
    const lacking = lacks(this.#facts.capabilities)
    if (lacking === undefined) return undefined
    const detail = "the client has not said that it can be asked this"
    return new Unsupported({ feature: `"${name}"`, detail, requires: lacking })
  }

  #cannotSuspend(name: string): Reason | undefined {
    return this.#facts.revision.policy.interactive.has(this.#call.method)
      ? undefined
      : new Unsupported({ feature: `"${name}"`, detail: `an answer to "${this.#call.method}" cannot ask back` })
  }

  #cannotRequest(name: string): Reason | undefined {
    const { holder, via } = this.#call
    const { server, version } = this.#facts.revision
    if (!server.requests.has(name)) {
      return new Unsupported({ feature: `"${name}"`, detail: `revision ${version} has no such request` })
    }
    if (via.outlet?.isOpen === false) return new Closed({ detail: "the connection of the call is gone" })
    return holder === undefined || !via.features.serverRequests
      ? new Unsupported({ feature: `"${name}"`, detail: "nothing can be asked on this connection" })
      : undefined
  }

  #put(
    key: string,
    question: AnyQuestion,
    params: JsonObject,
    fiber: Fiber.Fiber<unknown, unknown>
  ): Effect.Effect<unknown, unknown, unknown> {
    return Effect.suspend(() => {
      if (this.#suspension === undefined) return this.#request(key, question, params)
      this.#take(key)
      return Object.hasOwn(this.#state.answers, key)
        ? this.#understood(key, question, this.#state.answers[key])
        : this.#suspension.ask(key, { method: question.method.name, params }, fiber)
    })
  }

  /**
   * Takes an answer that came without a state. Not where something has run once by now: that ran in this round, and what
   * was answered was asked before it.
   */
  #take(key: string): void {
    const { answers } = this.#state
    if (this.#once.size > 0 || Object.hasOwn(answers, key) || !Object.hasOwn(this.#offered, key)) return
    this.#state = { ...this.#state, answers: { ...answers, [key]: this.#offered[key] } }
  }

  #request(key: string, question: AnyQuestion, params: JsonObject): Effect.Effect<unknown, unknown, unknown> {
    const { holder, via } = this.#call
    const { name } = question.method
    const text = JSON.stringify(params)
    const total = Duration.toMillis(this.#registry.limits.total)
    const asked = Effect.mapError(
      holder!.request(name, () => text, { via, total }),
      (error) => new McpError({ reason: reasonOf(error, name) })
    )
    return Effect.flatMap(this.waits.during(asked), (answer) => this.#understood(key, question, answer))
  }

  #understood(key: string, question: AnyQuestion, answer: unknown): Effect.Effect<unknown, unknown, unknown> {
    const problem = this.#facts.revision.check(question.method.result, answer)
    return problem === undefined
      ? question.understand(answer as JsonObject, key)
      : fail(new InvalidAnswer({ key, detail: problem }))
  }

  /** Runs an effect, unless an earlier round of this chain has its result. */
  once<A, E, R>(key: string, schema: Schema.Constraint, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    const codec = codecOf(schema)
    return Effect.suspend(() => {
      if (this.#once.has(key)) {
        return Effect.catchCause(
          codec.decode(this.#once.get(key)) as Effect.Effect<A, Schema.SchemaError, R>,
          (cause) =>
            Effect.die(
              new Error(`What "${key}" had come to does not fit its schema any more: ${describeFailure(cause)}`)
            )
        )
      }
      if (this.#running.has(key)) return Effect.die(new Error(`Two effects of one call run once as "${key}"`))
      this.#running.add(key)
      const run = Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(Effect.provideService(effect, InOnce, key)), (value) =>
          Effect.as(this.#record(key, codec.encode(value) as Effect.Effect<unknown, Schema.SchemaError, R>), value)
        )
      )
      const held = this.#suspension === undefined ? run : this.#suspension.hold(run)
      return Effect.ensuring(
        held,
        Effect.sync(() => this.#running.delete(key))
      )
    })
  }

  #record<R>(key: string, encoded: Effect.Effect<unknown, Schema.SchemaError, R>): Effect.Effect<void, never, R> {
    return Effect.matchCauseEffect(encoded, {
      onSuccess: (value) => Effect.sync(() => void this.#once.set(key, value)),
      onFailure: (cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.interrupt
          : Effect.die(new Error(`What "${key}" came to does not fit its schema: ${describeFailure(cause)}`))
    })
  }
}
