/**
 * The suite as a program, for Node, Bun and Deno: prints what became of each check, as one line of JSON.
 *
 * The platform is said by whoever starts it, in `here.ts`; nothing is asked of the runtime.
 */
import { Effect } from "effect"
import { checks } from "./checks.ts"
import { run } from "./harness.ts"
import { here } from "./here.ts"

void Effect.runPromise(
  Effect.map(run(checks(here), here.platform), (outcomes) => console.log(JSON.stringify(outcomes)))
)
