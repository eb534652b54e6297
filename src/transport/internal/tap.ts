/**
 * A transport that shows every message that passes.
 */
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import type { McpTransport, Outbound } from "../McpTransport.ts"
import { redacted, written } from "./redact.ts"

/** A message of a transcript; what came in is written anew from what was read. */
export interface Entry {
  readonly direction: "in" | "out"
  readonly text: string
}

/**
 * The same transport, calling `write` for every message, in order and before it goes on. Secrets are replaced: what stands
 * under a name like `token`, `password` or `authorization`; `{ secrets: "shown" }` leaves them.
 */
export const tap = (
  transport: McpTransport,
  write: (entry: Entry) => void,
  options?: { readonly secrets?: "shown" | "redacted" | undefined }
): McpTransport => {
  const shown = options?.secrets === "shown" ? (text: string) => text : redacted
  return {
    features: transport.features,
    incoming: Stream.tap(transport.incoming, ({ message }) =>
      Effect.sync(() => {
        const { _tag, ...members } = message
        const value = _tag === "Malformed" ? members : { jsonrpc: "2.0", ...members }
        write({ direction: "in", text: shown(written(value)) })
      })
    ),
    outgoing: Sink.mapInput(transport.outgoing, (frame: Outbound) => {
      write({ direction: "out", text: shown(frame.text) })
      return frame
    })
  }
}
