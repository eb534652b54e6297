/**
 * A method is a value: its name, the schemas of its payloads, and the capability it needs.
 *
 * Each method is declared once, in `methods/<chapter>.ts`; revisions put them in tables, the server dispatches by them,
 * the client calls by them. Payload schemas are identities (what is decoded is what is written), so reading a payload
 * checks it and gives the same object back: unknown fields and `_meta` survive by construction.
 * This module runs nothing and knows no revision.
 */
import type * as Schema from "effect/Schema"

/** A schema that can describe a payload: no services, nothing but data. */
export interface Payload extends Schema.ConstraintCodec<unknown, unknown> {}

/** A call that is answered. */
export interface Request<out Name extends string, out Params extends Payload, out Result extends Payload> {
  readonly _tag: "Request"
  readonly name: Name
  readonly params: Params
  readonly result: Result
  /** The capability that the answering side must have announced, when there is one. */
  readonly capability: string | undefined
}

/** A call that is not answered. */
export interface Notification<out Name extends string, out Params extends Payload> {
  readonly _tag: "Notification"
  readonly name: Name
  readonly params: Params
}

export interface AnyRequest extends Request<string, Payload, Payload> {}
export interface AnyNotification extends Notification<string, Payload> {}

/** Declares a request.  */
export const request = <const Name extends string, Params extends Payload, Result extends Payload>(
  name: Name,
  options: { readonly params: Params; readonly result: Result; readonly capability?: string | undefined }
): Request<Name, Params, Result> => ({
  _tag: "Request",
  name,
  params: options.params,
  result: options.result,
  capability: options.capability
})

/** Declares a notification.  */
export const notification = <const Name extends string, Params extends Payload>(
  name: Name,
  options: { readonly params: Params }
): Notification<Name, Params> => ({
  _tag: "Notification",
  name,
  params: options.params
})
