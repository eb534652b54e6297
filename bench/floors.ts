/**
 * The floors: how far ahead of the official SDKs each row has to be. A ratio is that of medians over all rounds. Rows
 * without a floor of their own must not be behind: 1.15 or more is "ahead", down to its inverse "equal".
 */
export interface Floor {
  /** Ours divided by the official v2, and by v1: at least (`least`) or at most (`most`) this. */
  readonly v2: number
  readonly v1?: number
  readonly sense: "least" | "most"
}

const least = (v2: number, v1?: number): Floor => ({ v2, sense: "least", ...(v1 === undefined ? {} : { v1 }) })
const most = (v2: number): Floor => ({ v2, sense: "most" })

export const FLOORS = {
  /** stdio add, 64 in flight, both eras: calls per second. */
  add: least(3, 1.5),
  /** The same with an `Effect.fn("add")` handler. */
  addFn: least(1.8),
  /** The same with a handler that suspends once. */
  addSuspend: least(2.5),
  /** stdio add, one at a time: CPU of the server per call. */
  addOneCpu: most(0.8),
  /** tools/list of 1,000 tools in one page: calls per second. */
  list: least(20),
  /** Cold start of a bundle, and of per-module entries, against v2 as installed: milliseconds. */
  coldBundled: most(0.5),
  coldModules: most(1.5),
  /** HTTP add at 128 connections, modern and stateless legacy, and with sessions: calls per second. */
  http: least(3),
  httpStateful: least(2.5),
  /** Heap of an idle session, in KB. */
  sessionKb: most(2.5),
  /** CPU of the client per call of add: 64 in flight, and one at a time. */
  client64: most(0.6),
  client1: most(1)
} as const

/** stdio add, one at a time: in this share of the rounds p50 must not be above v2's. */
export const P50_ROUNDS = 7 / 9

export const AHEAD = 1.15

/** In words, for the table. */
export const describe = (floor: Floor): string => {
  const sign = floor.sense === "least" ? "≥" : "≤"
  return `${sign} ${floor.v2}` + (floor.v1 === undefined ? "" : `; v1 ${sign} ${floor.v1}`)
}

const meets = (ratio: number, bound: number, sense: Floor["sense"]): boolean =>
  sense === "least" ? ratio >= bound : ratio <= bound

/** Whether the ratios meet the floor; "–" when a side was not measured. */
export const judge = (floor: Floor, v2: number, v1: number): "pass" | "MISS" | "–" => {
  if (!Number.isFinite(v2) || (floor.v1 !== undefined && !Number.isFinite(v1))) return "–"
  const met = meets(v2, floor.v2, floor.sense) && (floor.v1 === undefined || meets(v1, floor.v1, floor.sense))
  return met ? "pass" : "MISS"
}

/** For rows without a floor: the worse of both ratios in a word; for times and sizes less is better. */
export const compare = (v2: number, v1: number, better: "more" | "less"): string => {
  const ratios = [v2, v1].filter(Number.isFinite).map((ratio) => (better === "more" ? ratio : 1 / ratio))
  if (ratios.length === 0) return "–"
  const worst = Math.min(...ratios)
  return worst >= AHEAD ? "ahead" : worst > 1 / AHEAD ? "equal" : "behind"
}
