/**
 * The tables of the vocabulary. Nothing here has a floor, and the raw responder has no vocabulary.
 */
import type { Line, Metric, Table } from "./tables.ts"

const IMPORTS: ReadonlyArray<readonly [key: string, title: string]> = [
  ["tools/own", "tools only, own share"],
  ["tools/whole", "tools only, with effect/Schema or zod"],
  ["all/own", "all chapters, own share"],
  ["all/whole", "all chapters, with effect/Schema or zod"]
]

const CHECKS: ReadonlyArray<readonly [key: string, title: string]> = [
  ["check/call-meta", "check tools/call params, full `_meta` of 2026-07-28"],
  ["check/call", "check tools/call params of 2025-11-25"],
  ["check/result", "check tools/call result, 3 blocks"],
  ["check/list", "check tools/list result, 100 tools"],
  ["project/list", "project the 100 tools to 2024-11-05"]
]

const COUNTS: ReadonlyArray<readonly [metric: Metric, title: string]> = [
  ["instantiations", "instantiations"],
  ["types", "types"],
  ["checkMs", "ms of checking"],
  ["compileMs", "ms of the whole compilation"]
]

export const VOCABULARY_TABLES: ReadonlyArray<Table> = [
  {
    title: "The vocabulary: import",
    unit: "ms, each in a fresh process",
    note:
      '"Own share" starts the clock when effect/Schema (v2 and v1: zod) is there. "Tools only" is what a server with ' +
      "tools loads of ours. v2 is `@modelcontextprotocol/core` and v1 `types.js`: they have no chapters.",
    plain: true,
    lines: IMPORTS.map(([key, title]): Line => ({ title, key: `vocabulary/import/${key}`, metric: "ms" }))
  },
  {
    title: "The vocabulary: check of a payload",
    unit: "µs per payload",
    note:
      "Three rounds. The same payloads for all: ours by `revision.check`, v2 and v1 by `safeParse` of their public " +
      "schemas, which do not look into the `_meta` of 2026-07-28, but decode the base64 of an image (here 96 characters).",
    plain: true,
    lines: CHECKS.map(([key, title]): Line => ({ title, key: `vocabulary/${key}`, metric: "micros" }))
  },
  {
    title: "The vocabulary: cost of its types",
    unit: "counts and times of `tsc --extendedDiagnostics`",
    note:
      "Three rounds. A file that names the parameters and results of all methods, and one that looks at their fields; " +
      "v2 from `@modelcontextprotocol/server`, v1 from `types.js`, ours from all chapters, all as published. Counts " +
      "are exact.",
    plain: true,
    lines: ["named", "read"].flatMap((look) =>
      COUNTS.map(([metric, title]): Line => ({ title: `${look}: ${title}`, key: `vocabulary/types/${look}`, metric }))
    )
  }
]
