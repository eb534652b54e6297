/**
 * The vocabulary alone, without server or client: what it costs to import, to check a payload with, and to have as
 * types. The official SDKs have theirs as zod schemas, v1 in `types.js`, v2 in `@modelcontextprotocol/core`; each
 * includes all methods, ours are loaded by chapters.
 */
import { checks, importer, type PeerName } from "./peers.ts"
import { KINDS } from "./payloads.ts"
import { figures, interleave, type Plan } from "./suites.ts"
import { chapters, LOOKS, typeCost } from "./type-cost.ts"

type Peer = Exclude<PeerName, "bare">

/** The chapters that a server with tools loads. */
const TOOLS = ["lifecycle", "discover", "ping", "logging", "tools"].map((name) => `mcp-effect/methods/${name}`)

const SDK = { v1: "@modelcontextprotocol/sdk/types.js", v2: "@modelcontextprotocol/core" } as const

/** What schemas are made with: there before the clock starts, where our own share is measured. */
const LIBRARY = { ours: "effect/Schema", v1: "zod/v4", v2: "zod/v4" } as const

const modules = (peer: Peer, what: "tools" | "all"): string =>
  peer === "ours" ? ["mcp-effect/revisions", ...(what === "tools" ? TOOLS : chapters())].join() : SDK[peer]

const peersOf = (plan: Plan): Array<{ readonly peer: Peer }> =>
  plan.peers.flatMap((peer) => (peer === "bare" ? [] : [{ peer }]))

const imports = async (plan: Plan): Promise<void> => {
  const cases = (["tools", "all"] as const)
    .flatMap((what) =>
      (["own", "whole"] as const).map((share) => ({
        key: `vocabulary/import/${what}/${share}`,
        rounds: plan.rounds,
        what,
        share
      }))
    )
    .filter(({ key }) => plan.wanted(key))
  const start = (peer: Peer, what: "tools" | "all", share: "own" | "whole") => {
    const before = share === "own" ? ["--before", LIBRARY[peer]] : []
    return figures<{ ms: number }>(importer, ["--modules", modules(peer, what), ...before])
  }
  // once unmeasured, for the file cache; what fails here fails again below, where it is reported
  for (const { peer } of cases.length > 0 ? peersOf(plan) : []) await start(peer, "all", "whole").catch(() => {})
  await interleave(
    plan,
    cases,
    () => peersOf(plan),
    ({ share, what }, { peer }) => start(peer, what, share)
  )
}

/** Each run is a process that starts and warms, so three rounds; only we project. */
const payloadChecks = (plan: Plan): Promise<void> => {
  const rounds = Math.min(plan.rounds, 3)
  const cases = [
    ...KINDS.map((payload) => ({ key: `vocabulary/check/${payload}`, payload, rounds })),
    { key: "vocabulary/project/list", payload: "project", rounds }
  ]
  return interleave(
    plan,
    cases.filter(({ key }) => plan.wanted(key)),
    ({ payload }) => peersOf(plan).filter(({ peer }) => payload !== "project" || peer === "ours"),
    ({ payload }, { peer }) =>
      figures<{ micros: number }>(checks(peer), ["--payload", payload, "--ms", String(plan.ms)])
  )
}

const types = (plan: Plan): Promise<void> => {
  const cases = LOOKS.map((look) => ({ key: `vocabulary/types/${look}`, look, rounds: Math.min(plan.rounds, 3) }))
  return interleave(
    plan,
    cases.filter(({ key }) => plan.wanted(key)),
    () => peersOf(plan),
    ({ look }, { peer }) => typeCost(peer, look)
  )
}

export const vocabulary = async (plan: Plan): Promise<void> => {
  await imports(plan)
  await payloadChecks(plan)
  await types(plan)
}
