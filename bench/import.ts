/**
 * How long a fresh process takes to import modules, as one line `{"ms"}`. They are imported at once, as one program
 * would have them; what `--before` names is there when the clock starts.
 *
 *     node import.mjs --modules mcp-effect/revisions,mcp-effect/methods/tools [--before effect/Schema]
 */
import { option } from "./args.ts"

const load = (names: string): Promise<unknown> =>
  Promise.all(names === "" ? [] : names.split(",").map((name) => import(name)))

await load(option("before", ""))
const started = performance.now()
await load(option("modules", ""))
process.stdout.write(JSON.stringify({ ms: performance.now() - started }) + "\n")
