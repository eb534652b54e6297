/**
 * What the library warns of: the only log of an Effect, in the hands of a test. Whatever is less than a warning is dropped.
 */
import { Effect, Logger, References } from "effect"

export const warnings = () => {
  const said: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    if (logLevel === "Warn") said.push(String(message))
  })
  return { said, log: Effect.provideService(References.CurrentLoggers, new Set([logger])) }
}
