/** Every check, in order. */
import { clientChecks, socketChecks } from "./client.ts"
import { handlerChecks } from "./handler.ts"
import { type Check, type Here, part } from "./harness.ts"
import { memory } from "./memory.ts"
import { serve } from "./serve.ts"

export const checks = ({ url }: Here): ReadonlyArray<Check> => [
  ...memory,
  ...part("handler", handlerChecks(serve)),
  ...part("client", clientChecks(serve)),
  ...part("client over sockets", socketChecks(url))
]
