/**
 * A stream that is taken up again: by `GET` with `Last-Event-ID`, on a connection of its own.
 *
 * Events are named `<stream>.<number>`. What the store has lost, or what never was, is refused with 410: the client knows
 * then that it has missed something. A stream that was open when the server went down goes on: one that belongs to no
 * request as before, one of requests with an error for each of them, since nobody works on them any longer.
 */
import * as Effect from "effect/Effect"
import type { Kept, ResumeLost, Service as EventStore, StoreError, StreamKey } from "../../EventStore.ts"
import type { Log } from "./log.ts"
import { READ } from "./reader.ts"
import type { Session } from "./session.ts"

export interface EventId {
  readonly stream: string
  readonly sequence: number
}

/** The stream and the number of an event; nothing if no event is called so. */
export const parseEventId = (text: string): EventId | undefined => {
  const parts = /^([0-9a-z-]{1,64})\.(\d{1,15})$/.exec(text.trim())
  return parts === null ? undefined : { stream: parts[1]!, sequence: Number(parts[2]) }
}

interface Tail extends Pick<Kept, "ended" | "requests"> {
  /** The number of the last event that is kept. */
  readonly sequence: number
}

/** The end of what is kept of a stream, if everything from an event on is. */
const tailOf = (store: EventStore, key: StreamKey, after: number): Effect.Effect<Tail, ResumeLost | StoreError> =>
  Effect.flatMap(store.read(key, after, READ), ({ ended, events, requests }) => {
    const last = events.at(-1)
    if (last === undefined || ended) return Effect.succeed({ ended, requests, sequence: last?.seq ?? after })
    return tailOf(store, key, last.seq)
  })

/** A stream that has said everything: one of requests has no more to say, one that belongs to none is begun anew. */
export type Over = "Over" | "StandingOver"

/** How a stream is gone on with that no longer is in this process. */
export interface Continuing {
  /** The stream, from a number on. */
  reopen(stream: string, tail: { readonly sequence: number; readonly ended: boolean; readonly standing: boolean }): Log
  /** What those hear whose requests were running when the server went down, as the text of one reply. */
  orphaned(id: Kept["requests"][number]): string
}

/**
 * The stream of an event, here or in the store, or that it is over and this was its last event; fails with `ResumeLost`
 * where something after the event is not kept.
 */
export const resume = (
  session: Session,
  store: EventStore,
  { sequence, stream }: EventId,
  { orphaned, reopen }: Continuing
): Effect.Effect<Log | Over, ResumeLost | StoreError> => {
  const here = session.log(stream)
  // the store knows less than the client: it will catch up
  if (here?.isStoring(sequence) === true) return Effect.succeed(here)
  return Effect.map(tailOf(store, { session: session.id, stream }, sequence), (tail) => {
    if (tail.ended && tail.sequence === sequence) return tail.requests.length === 0 ? "StandingOver" : "Over"
    const live = session.log(stream)
    if (live !== undefined) return live
    const { ended, requests, sequence: last } = tail
    const log = reopen(stream, { sequence: last, ended, standing: !ended && requests.length === 0 })
    if (ended) return log
    requests.forEach((id, index) => log.append(orphaned(id), index === requests.length - 1))
    return log
  })
}
