/**
 * The suite as a Worker: `workerd test` calls `test`. Nothing runs before that, as a Worker's modules may not.
 */
import { Effect } from "effect"
import { checks } from "./checks.ts"
import { run } from "./harness.ts"
import { here } from "./here.ts"

export default {
  test: (): Promise<void> =>
    Effect.runPromise(Effect.map(run(checks(here), here.platform), (outcomes) => console.log(JSON.stringify(outcomes))))
}
