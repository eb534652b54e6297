/**
 * Sessions of the legacy era over HTTP: how many are opened per second, and what an idle one keeps on the heap. Each
 * client says who it is and what it can do, and shows a token of its own; ours keeps the caller that the token stands
 * for and its expiry with the session (`--callers`), the official servers keep nothing of it.
 */
import { once } from "node:events"
import type { HttpConnection } from "./http-connection.ts"
import { HttpConversation } from "./http-driver.ts"
import * as peers from "./peers.ts"
import type { PeerName } from "./peers.ts"
import { apart, here } from "./place.ts"
import { INITIALIZE } from "./requests.ts"
import { interleave, type Plan } from "./suites.ts"

type Peer = Exclude<PeerName, "bare">

const MODE = { era: "legacy", sessions: "stateful", response: "json" } as const
const LANES = 16
/** Sessions that are opened before the first look at the heap, and between it and the second. */
const BEFORE = 1000
const BETWEEN = 4000
/** Sessions that are opened at most before they are ended: servers may bound their number. */
const MOST = 5000
/** What a server does before it is measured. */
const WARMUP = { ms: 4000, rounds: 3 } as const

/** What the nth client says; nothing of it is shared with other clients. */
const introduction = (index: number): object => ({
  ...INITIALIZE,
  capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} },
  clientInfo: { name: `client-${index}`, title: `Client number ${index}`, version: `1.0.${index}` }
})

interface Opened {
  readonly session: string
  /** The header that says whose it is. */
  readonly token: string
}

class Opener {
  private opened = 0
  readonly conversation: HttpConversation
  constructor(conversation: HttpConversation) {
    this.conversation = conversation
  }

  private async next(lane: HttpConnection): Promise<Opened> {
    const index = this.opened++
    const token = `Authorization: Bearer token-of-client-${index}\r\n`
    const session = await this.conversation.handshake(lane, introduction(index), token)
    if (session === undefined) throw new Error("not offered: sessions")
    return { session, token }
  }

  /** Opens sessions on all lanes at once for as long as `more` says. */
  async open(lanes: ReadonlyArray<HttpConnection>, more: (begun: number) => boolean): Promise<Array<Opened>> {
    const sessions: Array<Opened> = []
    let begun = 0
    const busy = async (lane: HttpConnection): Promise<void> => {
      while (more(begun++)) sessions.push(await this.next(lane))
    }
    await Promise.all(lanes.map(busy))
    return sessions
  }
}

const peersOf = (plan: Plan): Array<{ readonly peer: Peer }> =>
  plan.peers.flatMap((peer) => (peer === "bare" ? [] : [{ peer }]))

const onLanes = async <A>(
  conversation: HttpConversation,
  body: (lanes: ReadonlyArray<HttpConnection>) => Promise<A>
): Promise<A> => {
  const lanes = await conversation.connections(LANES)
  try {
    return await body(lanes)
  } finally {
    for (const lane of lanes) lane.close()
  }
}

/** Opens sessions for a while, and then, off the clock, ends them. */
const opening = async (opener: Opener, ms: number): Promise<{ perSecond: number; cpu: number; calls: number }> =>
  onLanes(opener.conversation, async (lanes) => {
    const { conversation } = opener
    const cpu = conversation.child.cpu()
    const started = performance.now()
    const sessions = await opener.open(lanes, (begun) => begun < MOST && performance.now() - started < ms)
    const took = performance.now() - started
    const calls = sessions.length
    const row = { perSecond: (calls / took) * 1000, cpu: (conversation.child.cpu() - cpu) / calls, calls }
    const end = async (lane: HttpConnection): Promise<void> => {
      for (let next = sessions.pop(); next !== undefined; next = sessions.pop()) {
        await conversation.end(lane, next.session, next.token)
      }
    }
    await Promise.all(lanes.map(end))
    return row
  })

const start = async (peer: Peer, command: string): Promise<Opener> => {
  const callers = peer === "ours" ? " --callers" : ""
  const opener = new Opener(await HttpConversation.start(apart(command + callers), MODE, 2))
  await opener.conversation.open()
  return opener
}

const opened = async (plan: Plan): Promise<void> => {
  const cases = [{ key: "http/sessions/opened", rounds: plan.rounds }].filter(({ key }) => plan.wanted(key))
  const runners: Array<{ readonly peer: Peer; readonly opener: Opener }> = []
  try {
    for (const { peer } of cases.length > 0 ? peersOf(plan) : []) {
      try {
        const opener = await start(peer, peers.overHttp(peer))
        runners.push({ peer, opener })
        for (let round = 0; round < WARMUP.rounds; round++) await opening(opener, WARMUP.ms / WARMUP.rounds)
      } catch (error) {
        plan.problem({ key: cases[0]!.key, peer, message: (error as Error).message })
      }
    }
    await interleave(
      plan,
      cases,
      () => runners,
      (_, { opener }) => opening(opener, plan.ms)
    )
  } finally {
    await Promise.all(runners.map(({ opener }) => opener.conversation.child.stop()))
  }
}

/** What the server's process keeps, in KB. */
const heap = async ({ child }: HttpConversation): Promise<number> => {
  const answered = once(child.process.stdout, "data")
  child.process.stdin.write("heap\n")
  const [line] = await answered
  return JSON.parse(String(line).trim()).heap / 1024
}

const kept = async (peer: Peer): Promise<{ kb: number; calls: number }> => {
  const opener = await start(peer, peers.overHttp(peer, peers.PROBED))
  try {
    const upTo = (count: number) =>
      onLanes(opener.conversation, (lanes) => opener.open(lanes, (begun) => begun < count))
    await upTo(BEFORE)
    const before = await heap(opener.conversation)
    const { length } = await upTo(BETWEEN)
    const after = await heap(opener.conversation)
    return { kb: (after - before) / length, calls: length }
  } finally {
    await opener.conversation.child.stop()
  }
}

const idle = (plan: Plan): Promise<void> =>
  interleave(
    plan,
    [{ key: "http/sessions/heap", rounds: Math.min(plan.rounds, 3) }].filter(({ key }) => plan.wanted(key)),
    () => peersOf(plan),
    (_, { peer }) => kept(peer)
  )

export const sessions = (plan: Plan): Promise<void> =>
  here(async () => {
    await opened(plan)
    await idle(plan)
  })
