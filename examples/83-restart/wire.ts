/**
 * A legacy client in a few lines of `fetch`, to see what travels: one request, and the events of its answer.
 */
import { Effect } from "effect"

export interface Event {
  readonly id: string | undefined
  readonly retry: string | undefined
  /** Empty in the first event of a stream, which only says how to come back. */
  readonly data: string
}

const both = { "content-type": "application/json", accept: "application/json, text/event-stream" }

const eventOf = (block: string): Event => {
  const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1]
  return { id: field("id"), retry: field("retry"), data: field("data") ?? "" }
}

/** Events until the stream ends; comments, which only keep it alive, are left out. */
const eventsOf = (text: string): ReadonlyArray<Event> =>
  text
    .split("\n\n")
    .filter((block) => block !== "" && !block.startsWith(":"))
    .map(eventOf)

/** Asks, or with the id of an event comes back for what followed it, and reads to the end. */
export const exchange = (url: string, session: string, asked: { readonly body: object } | { readonly after: string }) =>
  Effect.gen(function* () {
    const headers = { ...both, "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }
    const init: RequestInit =
      "body" in asked
        ? { method: "POST", headers, body: JSON.stringify(asked.body) }
        : { headers: { ...headers, "last-event-id": asked.after } }
    const response = yield* Effect.promise((signal) => fetch(url, { ...init, signal }))
    const text = yield* Effect.promise(() => response.text())
    return { status: response.status, events: eventsOf(text) }
  })
