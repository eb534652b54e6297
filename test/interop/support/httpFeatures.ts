/**
 * What the features of `wholeFeatures.ts` come to over HTTP, and what only HTTP has: streams, sessions, resuming.
 *
 * As there no cell is empty: what a mode cannot do has its reason, and shows it.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, type Scope } from "effect"
import { eventually, within } from "../../transport/support/eventually.ts"
import type { HttpPeer } from "./httpPeers.ts"
import type { HttpRig, Mode } from "./httpRig.ts"
import type { Exchange } from "./httpWire.ts"
import { logLevel, talk } from "./wholeCalling.ts"
import { features } from "./wholeFeatures.ts"
import type { PeerName, Refused } from "./wholePeers.ts"
import { hasGrown } from "./wholeReading.ts"
import { heard, type Place, readme, refusal, refusedWith, textOf } from "./wholeSteps.ts"

export interface HttpPlace extends Place {
  readonly mode: Mode
  readonly rig: HttpRig
  /** Another connection of the same client. */
  readonly another: Effect.Effect<HttpPeer, never, Scope.Scope>
}

type HttpBody = (peer: HttpPeer, place: HttpPlace) => Effect.Effect<void, Refused, Scope.Scope>

interface Cannot {
  readonly since: string
  readonly shown: HttpBody
}

/** Where a feature is tried. */
export interface Cell {
  readonly mode: Mode
  readonly era: "legacy" | "modern"
  readonly name: PeerName
}

const isAlone = ({ era, mode }: Cell): boolean => era === "legacy" && mode.sessions === "stateless"
const isSilent = ({ mode }: Cell): boolean => mode.response === "json"
const hasLevels = (cell: Cell): boolean => cell.era === "modern" || (!isAlone(cell) && !isSilent(cell))
const resumes = ({ era, mode }: Cell): boolean => era === "legacy" && mode.events

export const has = (cell: Cell): Place["has"] => ({
  push: !isAlone(cell),
  levels: hasLevels(cell),
  clientInfo: !isAlone(cell)
})

const ONE_MESSAGE = "nothing comes before a result that is a message alone"
const ALONE = "each request is alone"

const noProgress: HttpBody = (peer) =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    const onprogress = (report: object): void => void seen.push(report)
    const result = yield* peer.call("slow", { name: "silent", steps: 3, pause: 1 }, { onprogress })
    assert.strictEqual(textOf(result), "silent took 3 steps")
    assert.deepStrictEqual(seen, [])
  })

const noLevels: HttpBody = (peer) => Effect.andThen(refusedWith(-32601, peer.setLevel("debug")), talk(peer, []))

const noCancel: HttpBody = (peer, { rig }) =>
  Effect.gen(function* () {
    const controller = new AbortController()
    const args = { name: "alone", steps: 0, pause: 1, until: rig.until }
    const call = yield* Effect.forkChild(Effect.exit(peer.call("slow", args, { signal: controller.signal })))
    yield* rig.happened("started", "alone")
    controller.abort("enough")
    assert.isTrue(Exit.isFailure(yield* within("the cancelled call", Fiber.join(call))))
    const { id } = rig.callOf("slow")
    yield* eventually("the cancellation", () => (rig.cancelled.includes(id) ? true : undefined))
    yield* rig.letGo
    yield* eventually("its answer", () => rig.replies(id)[0])
    assert.deepStrictEqual(rig.journal("alone"), [{ event: "started", name: "alone" }])
  })

const noNews: HttpBody = (peer, { rig }) =>
  Effect.gen(function* () {
    yield* peer.call("grow", { what: "tool" })
    assert.isTrue(yield* hasGrown(peer)("tools"))
    yield* peer.call("shrink")
    assert.isFalse(yield* hasGrown(peer)("tools"))
    assert.deepStrictEqual(peer.heard, [])
    assert.strictEqual(rig.wire.exchanges.find(({ method }) => method === "GET")?.response?.status, 405)
  })

/** What a mode cannot do of what there is over stdio. */
const lacking: { readonly [feature: string]: (cell: Cell) => Cannot | undefined } = {
  "hears progress": (cell) => (isSilent(cell) ? { since: ONE_MESSAGE, shown: noProgress } : undefined),
  "sets a level and hears log messages": (cell) =>
    hasLevels(cell) ? undefined : { since: isAlone(cell) ? ALONE : ONE_MESSAGE, shown: noLevels },
  "hears log messages of one request": (cell) =>
    isSilent(cell) || isAlone(cell)
      ? { since: isSilent(cell) ? ONE_MESSAGE : ALONE, shown: (peer) => talk(peer, [], logLevel("debug")) }
      : undefined,
  "cancels a call": (cell) => (isAlone(cell) ? { since: ALONE, shown: noCancel } : undefined),
  "subscribes to a resource": (cell) =>
    isAlone(cell)
      ? { since: ALONE, shown: (peer) => Effect.asVoid(refusedWith(-32601, peer.subscribe(readme))) }
      : undefined,
  "hears of lists that change": (cell) => (isAlone(cell) ? { since: ALONE, shown: noNews } : undefined)
}

const updated = "notifications/resources/updated"

const watching = (peer: HttpPeer, { era }: HttpPlace) =>
  era === "legacy"
    ? Effect.acquireRelease(peer.subscribe(readme), () => Effect.ignore(peer.unsubscribe(readme)))
    : Effect.acquireRelease(peer.listen!({ resourceSubscriptions: [readme] }), ({ close }) => close)

/** Where it was said for the last time. */
const saidOn = ({ wire }: HttpRig, method: string): Exchange | undefined =>
  wire.said.findLast(({ message }) => message.method === method)?.on

/** The latest call. */
const callOf = ({ wire }: HttpRig): Exchange =>
  wire.exchanges.findLast(({ message }) => message?.method === "tools/call") ?? assert.fail("there was no call")

const unasked: HttpBody = (peer, place) =>
  Effect.gen(function* () {
    yield* watching(peer, place)
    yield* peer.call("touch", { uri: readme })
    yield* heard(peer, updated)
    const on = saidOn(place.rig, updated)
    assert.strictEqual(on?.method, place.era === "legacy" ? "GET" : "POST")
    assert.strictEqual(on?.message?.method, place.era === "legacy" ? undefined : "subscriptions/listen")
    assert.match(on?.response?.headers.get("content-type") ?? "", /^text\/event-stream/)
  })

/** What need not wait is one message, unless the server is told otherwise. */
const answers: HttpBody = (peer, { mode, rig }) =>
  Effect.gen(function* () {
    yield* peer.call("add", { a: 1, b: 2 })
    const type = callOf(rig).response?.headers.get("content-type")
    assert.strictEqual(type, mode.response === "sse" ? "text/event-stream" : "application/json")
  })

/** In a session a cancellation is a message; alone it is the end of the connection. */
const cancelsThere: HttpBody = (peer, { era, rig }) =>
  Effect.gen(function* () {
    const controller = new AbortController()
    const args = { name: "there", steps: 100_000, pause: 5 }
    const call = yield* Effect.forkChild(Effect.exit(peer.call("slow", args, { signal: controller.signal })))
    yield* rig.happened("started", "there")
    controller.abort("enough")
    assert.isTrue(Exit.isFailure(yield* within("the cancelled call", Fiber.join(call))))
    yield* rig.happened("interrupted", "there")
    const { id } = rig.callOf("slow")
    assert.deepStrictEqual(
      rig.cancelled.filter((one) => one === id),
      era === "legacy" ? [id] : []
    )
    const cancelled = callOf(rig)
    if (cancelled.lastId === undefined) return
    // a stream that has ended without an answer is asked for again, until that is answered by 204
    const over = yield* eventually("the client comes back", () => rig.wire.after(cancelled)[0])
    assert.strictEqual(over.response?.status, 204)
    // to come back for each of these takes it as long as it would to ask again
    for (const name of ["sooner", "later"]) yield* peer.call("leave", { name })
    assert.deepStrictEqual(rig.wire.after(cancelled), [over])
  })

const endsSession: HttpBody = (peer, { another, rig }) =>
  Effect.scoped(
    Effect.gen(function* () {
      const other = yield* another
      const id = other.session()
      assert.isString(id)
      assert.notStrictEqual(id, peer.session())
      yield* other.terminate
      const last = rig.wire.exchanges.findLast(({ method }) => method === "DELETE")
      assert.strictEqual(last?.headers.get("mcp-session-id"), id)
      assert.strictEqual(last?.response?.status, 204)
      // the client has forgotten the session: what it sends now names none
      const forgotten = yield* refusal(other.call("add", { a: 1, b: 2 }))
      assert.match(forgotten.message, /Mcp-Session-Id is missing/)
      const headers = new Headers(callOf(rig).headers)
      headers.set("mcp-session-id", id!)
      const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
      const gone = yield* Effect.promise(() => rig.wire.fetch(rig.url, { method: "POST", headers, body }))
      assert.strictEqual(gone.status, 404)
      yield* Effect.promise(() => gone.text())
      // that of the other connection goes on
      assert.strictEqual(textOf(yield* peer.call("add", { a: 1, b: 2 })), '{"sum":3}')
    })
  )

const noSession: HttpBody = (peer, { rig }) =>
  Effect.gen(function* () {
    assert.isUndefined(peer.session())
    yield* peer.terminate
    assert.isUndefined(rig.wire.exchanges.find(({ method }) => method === "DELETE"))
  })

/** The server lets go of the stream of a call; the client comes back for the answer, before or after it was said. */
const comesBack: HttpBody = (peer, { rig }) =>
  Effect.gen(function* () {
    for (const until of [{}, { until: rig.until }]) {
      const name = `leaving ${Object.keys(until).length}`
      const call = yield* Effect.forkChild(peer.call("leave", { name, ...until }))
      yield* rig.happened("started", name)
      const left = callOf(rig)
      const again = yield* eventually("the client comes back", () => rig.wire.after(left)[0])
      assert.deepStrictEqual([again.method, again.response?.status], ["GET", 200])
      yield* rig.letGo
      assert.strictEqual(textOf(yield* within("the answer", Fiber.join(call))), `${name} came back`)
      const { id } = left.message!
      assert.deepStrictEqual(
        rig.wire.said.filter(({ message }) => message.id === id).map(({ on }) => on),
        [again]
      )
    }
  })

const stays: HttpBody = (peer, { rig }) =>
  Effect.gen(function* () {
    assert.strictEqual(textOf(yield* peer.call("leave", { name: "staying" })), "staying came back")
    const call = callOf(rig)
    assert.deepStrictEqual(
      rig.wire.said.filter(({ message }) => message.id === call.message?.id).map(({ on }) => on),
      [call]
    )
  })

/** The stream for what is unasked breaks; where it is kept nothing that was said meanwhile is missed. */
const takesUp: HttpBody = (peer, place) =>
  Effect.gen(function* () {
    const { mode, rig } = place
    const isKept = mode.events && mode.response !== "json"
    yield* watching(peer, place)
    yield* peer.call("touch", { uri: readme })
    yield* heard(peer, updated)
    const broken = saidOn(rig, updated)!
    const before = rig.wire.exchanges.length
    broken.cut()
    if (isKept) yield* peer.call("touch", { uri: readme })
    const again = yield* eventually("the stream is asked for again", () =>
      isKept ? rig.wire.after(broken)[0] : rig.wire.exchanges.slice(before).find(isStanding)
    )
    if (isKept) yield* heard(peer, updated, 2)
    yield* peer.call("touch", { uri: readme })
    const all = yield* heard(peer, updated, isKept ? 3 : 2)
    assert.strictEqual(all.length, isKept ? 3 : 2)
    assert.strictEqual(saidOn(rig, updated), again)
  })

const isStanding = ({ method, response }: Exchange): boolean => method === "GET" && response !== undefined

/** A client of 2026-07-28 is told that its subscription is gone, and subscribes again. */
const endsListen: HttpBody = (peer, { rig }) =>
  Effect.gen(function* () {
    const listening = yield* peer.listen!({ resourceSubscriptions: [readme] })
    rig.wire.exchanges.findLast(({ message }) => message?.method === "subscriptions/listen")!.cut()
    assert.strictEqual(yield* within("the end", listening.closed), "remote")
    const again = yield* Effect.acquireRelease(peer.listen!({ resourceSubscriptions: [readme] }), ({ close }) => close)
    assert.deepStrictEqual(again.honoured, { resourceSubscriptions: [readme] })
    yield* peer.call("touch", { uri: readme })
    yield* heard(peer, updated)
  })

interface HttpFeature {
  readonly body: HttpBody
  readonly not?: (cell: Cell) => Cannot | undefined
}

const ofHttp: { readonly [name: string]: HttpFeature } = {
  "is answered as the server is told to": { body: answers },
  "is told unasked on the stream that it keeps open": {
    body: unasked,
    not: (cell) => (isAlone(cell) ? { since: ALONE, shown: noNews } : undefined)
  },
  "cancels as its era does": {
    body: cancelsThere,
    not: (cell) => (isAlone(cell) ? { since: ALONE, shown: noCancel } : undefined)
  },
  "ends its session": {
    body: endsSession,
    not: (cell) =>
      isAlone(cell) || cell.era === "modern" ? { since: "there are no sessions", shown: noSession } : undefined
  },
  "comes back for an answer when the server lets go": {
    body: comesBack,
    not: (cell) => (resumes(cell) && !isSilent(cell) ? undefined : { since: "no stream is kept", shown: stays })
  },
  "takes up a broken stream again": {
    body: takesUp,
    not: (cell) =>
      isAlone(cell)
        ? { since: ALONE, shown: noNews }
        : cell.era === "modern"
          ? { since: "a broken listen has ended", shown: endsListen }
          : undefined
  }
}

const titled = (feature: string, body: HttpBody, cannot: Cannot | undefined) =>
  cannot === undefined
    ? ([feature, body] as const)
    : ([`does not do this: ${feature}, since ${cannot.since}`, cannot.shown] as const)

/** What is shown in a place: each feature with its title, or why it is not there and what shows that. */
export const cellsOf = (cell: Cell): ReadonlyArray<readonly [title: string, body: HttpBody]> => [
  ...Object.entries(features).map(([feature, { body, not }]) =>
    titled(feature, body, lacking[feature]?.(cell) ?? not?.[cell.name])
  ),
  ...Object.entries(ofHttp).map(([feature, { body, not }]) => titled(feature, body, not?.(cell)))
]
