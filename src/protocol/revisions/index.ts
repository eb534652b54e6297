/**
 * The revisions this library speaks, oldest first. A new one is a file beside this and an entry here.
 */
import type { McpRevision } from "../McpRevision.ts"
import { v2024_11_05 } from "./v2024_11_05.ts"
import { v2025_03_26 } from "./v2025_03_26.ts"
import { v2025_06_18 } from "./v2025_06_18.ts"
import { v2025_11_25 } from "./v2025_11_25.ts"
import { v2026_07_28 } from "./v2026_07_28.ts"

export const revisions: ReadonlyArray<McpRevision> = [v2024_11_05, v2025_03_26, v2025_06_18, v2025_11_25, v2026_07_28]

/** The revision of a date, if this library speaks it. */
export const find = (version: string): McpRevision | undefined =>
  revisions.find((revision) => revision.version === version)

/** The latest revision that opens with a handshake. */
export const latestLegacy: McpRevision = v2025_11_25

/** The latest stateless revision. */
export const latestModern: McpRevision = v2026_07_28
