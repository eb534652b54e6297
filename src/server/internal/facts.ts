/**
 * What is known about one request before it is handled: its revision, and who sent it.
 *
 * The era is decided per request: by its `_meta`, else by the conversation's handshake, else by what the exchange says,
 * else it must be `initialize` (or `ping`). This is the only place that decides it.
 */
import type { Call } from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import {
  type ClientCapabilities,
  type Implementation,
  type JsonObject,
  type LoggingLevel,
  metaKeys,
  type ServerCapabilities
} from "../../protocol/McpSchema.ts"
import type { McpRequest } from "../McpRequest.ts"
import type { Asking } from "./asking/asking.ts"
import { INITIAL, levelOf } from "./deprecated/logging.ts"
import type { Item } from "./items.ts"

/** The lists that can change. */
export type ListKind = "tools" | "prompts" | "resources"

/** What a handshake left behind: the state of a legacy conversation. */
export interface Session {
  readonly revision: McpRevision
  readonly clientInfo: Implementation
  readonly capabilities: ClientCapabilities
  /** What the server said that it offers: it holds for the whole conversation. */
  readonly offered: ServerCapabilities
  /** The least severe level of log messages that are sent. */
  logLevel: LoggingLevel
  /** The client has said that it is ready; before, it hears of no changes. */
  ready: boolean
  /** The URIs that it watches. */
  watched: Set<string> | undefined
  /** The kinds of lists that changed before it was ready. */
  missed: Set<ListKind> | undefined
}

/** The state of a conversation after its handshake. */
export const sessionOf = (
  revision: McpRevision,
  offered: ServerCapabilities,
  clientInfo: Implementation,
  capabilities: ClientCapabilities
): Session => ({
  revision,
  clientInfo,
  capabilities,
  offered,
  logLevel: INITIAL,
  ready: false,
  watched: undefined,
  missed: undefined
})

/** The facts of one request. */
export class Facts {
  readonly revision: McpRevision
  readonly meta: JsonObject | undefined
  readonly clientInfo: Implementation | undefined
  readonly capabilities: ClientCapabilities
  /** Log messages from this level on are sent; none when absent. */
  readonly logLevel: LoggingLevel | undefined
  /** What was agreed in the conversation, where there was a handshake. */
  readonly session: Session | undefined
  /** The method that was called, once it is known. */
  method: AnyRequest | undefined = undefined
  /** The tool, prompt or resource that is being used. */
  item: Item | undefined = undefined
  /** The resources that its handler is reading. */
  reading: Set<{ readonly item: Item }> | undefined = undefined
  /** Its questions, once it asks any. */
  asking: Asking | undefined = undefined
  /** The request as handlers and middleware see it, once one of them does. */
  view: McpRequest.Service | undefined = undefined

  constructor(
    revision: McpRevision,
    meta: JsonObject | undefined,
    clientInfo: Implementation | undefined,
    capabilities: ClientCapabilities,
    logLevel: LoggingLevel | undefined,
    session: Session | undefined
  ) {
    this.revision = revision
    this.meta = meta
    this.clientInfo = clientInfo
    this.capabilities = capabilities
    this.logLevel = logLevel
    this.session = session
  }

  /** Whether the request is served by an item, or by one that reads it. */
  uses(item: Item): boolean {
    if (this.item === item) return true
    for (const reading of this.reading ?? []) if (reading.item === item) return true
    return false
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const invalidMeta = (detail: string) => new McpFault({ fault: "InvalidMeta", detail })

const isImplementation = (value: unknown): value is Implementation =>
  isObject(value) && typeof value["name"] === "string" && typeof value["version"] === "string"

const metaOf = (params: unknown): JsonObject | undefined => {
  const meta = isObject(params) ? params["_meta"] : undefined
  return isObject(meta) ? meta : undefined
}

/** The facts of a call, or why it is refused. */
export const factsOf = (call: Call, revisions: ReadonlyArray<McpRevision>): Facts | McpFault => {
  const meta = metaOf(call.params)
  const version = meta?.[metaKeys.protocolVersion]
  if (meta !== undefined && version !== undefined) return modernFacts(meta, version, revisions)
  const session = call.holder?.state as Session | undefined
  if (session !== undefined) return sessionFacts(session, meta)
  if (call.method === "initialize" && !revisions.some(isLegacy)) return noHandshake(call, revisions)
  const revision =
    call.method === "initialize"
      ? openedBy(call, revisions)
      : (revisions.find(({ version }) => version === call.via.revision) ??
        (call.method === "ping" ? revisions.findLast(isLegacy) : undefined))
  if (revision?.era === "modern") {
    return invalidMeta(
      `"_meta" with "${metaKeys.protocolVersion}" comes with every request of revision ${revision.version}`
    )
  }
  if (revision !== undefined) {
    return new Facts(revision, meta, undefined, {}, call.via.features.push ? INITIAL : undefined, undefined)
  }
  return new McpFault({
    fault: "NotInitialized",
    detail:
      `"${call.method}" came before "initialize" and without "_meta"; ` +
      `send "initialize" first, or "${metaKeys.protocolVersion}" in "_meta" with every request`
  })
}

const isLegacy = (revision: McpRevision): boolean => revision.era === "legacy"

const versionOf = (call: Call): unknown => (isObject(call.params) ? call.params["protocolVersion"] : undefined)

/** The revision that a handshake is about: the one it names, or the latest that opens with one. */
const openedBy = (call: Call, revisions: ReadonlyArray<McpRevision>): McpRevision | undefined =>
  revisions.find((revision) => isLegacy(revision) && revision.version === versionOf(call)) ??
  revisions.findLast(isLegacy)

const noHandshake = (call: Call, revisions: ReadonlyArray<McpRevision>): McpFault =>
  new McpFault({
    fault: "UnsupportedVersion",
    detail: 'This server speaks no revision that opens with "initialize"',
    data: { supported: revisions.map(({ version }) => version), requested: String(versionOf(call)) }
  })

const sessionFacts = (session: Session, meta: JsonObject | undefined): Facts =>
  new Facts(session.revision, meta, session.clientInfo, session.capabilities, session.logLevel, session)

const modernFacts = (meta: JsonObject, version: unknown, revisions: ReadonlyArray<McpRevision>): Facts | McpFault => {
  if (typeof version !== "string") return invalidMeta(`"${metaKeys.protocolVersion}" is a string`)
  const revision = revisions.find((revision) => revision.version === version && revision.era === "modern")
  if (revision === undefined) {
    return new McpFault({
      fault: "UnsupportedVersion",
      detail: `Protocol version ${JSON.stringify(version.slice(0, 100))} is not supported here in requests with "_meta"`,
      data: { supported: revisions.map((revision) => revision.version), requested: version.slice(0, 100) }
    })
  }
  const capabilities = meta[metaKeys.clientCapabilities]
  if (!isObject(capabilities)) {
    return invalidMeta(`"${metaKeys.clientCapabilities}" is an object; it comes with every request`)
  }
  const clientInfo = meta[metaKeys.clientInfo]
  if (clientInfo !== undefined && !isImplementation(clientInfo)) {
    return invalidMeta(`"${metaKeys.clientInfo}" is an object with "name" and "version"`)
  }
  const logLevel = levelOf(meta)
  if (logLevel instanceof McpFault) return logLevel
  return new Facts(revision, meta, clientInfo, capabilities, logLevel, undefined)
}
