/**
 * What the parts of an endpoint share: its settings, its clock, and how a request that is under way becomes a response.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Scope from "effect/Scope"
import type { Id } from "../../../wire/JsonRpc.ts"
import type { Limits } from "../../McpLimits.ts"
import { type Acceptor, anonymous, type Exchange, type Features, type Refusal } from "../../McpTransport.ts"
import { type Accepts, type Arrived, remoteOf } from "./arriving.ts"
import type { Heartbeat } from "./heartbeat.ts"
import { find } from "./ladder.ts"
import { pulse } from "../outlet.ts"
import { type Manner, message, respond, type ResponseOutlet } from "./responses.ts"
import type { Settings } from "./settings.ts"
import { statusOf } from "./status.ts"

export type Response = HttpServerResponse.HttpServerResponse

export interface Serving {
  readonly acceptor: Acceptor
  readonly settings: Settings
  readonly limits: Limits
  readonly heartbeat: Heartbeat
  readonly context: Context.Context<never>
}

/** Whether an answer may be a stream, and whether it is one in any case. */
export const streaming = (
  { response }: Settings,
  { events, json }: Accepts
): { readonly may: boolean; readonly must: boolean } => {
  const may = events && response !== "json"
  return { may, must: may && (response === "sse" || !json) }
}

/** What an exchange can deliver that is part of no session: nothing but its answer, and what comes before that. */
export const aloneFeatures = (interim: boolean, disconnectCancels: boolean): Features => ({
  headers: true,
  push: false,
  interim,
  serverRequests: false,
  resumable: false,
  disconnectCancels
})

const own: Exchange = { headers: undefined, principal: anonymous, own: true, features: aloneFeatures(false, true) }

/** A refusal of the endpoint's own. */
export const refused = (
  { acceptor }: Serving,
  refusal: Refusal,
  options: {
    readonly status?: number
    readonly revision?: string | undefined
    readonly headers?: { readonly [name: string]: string }
  } = {}
): Response => {
  const frame = acceptor.refuse(refusal, { ...own, revision: options.revision })
  const era = find(acceptor.admission.revisions, options.revision)?.era ?? "legacy"
  return message(options.status ?? statusOf(era, refusal.fault), frame.text, options.headers)
}

/** What a caller hears whose request was running when the server went down. */
export const orphaned = ({ acceptor }: Serving, revision: string | undefined, id: Id): string => {
  const detail = "The server went down while this request was running; whether it was executed is not known"
  return acceptor.refuse({ fault: "Internal", detail, id }, { ...own, revision }).text
}

/** The exchange of a request. */
export const exchangeOf = (
  { settings }: Serving,
  { headers, principal, request }: Arrived,
  features: Features,
  revision: string | undefined,
  session: string | undefined,
  outlet: ResponseOutlet | undefined
): Exchange => ({
  headers: headers as { readonly [name: string]: string },
  principal,
  features,
  own: true,
  session,
  revision,
  outlet,
  get remote() {
    return remoteOf(request, headers, settings.trustedProxy)
  }
})

/**
 * The response of an outlet: at once where it has come to something, else when it does. A stream begins at once where it
 * is to be one in any case. `onGone` is called when the connection is done with, however it ended.
 */
export const responding = (
  { heartbeat }: Serving,
  outlet: ResponseOutlet,
  manner: Manner,
  stream: { readonly may: boolean; readonly must: boolean },
  onGone?: () => void
): Effect.Effect<Response, never, Scope.Scope> => {
  const now = outlet.toldNow
  if (now !== undefined && now._tag !== "Events") {
    onGone?.()
    return Effect.succeed(respond(now, manner))
  }
  if (stream.must && now === undefined) outlet.push(pulse)
  if (stream.may) heartbeat.watch(outlet)
  const gone = Effect.sync(() => {
    heartbeat.unwatch(outlet)
    outlet.drop()
    onGone?.()
  })
  return Effect.flatMap(Effect.scope, (scope) =>
    Effect.andThen(
      Scope.addFinalizer(scope, gone),
      Effect.map(Effect.interruptible(outlet.told), (told) => respond(told, manner))
    )
  )
}
