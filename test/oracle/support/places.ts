/**
 * Names for what the specification's schemas have in place: the vocabulary names it, some revisions do not.
 *
 * By our name and by revision, where in the definitions it stands. What a revision calls otherwise is here too.
 */
import { type Json, versions } from "./files.ts"

type Places = { readonly [version: string]: string }

const in2024 = "2024-11-05"
const in2026 = "2026-07-28"

const since = (first: string, pointer: string): Places =>
  Object.fromEntries(versions.filter((version) => version >= first).map((version) => [version, pointer]))

const until = (last: string, pointer: string): Places =>
  Object.fromEntries(versions.filter((version) => version <= last).map((version) => [version, pointer]))

const form = "properties/params/properties/requestedSchema"
const typedParams = "JSONRPCRequest/properties/params"

export const places: { readonly [name: string]: Places } = {
  Annotations: { [in2024]: "Annotated/properties/annotations" },
  Error: until("2025-06-18", "JSONRPCError/properties/error"),
  JSONRPCErrorResponse: until("2025-06-18", "JSONRPCError"),
  Id: since(in2024, "RequestId"),
  RequestMetaObject: {
    ...until("2025-06-18", `${typedParams}/properties/_meta`),
    "2025-11-25": "RequestParams/properties/_meta"
  },
  ResultMetaObject: until("2025-11-25", "Result/properties/_meta"),
  NotificationMetaObject: {
    ...until("2025-06-18", "JSONRPCNotification/properties/params/properties/_meta"),
    "2025-11-25": "NotificationParams/properties/_meta"
  },
  RequestParams: until("2025-06-18", typedParams),
  NotificationParams: until("2025-06-18", "JSONRPCNotification/properties/params"),
  ContentBlock: until("2025-03-26", "PromptMessage/properties/content"),
  SamplingContent: since(in2024, "SamplingMessage/properties/content"),
  EmbeddedContents: since(in2024, "EmbeddedResource/properties/resource"),
  ResourceTemplateReference: until("2025-03-26", "ResourceReference"),
  InputSchema: since(in2024, "Tool/properties/inputSchema"),
  OutputSchema: since("2025-06-18", "Tool/properties/outputSchema"),
  LegacyTitledEnumSchema: { "2025-06-18": "EnumSchema" },
  RequestedSchema: {
    "2025-06-18": `ElicitRequest/${form}`,
    ...since("2025-11-25", "ElicitRequestFormParams/properties/requestedSchema")
  },
  ElicitedValue: since("2025-06-18", "ElicitResult/properties/content/additionalProperties"),
  ListRootsRequestParams: since(in2024, "ListRootsRequest/properties/params"),
  ElicitationCompleteNotificationParams: { "2025-11-25": "ElicitationCompleteNotification/properties/params" },
  URLElicitationRequiredData: { "2025-11-25": "URLElicitationRequiredError/properties/error/allOf/1/properties/data" },
  UnsupportedProtocolVersionData: {
    [in2026]: "UnsupportedProtocolVersionError/properties/error/allOf/1/properties/data"
  },
  MissingRequiredClientCapabilityData: {
    [in2026]: "MissingRequiredClientCapabilityError/properties/error/allOf/1/properties/data"
  }
}

/** What stands at a place of the definitions. */
export const at = (definitions: Json, pointer: string): unknown =>
  pointer.split("/").reduce<unknown>((node, key) => (node as Json)[key], definitions)

/** The places that a revision has and does not name. */
export const placesOf = (version: string): ReadonlyArray<readonly [name: string, pointer: string]> =>
  Object.entries(places).flatMap(([name, byVersion]) => {
    const pointer = byVersion[version]
    return pointer === undefined ? [] : [[name, pointer] as const]
  })
