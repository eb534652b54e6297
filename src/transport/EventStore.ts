/**
 * What was sent on streams, so that a stream that broke can be taken up again where it broke.
 *
 * A stream is a sequence of numbered texts, from the first to one that is said to be the last; the store knows neither
 * what they say nor how a transport writes their ids. What is not kept completely is not given: reading on from an event
 * whose successor is gone fails with `ResumeLost`. `layerMemory` is bounded by `McpLimits.events`. A Layer of one's own
 * must pass the contract: nothing is lost or given twice unless it is `ResumeLost`, and nothing reaches another session.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Id } from "../wire/JsonRpc.ts"
import { MemoryEvents } from "./internal/memoryEvents.ts"
import { ResumeLost, StoreError } from "./internal/storeErrors.ts"
import { McpLimits } from "./McpLimits.ts"

export { ResumeLost, StoreError }

/** A stream of a session. Both are arbitrary strings; two streams are the same if both are. */
export interface StreamKey {
  readonly session: string
  readonly stream: string
}

export interface Event {
  /** 1, 2, 3 … within its stream. */
  readonly seq: number
  readonly text: string
}

/** A page of a stream. */
export interface Kept {
  readonly events: ReadonlyArray<Event>
  /** Nothing will follow the last of these events, or, if there are none, what was asked to be read on from. */
  readonly ended: boolean
  /** The requests that the stream answers. */
  readonly requests: ReadonlyArray<Id>
}

export interface Service {
  /** A stream begins. One that was there under the same key is forgotten. */
  open(key: StreamKey, requests: ReadonlyArray<Id>): Effect.Effect<void, StoreError>
  /**
   * The next event of a stream; `last` says that it is the last one. After a gap in the numbers what came before it can
   * no longer be read on from. Does nothing for a stream that is not known or has ended, nor for a number it had before.
   */
  append(key: StreamKey, event: Event, last: boolean): Effect.Effect<void, StoreError>
  /** A stream has ended after its last event, whichever that was. */
  end(key: StreamKey): Effect.Effect<void, StoreError>
  /**
   * The events after number `after` (0: from the first), at most about `max` characters of text, but at least one event
   * if there is one. Fails with `ResumeLost` when one of them is no longer kept, when the stream never came as far as
   * `after`, or is not known.
   */
  read(key: StreamKey, after: number, max: number): Effect.Effect<Kept, StoreError | ResumeLost>
  /** Forgets all streams of a session. */
  remove(session: string): Effect.Effect<void, StoreError>
}

/**
 * The streams of a server's sessions: provide it to the server, or to its listener. Without one, streams cannot be taken up
 * again.
 */
export class EventStore extends Context.Service<EventStore, Service>()("mcp-effect/transport/EventStore") {}

/**
 * Keeps streams in memory, up to `McpLimits.events` characters, of one session up to a quarter of that. The oldest events
 * leave first; streams that go on are known until there is nothing else to forget. An event or a stream counts 200
 * characters besides its text; an event that is larger than a session's share is not kept.
 */
export const layerMemory: Layer.Layer<EventStore> = /* @__PURE__ */ Layer.effect(
  EventStore,
  Effect.gen(function* () {
    const { events } = yield* McpLimits
    return EventStore.of(new MemoryEvents(events))
  })
)
