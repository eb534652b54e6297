/**
 * From the headers and the message of a POST to what is done with it: pure, and before any fiber starts.
 *
 * A message is modern if its `_meta` names a revision, or if its header names a modern one; every other is legacy. The
 * rungs, in this order: the revision's header, `Mcp-Method`, `Mcp-Name`, `Mcp-Param-*`. What `_meta` says besides, the
 * method and its parameters are the server's to check: so the last rung waits for a revision and capabilities that hold.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
import * as McpHeader from "../../../protocol/McpHeader.ts"
import type { McpRevision } from "../../../protocol/McpRevision.ts"
import { metaKeys } from "../../../protocol/McpSchema.ts"
import * as Result from "effect/Result"
import type { Malformed, Message, Request } from "../../../wire/JsonRpc.ts"
import type { Admission, Principal, Refusal } from "../../McpTransport.ts"

export type Headers = { readonly [name: string]: string | undefined }

export type Verdict =
  /** An exchange of its own, in this revision. */
  | { readonly _tag: "Modern"; readonly revision: string }
  /** Part of a session, or of none; `revision` is what the header names. */
  | { readonly _tag: "Legacy"; readonly revision: string | undefined }
  | { readonly _tag: "Rejected"; readonly refusal: Refusal; readonly revision: string | undefined }

const VERSION = "mcp-protocol-version"

type Json = { readonly [key: string]: unknown }

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const member = (value: unknown, key: string): unknown => (isObject(value) ? value[key] : undefined)

const metaOf = (message: Message | Malformed): unknown =>
  message._tag === "Request" || message._tag === "Notification" ? member(message.params, "_meta") : undefined

/** The revision of that name, if it is spoken. */
export const find = (revisions: ReadonlyArray<McpRevision>, version: unknown): McpRevision | undefined =>
  revisions.find((revision) => revision.version === version)

/** Whether a message says that it follows a modern revision. */
export const claimsModern = (value: unknown): boolean =>
  member(member(member(value, "params"), "_meta"), metaKeys.protocolVersion) !== undefined

/** What becomes of a message. */
export const judge = (
  message: Message | Malformed,
  headers: Headers,
  admission: Admission,
  principal: Principal
): Verdict => {
  const header = headers[VERSION]?.trim()
  const meta = metaOf(message)
  const version = member(meta, metaKeys.protocolVersion)
  if (version === undefined && find(admission.revisions, header)?.era !== "modern")
    return legacy(message, header, admission)
  const revision = typeof version === "string" ? version : header
  const problem = message._tag === "Request" ? mismatch(message, headers, admission, principal) : undefined
  if (problem === undefined) return { _tag: "Modern", revision: revision ?? "" }
  const id = message._tag === "Request" ? message.id : undefined
  // an unknown revision has no table: its header is refused with the codes of the latest
  const spoken = find(admission.revisions, revision)?.version ?? admission.revisions.at(-1)?.version
  return { _tag: "Rejected", refusal: { fault: "HeaderMismatch", detail: problem, id }, revision: spoken }
}

const legacy = (message: Message | Malformed, header: string | undefined, { revisions }: Admission): Verdict => {
  const opens = message._tag === "Request" && message.method === "initialize"
  if (opens || header === undefined || find(revisions, header) !== undefined) {
    return { _tag: "Legacy", revision: opens ? undefined : header }
  }
  const supported = revisions.map(({ version }) => version)
  return {
    _tag: "Rejected",
    revision: undefined,
    refusal: {
      fault: "UnsupportedVersion",
      detail: `Protocol version ${JSON.stringify(header.slice(0, 100))} in the header MCP-Protocol-Version is not supported`,
      id: message._tag === "Request" ? message.id : undefined,
      data: { supported, requested: header.slice(0, 100) }
    }
  }
}

/** What of the headers does not agree with the message, as a sentence. */
const mismatch = (
  { method, params }: Request,
  headers: Headers,
  admission: Admission,
  principal: Principal
): string | undefined => {
  const meta = member(params, "_meta")
  const version = member(meta, metaKeys.protocolVersion)
  const header = headers[VERSION]?.trim()
  if (typeof version === "string" && header !== version) {
    return differs("MCP-Protocol-Version", header, version, `"${metaKeys.protocolVersion}" in "_meta"`)
  }
  const named = headers["mcp-method"]?.trim()
  if (named !== method) return differs("Mcp-Method", named, method, "the message's method")
  const field = McpHeader.nameField(method)
  const name = field === undefined ? undefined : member(params, field)
  if (typeof name !== "string") return undefined
  if (!McpHeader.says(headers["mcp-name"], name)) {
    return differs("Mcp-Name", headers["mcp-name"], name, `"${field}" in the message`)
  }
  if (find(admission.revisions, version)?.era !== "modern" || !isObject(member(meta, metaKeys.clientCapabilities))) {
    return undefined
  }
  return unmirrored(admission.requiredHeaders(method, name, principal), headers, member(params, "arguments"))
}

const unmirrored = (
  params: ReadonlyArray<McpHeader.HeaderParam>,
  headers: Headers,
  args: unknown
): string | undefined => {
  const wrong = params.find(
    (param) => !McpHeader.agrees(param, headers[param.header.toLowerCase()], McpHeader.argumentAt(param, args))
  )
  if (wrong === undefined) return undefined
  const problem = Result.getFailure(McpHeader.decodeValue(headers[wrong.header.toLowerCase()] ?? ""))
  const why = problem._tag === "Some" ? `; ${problem.value.detail}` : ""
  return `The header ${wrong.header} does not say what the argument "${wrong.path.join(".")}" says${why}`
}

const differs = (header: string, value: string | undefined, wanted: string, what: string): string =>
  value === undefined
    ? `The header ${header} is missing; it says what ${what} says`
    : `The header ${header} says ${JSON.stringify(value.slice(0, 200))}, but ${what} is ${JSON.stringify(wanted.slice(0, 200))}`
