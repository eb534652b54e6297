/**
 * What a message is: JSON-RPC 2.0 as tagged values.
 *
 * `decode` turns one line or body into a `Message`, or into a `Malformed` that says what is wrong and whom to answer;
 * it never throws. The `encode*` functions write the envelope as text around a payload that is already JSON text, so a
 * cached list is spliced and never serialised twice. Ids are kept verbatim: one that JSON cannot give back is refused.
 * This module knows no method names and no error codes. It sits between the bytes (`Framing`) and the peer.
 */

/** A request id, given back to the sender exactly as it came: a string, or an integer within ±(2^53 - 1). */
export type Id = string | number

/** The `error` member of a failed response. */
export interface ErrorObject {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

/** A call that wants an answer. `params` is whatever the sender wrote, not yet checked. */
export interface Request {
  readonly _tag: "Request"
  readonly id: Id
  readonly method: string
  readonly params: unknown
}

/** A call that wants no answer. */
export interface Notification {
  readonly _tag: "Notification"
  readonly method: string
  readonly params: unknown
}

/** The answer to a request that went well. */
export interface Success {
  readonly _tag: "Success"
  readonly id: Id
  readonly result: unknown
}

/** The answer to a request that did not. The id is missing when the other side could not read ours. */
export interface Failure {
  readonly _tag: "Failure"
  readonly id: Id | undefined
  readonly error: ErrorObject
}

export type Message = Request | Notification | Success | Failure

/**
 * Something that is not a message. `kind` says what it was meant to be: a broken response is not answered, and what has
 * an id and nothing else may be either. `id` is set where it could be read.
 */
export interface Malformed {
  readonly _tag: "Malformed"
  readonly fault: "Parse" | "Envelope"
  readonly id: Id | undefined
  readonly kind: "request" | "response" | "unknown"
  readonly message: string
  /** The messages of an array, not yet read: where batches are spoken, each of them counts. Never empty. */
  readonly batch?: ReadonlyArray<unknown> | undefined
}

/** JSON text that is ready to be written as it stands: a cached list, a value that was serialised elsewhere. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export const malformed = (
  fault: Malformed["fault"],
  message: string,
  id?: Id | undefined,
  kind: Malformed["kind"] = "unknown"
): Malformed => ({ _tag: "Malformed", fault, id, kind, message })

/** Whether a value can serve as an id: a string, or an integer that JSON writes back exactly as it was read. */
export const isId = (value: unknown): value is Id =>
  typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0))

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Reads one message. Anything else comes back as a `Malformed` that names the problem. */
export const decode = (text: string): Message | Malformed => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return malformed("Parse", "This is not JSON; send one JSON-RPC message")
  }
  return fromJson(value)
}

/** Reads one message from a value that has been parsed already. */
export const fromJson = (value: unknown): Message | Malformed => {
  if (Array.isArray(value)) return batchOf(value)
  if (!isObject(value)) return malformed("Envelope", "A message is a JSON object")
  const id = value["id"]
  if (value["jsonrpc"] !== "2.0") {
    return broken(value, 'A message carries "jsonrpc": "2.0"')
  }
  const method = value["method"]
  if (typeof method === "string") {
    const params = value["params"]
    if (params !== undefined && (typeof params !== "object" || params === null)) {
      return broken(value, '"params" is an object, or left out')
    }
    if (id === undefined) return { _tag: "Notification", method, params }
    if (isId(id)) return { _tag: "Request", id, method, params }
    return malformed("Envelope", '"id" is a string or an integer within ±(2^53 - 1), and not -0')
  }
  if (method !== undefined) return broken(value, '"method" is a string')
  return response(value, id)
}

const batchOf = (batch: ReadonlyArray<unknown>): Malformed =>
  batch.length === 0
    ? malformed("Envelope", "A batch has at least one message")
    : { ...malformed("Envelope", "Batches are not part of this protocol revision; send one message at a time"), batch }

const response = (value: { readonly [key: string]: unknown }, id: unknown): Message | Malformed => {
  const error = value["error"]
  if (value["result"] !== undefined && error === undefined && isId(id)) {
    return { _tag: "Success", id, result: value["result"] }
  }
  if (
    value["result"] === undefined &&
    isObject(error) &&
    (id === undefined || id === null || isId(id)) &&
    typeof error["code"] === "number" &&
    typeof error["message"] === "string"
  ) {
    const { code, data, message } = error
    return {
      _tag: "Failure",
      id: id ?? undefined,
      error: data === undefined ? { code, message } : { code, message, data }
    }
  }
  return broken(value, 'A message has a "method", or an "id" with either a "result" or an "error"')
}

const broken = (value: { readonly [key: string]: unknown }, message: string): Malformed => {
  const id = value["id"]
  return malformed("Envelope", message, isId(id) ? id : undefined, kindOf(value))
}

const kindOf = (value: { readonly [key: string]: unknown }): Malformed["kind"] => {
  if (value["method"] !== undefined) return "request"
  return value["result"] !== undefined || value["error"] !== undefined ? "response" : "unknown"
}

/** Writes an id as JSON. */
export const encodeId = (id: Id): string => (typeof id === "number" ? String(id) : JSON.stringify(id))

/** Writes a payload as JSON, or gives a `Raw` back as it stands. */
export const encodeJson = (value: unknown): string => (value instanceof Raw ? value.text : JSON.stringify(value))

export const encodeRequest = (id: Id, method: string, params: string | undefined): string =>
  params === undefined
    ? `{"jsonrpc":"2.0","id":${encodeId(id)},"method":${JSON.stringify(method)}}`
    : `{"jsonrpc":"2.0","id":${encodeId(id)},"method":${JSON.stringify(method)},"params":${params}}`

export const encodeNotification = (method: string, params: string | undefined): string =>
  params === undefined
    ? `{"jsonrpc":"2.0","method":${JSON.stringify(method)}}`
    : `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${params}}`

export const encodeSuccess = (id: Id, result: string): string =>
  `{"jsonrpc":"2.0","id":${encodeId(id)},"result":${result}}`

/** Writes a failed response. An id that could not be read, or must be withheld, is left out, never `null`. */
export const encodeFailure = (id: Id | undefined, error: ErrorObject): string =>
  id === undefined
    ? `{"jsonrpc":"2.0","error":${JSON.stringify(error)}}`
    : `{"jsonrpc":"2.0","id":${encodeId(id)},"error":${JSON.stringify(error)}}`
