/**
 * Agreeing on a revision: the handshake of the legacy era, the discovery of the modern one, and the probe between them.
 *
 * The probe asks `server/discover`; on a pipe a server that stays silent is also sent `initialize`, and the first reply
 * decides. Any refusal that is not a modern one means legacy; what has not reached the server, or not been let in, means
 * nothing. What was learned by an answer may be remembered by the caller; what was learned by silence may not.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning
 */
import * as Effect from "effect/Effect"
import { type McpError, Undecodable, Unsupported } from "../../protocol/McpError.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import { Implementation, type JsonObject, metaKeys, type ServerCapabilities } from "../../protocol/McpSchema.ts"
import { Discover, type DiscoverResult } from "../../protocol/methods/discover.ts"
import { Initialize, Initialized, type InitializeResult } from "../../protocol/methods/lifecycle.ts"
import * as revisions from "../../protocol/revisions/index.ts"
import * as Schema from "effect/Schema"
import { incomplete } from "./answered.ts"
import { mcpError } from "./errors.ts"
import type { Identity, Link } from "./link.ts"

/** What both sides know of each other afterwards. */
export interface Agreement {
  readonly revision: McpRevision
  readonly serverInfo: Implementation | undefined
  readonly capabilities: ServerCapabilities
  readonly instructions: string | undefined
  /** Whether the era was told by the server, or only concluded from its silence. */
  readonly certain: boolean
}

/** The codes by which a modern server refuses a version, headers, a client without a capability; in every revision. */
const { HeaderMismatch, MissingCapability, UnsupportedVersion } = revisions.latestModern.errors

const isImplementation = Schema.is(Implementation)

/** Opens a legacy conversation. */
export const initialize = Effect.fnUntraced(function* (
  link: Link,
  identity: Identity,
  wanted: McpRevision = revisions.latestLegacy
): Effect.fn.Return<Agreement, McpError> {
  const params = JSON.stringify({
    protocolVersion: wanted.version,
    capabilities: identity.hosts.capabilities(wanted),
    clientInfo: identity.clientInfo
  })
  link.speak(wanted)
  const result = yield* link.request(Initialize.name, params.slice(1, -1))
  const version = (result as { readonly protocolVersion?: unknown } | null)?.protocolVersion
  const revision = typeof version === "string" ? revisions.find(version) : undefined
  const problem = (revision ?? wanted).check(Initialize.result, result)
  if (problem !== undefined) return yield* mcpError(new Undecodable({ method: Initialize.name, detail: problem }))
  const { capabilities, instructions, protocolVersion, serverInfo } = result as InitializeResult
  if (revision === undefined || revision.era !== "legacy") {
    return yield* mcpError(
      new Unsupported({
        feature: `Protocol version ${protocolVersion}`,
        detail: "the server wants it, this client does not speak it"
      })
    )
  }
  link.speak(revision)
  yield* link.notify(Initialized.name)
  return { revision, serverInfo, capabilities, instructions, certain: true }
})

/** Asks a modern server what it offers; once more where it refuses the version, and names the same. */
const discover = Effect.fnUntraced(function* (link: Link, wanted: McpRevision) {
  link.speak(wanted)
  const asked = Effect.suspend(() => link.request(Discover.name, ""))
  const result = yield* Effect.catch(asked, (error) =>
    versionsOf(error)?.includes(wanted.version) === true ? asked : Effect.fail(error)
  )
  const refused = incomplete(Discover.name, result)
  if (refused !== undefined) return yield* refused
  const problem = wanted.check(Discover.result, result)
  if (problem !== undefined) return yield* mcpError(new Undecodable({ method: Discover.name, detail: problem }))
  return result as DiscoverResult
})

/** What a modern server says of itself now. */
export const rediscovered = (link: Link, { revision }: Agreement): Effect.Effect<Agreement, McpError> =>
  Effect.map(discover(link, revision), (found) => agreed(link, revision, found))

const agreed = (link: Link, revision: McpRevision, found: DiscoverResult): Agreement => {
  link.speak(revision)
  const serverInfo = (found._meta as JsonObject | undefined)?.[metaKeys.serverInfo]
  return {
    revision,
    serverInfo: isImplementation(serverInfo) ? serverInfo : undefined,
    capabilities: found.capabilities,
    instructions: found.instructions,
    certain: true
  }
}

const latestOf = (versions: ReadonlyArray<string>): McpRevision | undefined =>
  revisions.revisions.findLast((revision) => revision.era === "modern" && versions.includes(revision.version))

const noneInCommon = (versions: ReadonlyArray<string>): McpError =>
  mcpError(
    new Unsupported({
      feature: "A common protocol revision",
      detail:
        `the server speaks ${versions.join(", ") || "none that it names"}; ` +
        `this client speaks ${revisions.revisions.map(({ version }) => version).join(", ")}`
    })
  )

/** Agrees on one given revision, or fails. */
export const pinned = Effect.fnUntraced(function* (
  link: Link,
  identity: Identity,
  revision: McpRevision
): Effect.fn.Return<Agreement, McpError> {
  if (revision.era === "modern") {
    const found = yield* discover(link, revision)
    return found.supportedVersions.includes(revision.version)
      ? agreed(link, revision, found)
      : yield* noneInCommon(found.supportedVersions)
  }
  const agreement = yield* initialize(link, identity, revision)
  return agreement.revision === revision ? agreement : yield* noneInCommon([agreement.revision.version])
})

/** What a refused discovery says: versions to choose from, or that the server is of the legacy era. */
const versionsOf = (error: McpError): ReadonlyArray<string> | undefined => {
  const { reason } = error
  if (reason._tag !== "Remote" || reason.code !== UnsupportedVersion) return undefined
  const supported = (reason.data as { readonly supported?: unknown } | undefined)?.supported
  return Array.isArray(supported) ? supported.filter((version) => typeof version === "string") : []
}

const isLegacyAnswer = ({ reason }: McpError): boolean => {
  switch (reason._tag) {
    case "Remote":
      return reason.code !== HeaderMismatch && reason.code !== MissingCapability
    case "Lost":
      return reason.loss === "Refused"
    default:
      return reason._tag === "Undecodable" || reason._tag === "Busy"
  }
}

/** Finds out which era the server is of, and agrees with it. */
export const probed = (link: Link, identity: Identity): Effect.Effect<Agreement, McpError> => {
  // once `initialize` is out, whatever refuses the discovery has nothing more to say
  let initializing = false
  const legacy = Effect.suspend(() => {
    if (initializing) return Effect.never
    initializing = true
    return initialize(link, identity)
  })

  const choose = (versions: ReadonlyArray<string>, found: DiscoverResult | undefined) => {
    const revision = latestOf(versions)
    if (revision !== undefined && found !== undefined) return Effect.succeed(agreed(link, revision, found))
    if (revision !== undefined && revision !== revisions.latestModern) return pinned(link, identity, revision)
    return versions.some((version) => revisions.find(version)?.era === "legacy")
      ? legacy
      : Effect.fail(noneInCommon(versions))
  }

  const modern = Effect.matchEffect(discover(link, revisions.latestModern), {
    onSuccess: (found) => choose(found.supportedVersions, found),
    onFailure: (error) => {
      const versions = versionsOf(error)
      if (versions !== undefined) return choose(versions, undefined)
      return isLegacyAnswer(error) ? legacy : Effect.fail(error)
    }
  })

  // over HTTP silence is only slow
  if (link.conversation.features.headers) return modern
  const late = Effect.delay(
    Effect.map(legacy, (agreement): Agreement => ({ ...agreement, certain: false })),
    link.limits.probe
  )
  return Effect.raceFirst(modern, late)
}
