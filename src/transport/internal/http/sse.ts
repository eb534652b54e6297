/**
 * Server-sent events as text: what leaves on a stream. JSON text has no line breaks, so each message is one line.
 */

/** Headers of every stream: nothing between server and client may keep it or wait to pass it on. */
export const streamHeaders = { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" } as const
export const EVENT_STREAM = "text/event-stream"

export const event = (text: string): string => `data: ${text}\n\n`

/** An event that a client can name when it comes back. */
export const eventWithId = (id: string, text: string): string => `id: ${id}\ndata: ${text}\n\n`

/** The first event of a stream that can be taken up again: an id, and when to come back, in milliseconds. */
export const priming = (id: string, retry: number): string => `id: ${id}\nretry: ${retry}\ndata: \n\n`

/** Clients skip it. It lets the headers leave, and keeps what stands between awake. */
export const comment = ": \n\n"
