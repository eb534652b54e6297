/**
 * What a chain of rounds has come to: earlier answers, results of what runs once, and what was asked last.
 *
 * It travels sealed, as `requestState`: bound to the caller, the method, what it is about and its arguments, with an age and
 * a size. What comes back is opened, is not older than it may be, and is used once: the `ReplayStore` says so.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import { McpFault } from "../../../protocol/McpError.ts"
import type { JsonObject } from "../../../protocol/McpSchema.ts"
import type { Limits } from "../../../transport/McpLimits.ts"
import type { Principal } from "../../../transport/McpTransport.ts"
import type { Service as ReplayStore } from "../../ReplayStore.ts"
import { canonical } from "../canonical.ts"
import type { Sealing, Unopened } from "./sealing.ts"

/** One chain, between two rounds. */
export interface State {
  readonly answers: { readonly [key: string]: unknown }
  /** Results of `once`, encoded. */
  readonly once: { readonly [key: string]: unknown }
  /** The keys of the questions that were asked last. */
  readonly asked: ReadonlyArray<string>
}

interface Written extends State {
  readonly id: string
  /** When it was written, in milliseconds. */
  readonly at: number
}

/** What a state is bound to. */
export interface About {
  readonly principal: Principal
  readonly method: string
  readonly params: JsonObject
}

const textOf = ({ method, params, principal }: About): string =>
  JSON.stringify([
    principal.id,
    method,
    params["name"] ?? params["uri"] ?? null,
    canonical(params["arguments"] ?? null)
  ])

const refusals: { readonly [U in Unopened | "Expired" | "Used" | "TooLong"]: string } = {
  UnknownKey: "The request state was sealed by a key that this server does not have; begin again",
  Altered: "The request state is not one that this server wrote for this caller and this request",
  Expired: "The request state is too old; begin again",
  Used: "The request state has been used already; each is used once",
  TooLong: "The request state is longer than any that this server writes"
}

const refused = (reason: keyof typeof refusals): McpFault =>
  new McpFault({ fault: "InvalidParams", detail: refusals[reason], data: { state: reason } })

export class States {
  readonly #sealing: Sealing
  readonly #replays: ReplayStore | undefined
  readonly #limits: Limits

  constructor(sealing: Sealing, replays: ReplayStore | undefined, limits: Limits) {
    this.#sealing = sealing
    this.#replays = replays
    this.#limits = limits
  }

  /** Seals a state. */
  write(state: State, about: About): Effect.Effect<string, McpFault> {
    return Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const id = Base64Url.encode(crypto.getRandomValues(new Uint8Array(16)))
      const text = JSON.stringify({ ...state, id, at } satisfies Written)
      return Effect.flatMap(this.#sealing.seal(text, textOf(about)), (sealed) =>
        sealed.length <= this.#limits.state
          ? Effect.succeed(sealed)
          : Effect.fail(
              new McpFault({
                fault: "Internal",
                detail: `What has to be kept between two rounds has ${sealed.length} characters; it may have ${this.#limits.state}`
              })
            )
      )
    })
  }

  /** Opens a state, the first time that it comes back. */
  read(sealed: string, about: About): Effect.Effect<State, McpFault> {
    if (sealed.length > this.#limits.state) return Effect.fail(refused("TooLong"))
    const age = Duration.toMillis(this.#limits.stateAge)
    return Effect.gen({ self: this }, function* () {
      const text = yield* Effect.mapError(this.#sealing.open(sealed, textOf(about)), refused)
      const state = JSON.parse(text) as Written
      const now = yield* Clock.currentTimeMillis
      if (now - state.at > age) return yield* refused("Expired")
      if (this.#replays !== undefined && !(yield* this.#replays.use(state.id, state.at + age))) {
        return yield* refused("Used")
      }
      return state
    })
  }
}
