/**
 * What the features of `wholeFeatures.ts` are made of: walking lists, waiting for what is told, being refused; and the
 * content that several of them show.
 */
import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { eventually } from "../../transport/support/eventually.ts"
import type { Rig } from "./rig.ts"
import type { List, Page, Peer, Refused, Result } from "./wholePeers.ts"

/** What can be seen of a server and of what goes between it and its client. */
export type Observed = Pick<Rig, "callOf" | "cancelled" | "happened" | "letGo" | "replies" | "sent" | "until">

/** What a feature has to know of where it is tried. */
export interface Place {
  readonly era: "legacy" | "modern"
  readonly revision: string
  readonly rig: Observed
  /** What the server can do here: say something unasked, set a level, know the client beyond a request. */
  readonly has: { readonly push: boolean; readonly levels: boolean; readonly clientInfo: boolean }
  /** The code of a resource that is not there, on the wire and as the client gives it. */
  readonly codes: { readonly sent: number; readonly seen: number }
}

export type Body = (peer: Peer, place: Place) => Effect.Effect<void, Refused, Scope.Scope>

/** All pages of a list, by their cursors. */
export const walk = (peer: Peer, list: List): Effect.Effect<ReadonlyArray<Page>, Refused> =>
  Effect.gen(function* () {
    const pages: Array<Page> = []
    let cursor: string | undefined
    do {
      const page = yield* peer.page(list, cursor)
      pages.push(page)
      cursor = page.nextCursor
    } while (cursor !== undefined)
    return pages
  })

export const namesOf = (items: ReadonlyArray<Result>): ReadonlyArray<unknown> => items.map(({ name }) => name)

/** Waits until a notification has been heard so many times, and gives the parameters of each. */
export const heard = (peer: Peer, method: string, count = 1) =>
  eventually(`${count} of ${method}`, () => {
    const all = peer.heard.filter((one) => one.method === method)
    return all.length >= count ? all.map(({ params }) => params) : undefined
  })

/** What was thrown; that something was not thrown is a failure. */
export const refusal = (ask: Effect.Effect<unknown, Refused>): Effect.Effect<Refused> =>
  Effect.matchEffect(ask, {
    onSuccess: (value) => Effect.sync(() => assert.fail(`this was not refused: ${JSON.stringify(value)}`)),
    onFailure: Effect.succeed
  })

export const refusedWith = (code: number, ask: Effect.Effect<unknown, Refused>): Effect.Effect<Refused> =>
  Effect.tap(refusal(ask), (refused) => Effect.sync(() => assert.strictEqual(refused.code, code, refused.message)))

/** A resource that is not there: the code of the revision on the wire, which a client may name anew. */
export const notFound = (
  uri: string,
  ask: Effect.Effect<unknown, Refused>,
  { codes, rig }: Place
): Effect.Effect<void> =>
  Effect.map(refusedWith(codes.seen, ask), (refused) => {
    assert.deepStrictEqual(refused.data, { uri })
    assert.deepNestedInclude(rig.sent("server").at(-1), { "error.code": codes.sent })
  })

/** The text of the first block of a result. */
export const textOf = ({ content }: Result): unknown => (content as ReadonlyArray<Result>)[0]?.["text"]

// what several features show, as it goes over the wire
export const readme = "docs://readme"
export const data = "iVBORw=="

export const text = (value: string) => ({ type: "text", text: value })

export const embedded = { type: "resource", resource: { uri: readme, mimeType: "text/markdown", text: "# Read me" } }
export const link = { type: "resource_link", uri: readme, name: "readme" }
export const image = { type: "image", data, mimeType: "image/png" }
export const audio = { type: "audio", data, mimeType: "audio/wav" }
