/**
 * Where the suite runs. This is Node, as it stands; `run.ts` writes the file anew for each platform.
 */
import type { Here } from "./harness.ts"

export const here: Here = { platform: "node", url: "http://127.0.0.1:3000/mcp" }
