/**
 * One exchange as an Effect: a message goes in, an `Answer` comes out.
 *
 * Interrupting it, or the Stream of its answer, is the receiver going away; what that means the exchange's features say.
 */
import * as Effect from "effect/Effect"
import { defaults } from "../McpLimits.ts"
import type { Acceptor, Answer, Inbound } from "../McpTransport.ts"
import { ExchangeOutlet } from "./outlet.ts"

/** Serves one exchange. `soft` is how many unsent characters its stream may have before handlers wait. */
export const exchanged = (
  acceptor: Pick<Acceptor, "answer">,
  { message, size, via }: Inbound,
  soft = defaults.unsentSoft
): Effect.Effect<Answer> =>
  Effect.suspend(() => {
    let cancel = () => {}
    const outlet = new ExchangeOutlet(soft, () => {
      if (via.features.disconnectCancels) cancel()
    })
    cancel = acceptor.answer({ message, size, via: { ...via, outlet } })
    return outlet.answer
  })
