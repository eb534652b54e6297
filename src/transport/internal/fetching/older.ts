/**
 * A server that speaks only the transport of 2024-11-05: two endpoints, of which this URL is the one to listen at.
 *
 * It refuses to be posted to. When the request that opens a conversation is refused so, one GET shows whether the first
 * event names the other endpoint; then the connection ends with a reason that says so.
 */
import * as Effect from "effect/Effect"
import { Unsupported } from "../../../protocol/McpError.ts"
import { decode } from "../../../wire/JsonRpc.ts"
import { type Outbound, TransportError } from "../../McpTransport.ts"
import { readEvents, start } from "./events.ts"
import type { Answer } from "./http.ts"
import type { Line } from "./line.ts"
import { isSuccess } from "./verdict.ts"

/** How long the first event may take. */
const PATIENCE = "5 seconds"

const opens = ({ hints, text }: Outbound): boolean => {
  const message = decode(text)
  return hints?.closeCancels !== true && message._tag === "Request" && message.method === "initialize"
}

const namesEndpoint = (line: Line): Effect.Effect<boolean> => {
  let first: string | undefined
  const asked = Effect.flatMap(line.send("GET", undefined), (answer) =>
    isSuccess(answer) && answer.type === "text/event-stream"
      ? readEvents(
          answer,
          line.limits.messageIn,
          start(),
          ({ kind }) => Effect.sync(() => (first ??= kind) !== ""),
          "cut"
        )
      : Effect.succeed(false)
  )
  return Effect.map(Effect.timeoutOption(Effect.ignore(Effect.scoped(asked)), PATIENCE), () => first === "endpoint")
}

/** Whether that is why the request was refused; the connection has ended then. */
export const oldTransport = (line: Line, frame: Outbound, { status }: Answer): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    if (![400, 404, 405].includes(status) || !opens(frame) || !(yield* namesEndpoint(line))) return false
    const cause = new Unsupported({
      feature: "The HTTP+SSE transport of 2024-11-05",
      detail: "the server has two endpoints, as that revision had; this client speaks to one"
    })
    yield* line.end(new TransportError({ detail: cause.message, cause }))
    return true
  })
