/**
 * What is judged by what: every payload and shape of the vocabulary, by chapter, and the definitions that judge it.
 *
 * A row is the parameters of a method inside their whole message, its result inside the whole response, an error inside
 * its response, or a shape as it is. Methods and shapes are found by the specification's names among the exports of the
 * chapters' modules; a revision has a row when its tables have the method, or its schema the definition.
 */
import { Schema } from "effect"
import { nameOf } from "../../../src/protocol/internal/shape.ts"
import type { AnyNotification, AnyRequest } from "../../../src/protocol/McpMethod.ts"
import type { McpRevision } from "../../../src/protocol/McpRevision.ts"
import * as JsonRpc from "../../../src/wire/JsonRpc.ts"
import { isObject } from "./amend.ts"
import type { Json } from "./files.ts"
import { type Judged, judgeOf } from "./judge.ts"

export interface Row {
  readonly chapter: string
  readonly name: string
  readonly schema: Schema.Constraint
  /** Whether a payload travels in a message, or is judged as it is. */
  readonly isMessage: boolean
  /** The whole message that a payload travels in. */
  readonly message: (payload: unknown, id: JsonRpc.Id) => unknown
  /** The payload in a message. */
  readonly payload: (message: unknown) => unknown
  /** Why a message is refused by us, or nothing. */
  readonly refusal: (revision: McpRevision, message: unknown) => string | undefined
  /** What judges a message in a revision; nothing when the revision does not have the row. */
  readonly judged: (revision: McpRevision) => ReadonlyArray<Judged> | undefined
}

const member = (name: string) => (message: unknown) => (isObject(message) ? message[name] : undefined)
const whole = (message: unknown): unknown => message

const byWhole = (definition: string): Judged => ({ definition, of: whole, isWhole: true })
const byMember = (definition: string, name: string): Judged => ({ definition, of: member(name), isWhole: false })

const methodOf = (definition: unknown): unknown => {
  const { method } =
    (definition as { readonly properties?: { readonly method?: { readonly const?: unknown } } }).properties ?? {}
  return method?.const
}

/** The definition of a method in a revision. */
const definitionOf = ({ version }: McpRevision, method: string): string => {
  const found = Object.entries(judgeOf(version).definitions).find(([, one]) => methodOf(one) === method)
  if (found === undefined) throw new Error(`The schema of ${version} has no method "${method}"`)
  return found[0]
}

const firstOf = (definitions: Json, names: ReadonlyArray<string>): string => names.find((name) => name in definitions)!

const has = ({ client, server }: McpRevision, { _tag, name }: AnyRequest | AnyNotification): boolean =>
  _tag === "Request"
    ? client.requests.has(name) || server.requests.has(name)
    : client.notifications.has(name) || server.notifications.has(name)

const params = (chapter: string, method: AnyRequest | AnyNotification): Row => ({
  chapter,
  name: method.name,
  schema: method.params,
  isMessage: true,
  message: (payload, id) => ({
    jsonrpc: "2.0",
    ...(method._tag === "Request" ? { id } : undefined),
    method: method.name,
    params: payload
  }),
  payload: member("params"),
  refusal: (revision, message) => {
    const read = JsonRpc.fromJson(message)
    if (read._tag !== method._tag || read.method !== method.name) return `read as ${read._tag}`
    return revision.check(method.params, read.params ?? {})
  },
  judged: (revision) =>
    has(revision, method) ? [definitionOf(revision, method.name), `JSONRPC${method._tag}`].map(byWhole) : undefined
})

const result = (chapter: string, method: AnyRequest): Row => ({
  chapter,
  name: `${method.name} result`,
  schema: method.result,
  isMessage: true,
  message: (payload, id) => ({ jsonrpc: "2.0", id, result: payload }),
  payload: member("result"),
  refusal: (revision, message) => {
    const read = JsonRpc.fromJson(message)
    return read._tag === "Success" ? revision.check(method.result, read.result) : `read as ${read._tag}`
  },
  judged: (revision) => {
    if (!has(revision, method)) return undefined
    const { definitions } = judgeOf(revision.version)
    const stem = definitionOf(revision, method.name).replace(/Request$/, "")
    const response = firstOf(definitions, [`${stem}ResultResponse`, "JSONRPCResultResponse", "JSONRPCResponse"])
    return [byMember(firstOf(definitions, [`${stem}Result`, "EmptyResult"]), "result"), byWhole(response)]
  }
})

/** A shape that is judged as it is, by the definition of its name. */
export const shape = (chapter: string, name: string, schema: Schema.Constraint, since = ""): Row => ({
  chapter,
  name,
  schema,
  isMessage: false,
  message: whole,
  payload: whole,
  refusal: (revision, message) => revision.check(schema, message),
  judged: ({ version }) => (version >= since && name in judgeOf(version).definitions ? [byWhole(name)] : undefined)
})

/** An error object inside its response. */
export const failure = (name: string, schema: Schema.Constraint, isWhole: boolean): Row => ({
  chapter: "errors",
  name,
  schema,
  isMessage: true,
  message: (payload, id) => ({ jsonrpc: "2.0", id, error: payload }),
  payload: member("error"),
  refusal: (revision, message) => {
    const read = JsonRpc.fromJson(message)
    return read._tag === "Failure" ? revision.check(schema, read.error) : `read as ${read._tag}`
  },
  judged: ({ version }) => {
    const { definitions } = judgeOf(version)
    if (!(name in definitions)) return undefined
    return [isWhole ? byWhole(name) : byMember(name, "error"), byWhole("JSONRPCErrorResponse")]
  }
})

const isMethod = (value: unknown): value is AnyRequest | AnyNotification =>
  isObject(value) && (value["_tag"] === "Request" || value["_tag"] === "Notification")

/** The rows of a module's exports: its methods, and its shapes that have a name. */
export const rowsIn = (chapter: string, module: { readonly [name: string]: unknown }): ReadonlyArray<Row> =>
  Object.values(module).flatMap((value): ReadonlyArray<Row> => {
    if (isMethod(value)) {
      return value._tag === "Request" ? [params(chapter, value), result(chapter, value)] : [params(chapter, value)]
    }
    const name = Schema.isSchema(value) ? nameOf(value.ast) : undefined
    return name === undefined ? [] : [shape(chapter, name, value as Schema.Constraint)]
  })
