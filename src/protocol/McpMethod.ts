/**
 * A method is a value: its name, the schemas of its payloads, and the capability it needs.
 *
 * Each method is declared once, in `methods/<chapter>.ts`; revisions put them in tables, the server dispatches by them,
 * the client calls by them. Payload schemas are identities (what is decoded is what is written), so reading a payload
 * checks it and gives the same object back: unknown fields and `_meta` survive by construction.
 * This module runs nothing and knows no revision.
 */
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { describeFailure } from "./internal/describe.ts"

/** A schema that can describe a payload: no services, nothing but data. */
export interface Payload extends Schema.ConstraintCodec<unknown, unknown> {}

/** Why a value is not a payload of the method: a sentence with path and expectation, or nothing when it is one. */
export type Check = (value: unknown) => string | undefined

/** A call that is answered. */
export interface Request<out Name extends string, out Params extends Payload, out Result extends Payload> {
  readonly _tag: "Request"
  readonly name: Name
  readonly params: Params
  readonly result: Result
  /** The capability that the answering side must have announced, when there is one. */
  readonly capability: string | undefined
  readonly checkParams: Check
  readonly checkResult: Check
}

/** A call that is not answered. */
export interface Notification<out Name extends string, out Params extends Payload> {
  readonly _tag: "Notification"
  readonly name: Name
  readonly params: Params
  readonly checkParams: Check
}

export interface AnyRequest extends Request<string, Payload, Payload> {}
export interface AnyNotification extends Notification<string, Payload> {}

const checker = (schema: Payload): Check => {
  let decode: ((value: unknown) => Exit.Exit<unknown, Schema.SchemaError>) | undefined
  return (value) => {
    decode ??= Schema.decodeUnknownExit(schema)
    const exit = decode(value)
    return Exit.isSuccess(exit) ? undefined : describeFailure(exit.cause)
  }
}

/** Declares a request. Schemas are compiled on first use. */
export const request = <const Name extends string, Params extends Payload, Result extends Payload>(
  name: Name,
  options: { readonly params: Params; readonly result: Result; readonly capability?: string | undefined }
): Request<Name, Params, Result> => ({
  _tag: "Request",
  name,
  params: options.params,
  result: options.result,
  capability: options.capability,
  checkParams: checker(options.params),
  checkResult: checker(options.result)
})

/** Declares a notification. Schemas are compiled on first use. */
export const notification = <const Name extends string, Params extends Payload>(
  name: Name,
  options: { readonly params: Params }
): Notification<Name, Params> => ({
  _tag: "Notification",
  name,
  params: options.params,
  checkParams: checker(options.params)
})
