/**
 * Where legacy sessions are kept, so that a session outlives the process that opened it.
 *
 * A session is data: whose it is, which revision it speaks, what its client can do, what it watches. What runs in it is
 * not kept. The store knows nothing of HTTP and decides nothing: how long a session lives, and that it belongs to its
 * principal, its reader says. `layerMemory` keeps sessions as long as the process lives, bounded by
 * `McpLimits.sessionBytes`. A Layer of one's own must pass the contract: what was set is what is read, everywhere.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { ClientCapabilities, Implementation, LoggingLevel } from "../protocol/McpSchema.ts"
import { Chain, Link } from "./internal/chain.ts"
import { StoreError } from "./internal/storeErrors.ts"
import { McpLimits } from "./McpLimits.ts"

export { StoreError }

/** Checks a value and gives it on as it is: what a client says of itself beyond the specification is not lost. */
const asItIs = <A>(schema: Schema.Codec<A>): Schema.declare<A> => Schema.declare(Schema.is(schema))

/** A legacy session as a restart needs it. */
export const Session = Schema.Struct({
  id: Schema.String,
  /** The id of the principal that it belongs to. */
  principal: Schema.String,
  revision: Schema.String,
  clientInfo: asItIs(Implementation),
  capabilities: asItIs(ClientCapabilities),
  logLevel: LoggingLevel,
  /** The client has said that it is ready. */
  ready: Schema.Boolean,
  /** The URIs that it watches. */
  watched: Schema.Array(Schema.String),
  /** Milliseconds since the epoch. */
  lastActivity: Schema.Finite
})
export interface Session extends Schema.Schema.Type<typeof Session> {}

export interface Service {
  /** The session of that id, if there is one. */
  get(id: string): Effect.Effect<Session | undefined, StoreError>
  /** Creates or replaces. */
  set(session: Session): Effect.Effect<void, StoreError>
  /** It was used at that time, in milliseconds since the epoch. Does nothing for one that is not there. */
  touch(id: string, at: number): Effect.Effect<void, StoreError>
  /** Forgets it, if it is there. */
  remove(id: string): Effect.Effect<void, StoreError>
}

/** The sessions of a server. */
export class SessionStore extends Context.Service<SessionStore, Service>()("mcp-effect/transport/SessionStore") {}

interface Held {
  readonly session: Session
  readonly size: number
}

/** Sessions in the order in which they were used last. */
class Memory implements Service {
  readonly #limit: number
  readonly #sessions = new Map<string, Link<Held>>()
  readonly #byUse = new Chain<Held>()
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get(id: string): Effect.Effect<Session | undefined> {
    return Effect.sync(() => {
      const held = this.#take(id)
      if (held !== undefined) this.#put(held)
      return held?.session
    })
  }

  set(session: Session): Effect.Effect<void, StoreError> {
    return Effect.suspend(() => {
      const size = JSON.stringify(session).length
      if (size > this.#limit) return Effect.fail(tooLarge(size, this.#limit))
      this.#take(session.id)
      this.#put({ session, size })
      while (this.#size > this.#limit) this.#take(this.#byUse.first!.session.id)
      return Effect.void
    })
  }

  touch(id: string, at: number): Effect.Effect<void> {
    return Effect.sync(() => {
      const held = this.#take(id)
      if (held !== undefined) this.#put({ session: { ...held.session, lastActivity: at }, size: held.size })
    })
  }

  remove(id: string): Effect.Effect<void> {
    return Effect.sync(() => void this.#take(id))
  }

  #take(id: string): Held | undefined {
    const link = this.#sessions.get(id)
    if (link === undefined) return undefined
    this.#sessions.delete(id)
    this.#byUse.remove(link)
    this.#size -= link.value.size
    return link.value
  }

  #put(held: Held): void {
    const link = new Link(held)
    this.#sessions.set(held.session.id, link)
    this.#byUse.add(link)
    this.#size += held.size
  }
}

const tooLarge = (size: number, limit: number): StoreError =>
  new StoreError({ detail: `The session has ${size} characters; McpLimits.sessionBytes allows ${limit} for all` })

/** Keeps sessions in memory, up to `McpLimits.sessionBytes`; beyond it the one that was used least recently leaves. */
export const layerMemory: Layer.Layer<SessionStore> = /* @__PURE__ */ Layer.effect(
  SessionStore,
  Effect.gen(function* () {
    const { sessionBytes } = yield* McpLimits
    return SessionStore.of(new Memory(sessionBytes))
  })
)
