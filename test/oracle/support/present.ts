/**
 * Runs once before the oracle's tests: without the specification's files there is nothing to judge by, and the run ends
 * here, with one message instead of one per test.
 */
import { missing } from "./files.ts"

export default (): void => {
  const message = missing()
  if (message === undefined) return
  process.stderr.write(`\n${message}\n`)
  process.exit(1)
}
