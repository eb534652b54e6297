/**
 * A server with 1,000 tools, 1,000 resources and 200 prompts: how long it takes to build, what it keeps on the heap, and
 * what its lists cost. Each measurement is a process of its own, which does all four; see `large-load.ts`.
 */
import type { Era } from "./args.ts"
import { large as command, type PeerName } from "./peers.ts"
import { apart } from "./place.ts"
import { figures, interleave, type Plan } from "./suites.ts"

type Peer = Exclude<PeerName, "bare">

interface Figures {
  readonly ms: number
  readonly mb: number
  readonly firstMs: number
  readonly furtherMs: number
}

const SIZE = ["--tools", "1000", "--resources", "1000", "--prompts", "200"]
const ERAS: ReadonlyArray<Era> = ["legacy", "modern"]

/** v1 has no modern era: in the modern row its legacy figure stands in. */
const measured = (peer: Peer, era: Era): Promise<Figures> =>
  figures<Figures>(apart(command(peer)), ["--era", peer === "v1" ? "legacy" : era, ...SIZE])

export const large = async (plan: Plan): Promise<void> => {
  const peers = plan.peers.flatMap((peer) => (peer === "bare" ? [] : [{ peer }]))
  const cases = ERAS.map((era) => ({ key: `large/${era}`, era, rounds: plan.rounds })).filter(({ key }) =>
    plan.wanted(key)
  )
  // once unmeasured, for the file cache; what fails here fails again below, where it is reported
  for (const { peer } of cases.length > 0 ? peers : []) await measured(peer, "legacy").catch(() => {})
  await interleave(
    plan,
    cases,
    () => peers,
    async ({ era }, { peer }) => ({ ...(await measured(peer, era)) })
  )
}
