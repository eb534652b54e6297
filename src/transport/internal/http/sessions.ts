/**
 * The legacy sessions of one endpoint: opened, found again, kept in the `SessionStore`, and ended.
 *
 * They are in the order of their last use. One that is idle for too long ends, one that does not go on after its handshake
 * much sooner; past the bound the caller's own idle sessions make room. A session that is not here may be in the store,
 * from before a restart: then it goes on. Ending is the same for all: `DELETE`, idleness, eviction, shutdown.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import type { Service as EventStore } from "../../EventStore.ts"
import { type Limits, McpLimits } from "../../McpLimits.ts"
import type { Acceptor, Features, Principal } from "../../McpTransport.ts"
import type { Service as SessionStore, Session as Kept, StoreError } from "../../SessionStore.ts"
import { Session } from "./session.ts"

/** How often the store hears that a session is in use, in milliseconds. */
const TOUCH = 60_000

export interface SessionsOptions {
  readonly acceptor: Acceptor
  readonly features: Features
  readonly store: SessionStore | undefined
  readonly events: EventStore | undefined
  readonly context: Context.Context<never>
}

const freshId = (): string => Base64Url.encode(crypto.getRandomValues(new Uint8Array(24)))

export class Sessions {
  readonly #options: SessionsOptions
  readonly #limits: Limits
  readonly #clock: Clock.Clock
  readonly #idle: number
  readonly #handshake: number
  readonly #all = new Map<string, Session>()
  readonly #opening = new Set<Session>()
  /** Sessions that the store has not forgotten yet. */
  readonly #ending = new Set<string>()
  readonly #restoring = new Map<string, Deferred.Deferred<Session | undefined, StoreError>>()

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#limits = Context.get(options.context, McpLimits)
    this.#clock = Context.get(options.context, Clock.Clock)
    this.#idle = Duration.toMillis(this.#limits.sessionIdle)
    this.#handshake = Duration.toMillis(this.#limits.handshake)
  }

  get size(): number {
    return this.#all.size
  }

  now(): number {
    return this.#clock.currentTimeMillisUnsafe()
  }

  /** Opens a session, if there is room for one. */
  open(principal: Principal): Session | undefined {
    if (this.#all.size >= this.#limits.sessions && !this.#makeRoom(principal)) return undefined
    const session = new Session(freshId(), principal, this.now())
    this.#opening.add(session)
    return this.#add(session)
  }

  /** A caller's session of that id, here or in the store. */
  find(id: string, principal: Principal): Effect.Effect<Session | undefined, StoreError> {
    const session = this.#all.get(id)
    if (session !== undefined) return Effect.succeed(session.principal.id === principal.id ? session : undefined)
    const { store } = this.#options
    return store === undefined || this.#ending.has(id) ? none : this.#restored(store, id, principal)
  }

  /** The session is in use: what has opened it has gone on. */
  use(session: Session): void {
    session.usedAt = this.now()
    this.#touch(session)
    if (session.settled) return
    session.settled = true
    this.#opening.delete(session)
  }

  /** What held a session has ended. */
  release(session: Session): void {
    session.release(this.now())
    this.#touch(session)
  }

  /** Writes a session into the store, if it has changed. */
  keep(session: Session): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { store } = this.#options
      const { snapshot } = session.conversation
      if (store === undefined || snapshot === undefined || !session.isChanged || session.ended) return Effect.void
      session.isChanged = false
      session.keptAt = session.usedAt
      return logged(
        store.set({ ...snapshot, id: session.id, principal: session.principal.id, lastActivity: session.usedAt })
      )
    })
  }

  /** Ends a session for good. */
  end(session: Session, detail: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (session.ended) return Effect.void
      const { events, store } = this.#options
      const closed = this.#close(session, detail)
      // what ends is said on the streams first
      const ended = events === undefined ? closed : Effect.andThen(closed, logged(events.remove(session.id)))
      return store === undefined
        ? ended
        : Effect.all([this.#forgotten(store, session.id), ended], { concurrency: "unbounded", discard: true })
    })
  }

  #forgotten(store: SessionStore, id: string): Effect.Effect<void> {
    this.#ending.add(id)
    return Effect.ensuring(
      logged(store.remove(id)),
      Effect.sync(() => this.#ending.delete(id))
    )
  }

  #touch(session: Session): void {
    const { store } = this.#options
    if (store === undefined || session.ended || session.usedAt - session.keptAt < TOUCH) return
    session.keptAt = session.usedAt
    this.#run(store.touch(session.id, session.usedAt))
  }

  /** Ends what has been idle for too long. */
  sweep(): void {
    const now = this.now()
    for (const session of this.#opening) {
      if (now - session.usedAt < this.#handshake) break
      if (!session.isHeld) this.#run(this.end(session, "The handshake was not finished in time"))
    }
    for (const [id, session] of this.#all) {
      if (now - session.placedAt < this.#idle) break
      if (!session.isHeld && now - session.usedAt >= this.#idle) {
        this.#run(this.end(session, "The session was idle for too long"))
        continue
      }
      if (session.isHeld) {
        session.usedAt = now
        this.#touch(session)
      }
      this.#all.delete(id)
      this.#place(session, session.usedAt)
    }
  }

  /** Lets go of all sessions; the store keeps them. */
  readonly close: Effect.Effect<void> = Effect.suspend(() =>
    Effect.forEach([...this.#all.values()], (session) => this.#close(session, "The server is shutting down"), {
      concurrency: "unbounded",
      discard: true
    })
  )

  #close(session: Session, detail: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      session.ended = true
      this.#all.delete(session.id)
      this.#opening.delete(session)
      return Effect.andThen(
        session.conversation.close(detail),
        Effect.sync(() => session.endStreams())
      )
    })
  }

  #add(session: Session, restored?: Kept): Session {
    const onChange = () => {
      session.isChanged = true
      if (session.settled) this.#run(this.keep(session))
    }
    session.conversation = this.#options.acceptor.open(session, this.#options.features, { restored, onChange })
    this.#place(session, this.now())
    return session
  }

  #place(session: Session, at: number): void {
    session.placedAt = at
    this.#all.set(session.id, session)
  }

  /** The caller's own session that was used least recently makes room. */
  #makeRoom(principal: Principal): boolean {
    let oldest: Session | undefined
    for (const session of this.#all.values()) {
      if (session.principal.id !== principal.id || session.isHeld) continue
      if (oldest === undefined || session.usedAt < oldest.usedAt) oldest = session
    }
    if (oldest === undefined) return false
    this.#run(this.end(oldest, "The session made room for another of the same caller"))
    return true
  }

  #restored(store: SessionStore, id: string, principal: Principal): Effect.Effect<Session | undefined, StoreError> {
    return Effect.suspend(() => {
      const key = JSON.stringify([principal.id, id])
      const underWay = this.#restoring.get(key)
      if (underWay !== undefined) return Deferred.await(underWay)
      const restoring = Deferred.makeUnsafe<Session | undefined, StoreError>()
      this.#restoring.set(key, restoring)
      const restored = Effect.map(store.get(id), (kept) => this.#restore(kept, principal))
      return Effect.onExit(restored, (exit) => {
        this.#restoring.delete(key)
        return Deferred.done(restoring, exit)
      })
    })
  }

  #restore(kept: Kept | undefined, principal: Principal): Session | undefined {
    const now = this.now()
    if (
      kept === undefined ||
      this.#ending.has(kept.id) ||
      kept.principal !== principal.id ||
      now - kept.lastActivity >= this.#idle
    )
      return undefined
    if (this.#all.size >= this.#limits.sessions && !this.#makeRoom(principal)) return undefined
    const session = this.#add(new Session(kept.id, principal, now), kept)
    // in a revision that is no longer spoken it cannot go on
    if (session.conversation.snapshot !== undefined) return session
    this.#run(this.end(session, "Its revision is no longer spoken"))
    return undefined
  }

  #run(effect: Effect.Effect<void, StoreError>): void {
    Effect.runForkWith(this.#options.context)(logged(effect))
  }
}

const none = Effect.succeed(undefined)

const logged = (effect: Effect.Effect<void, StoreError>): Effect.Effect<void> =>
  Effect.catch(effect, (error) => Effect.logWarning(`The store of sessions: ${error.message}`))
