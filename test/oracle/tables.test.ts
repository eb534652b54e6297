/**
 * The tables of methods are the specification's, and each of its definitions is judged by something or listed here.
 */
import { assert, describe, it } from "@effect/vitest"
import { revisions } from "../../src/protocol/revisions/index.ts"
import { isObject } from "./support/amend.ts"
import { rows } from "./support/chapters.ts"
import { judgeOf } from "./support/judge.ts"

/** Definitions that no row is judged by, and why. */
const elsewhere: { readonly [reason: string]: ReadonlyArray<string> } = {
  "lists of messages, compared below": ["ClientRequest", "ClientNotification", "ServerRequest", "ServerNotification"],
  "lists of results, each judged with its method": ["ClientResult", "ServerResult"],
  "what all messages are: each is judged with its own definition": [
    "JSONRPCMessage",
    "JSONRPCResponse",
    "JSONRPCError",
    "JSONRPCResultResponse",
    "Request",
    "Notification",
    "PaginatedRequest",
    "JSONRPCBatchRequest",
    "JSONRPCBatchResponse"
  ],
  "bases of shapes that are judged": ["Annotated", "ResourceContents"],
  "choices inside one that is judged": ["EnumSchema", "SingleSelectEnumSchema", "MultiSelectEnumSchema"],
  "parts of what is judged whole": [
    "TaskStatusNotificationParams",
    "SubscriptionsAcknowledgedNotificationParams",
    "SubscribeRequestParams",
    "SubscriptionsListenResultMetaObject",
    "JSONArray",
    "JSONValue"
  ],
  "judged under a newer name": ["ResourceReference"]
}

/** The methods of a definition that is a message, or a choice of messages. */
const methodsOf = (definitions: { readonly [name: string]: unknown }, definition: unknown): ReadonlyArray<string> => {
  if (!isObject(definition)) return []
  const { $ref, anyOf, properties } = definition
  if (typeof $ref === "string") return methodsOf(definitions, definitions[$ref.split("/").at(-1)!])
  if (Array.isArray(anyOf)) return anyOf.flatMap((member) => methodsOf(definitions, member))
  const method = isObject(properties) ? properties["method"] : undefined
  return isObject(method) ? [String(method["const"])] : []
}

describe.each(revisions)("$version", (revision) => {
  const { definitions, named } = judgeOf(revision.version)

  it.each([
    ["client", "requests", "ClientRequest"],
    ["client", "notifications", "ClientNotification"],
    ["server", "requests", "ServerRequest"],
    ["server", "notifications", "ServerNotification"]
  ] as const)("the %s sends the %s of %s", (side, kind, definition) => {
    assert.sameMembers([...revision[side][kind]], [...methodsOf(definitions, definitions[definition])])
  })

  it("every definition is judged", () => {
    const judged = new Set(rows.flatMap((row) => row.judged(revision) ?? []).map(({ definition }) => definition))
    const listed = Object.values(elsewhere).flat()
    const left = [...named].filter((name) => !judged.has(name) && !listed.includes(name))
    console.log(
      `${revision.version}: ${[...named].filter((name) => judged.has(name)).length} of ${named.size} definitions`
    )
    assert.deepStrictEqual(left, [])
  })
})

it("what is listed as not judged is so in some revision", () => {
  const unjudged = revisions.flatMap((revision) => {
    const judged = new Set(rows.flatMap((row) => row.judged(revision) ?? []).map(({ definition }) => definition))
    return [...judgeOf(revision.version).named].filter((name) => !judged.has(name))
  })
  for (const name of Object.values(elsewhere).flat()) assert.include(unjudged, name)
})
