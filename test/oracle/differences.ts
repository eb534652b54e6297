/**
 * Where our check and the specification's schemas differ on purpose, and why. Every other difference is a mistake.
 *
 * An entry says in which revisions and at which places of the schema: a path from a definition on, or a test of every
 * subschema. There we accept more (`accepts`), accept less (`requires`), or do without a required field (`forgives`).
 * The schemas are compared with these changes written into them; an entry that changes no verdict fails the run.
 */
import { type Json, versions } from "./support/files.ts"

export interface Difference {
  readonly name: string
  readonly reason: string
  readonly in: ReadonlyArray<string>
  readonly at: ReadonlyArray<string> | ((node: Json, path: string) => boolean)
  readonly accepts?: Json
  readonly requires?: Json
  readonly forgives?: ReadonlyArray<string>
}

const modern = ["2026-07-28"]
const legacy = versions.filter((version) => !modern.includes(version))
const since = (first: string): ReadonlyArray<string> => versions.filter((version) => version >= first)

const requires = (field: string) => (node: Json) =>
  Array.isArray(node["required"]) && (node["required"] as ReadonlyArray<unknown>).includes(field)

const isInteger = ({ type }: Json): boolean => type === "integer" || (Array.isArray(type) && type.includes("integer"))

const SAFE = Number.MAX_SAFE_INTEGER
const ARTEFACT = "schema.ts says number; its translation to JSON Schema made this an integer"
const FORGIVEN = "older servers leave it out, and its absence has a meaning; we write it"
const ELICITED = "ElicitResult/properties/content/additionalProperties"
const responses = [
  "JSONRPCError",
  "JSONRPCErrorResponse",
  "URLElicitationRequiredError",
  "HeaderMismatchError",
  "MissingRequiredClientCapabilityError",
  "UnsupportedProtocolVersionError"
]

export const differences: ReadonlyArray<Difference> = [
  {
    name: "fractions in JSON",
    reason: ARTEFACT,
    in: modern,
    at: ["JSONValue"],
    accepts: { type: "number" }
  },
  {
    name: "null in JSON",
    reason: "schema.ts says null; its translation to JSON Schema lost it",
    in: modern,
    at: ["JSONValue"],
    accepts: { type: "null" }
  },
  {
    name: "fractions as elicited values",
    reason: ARTEFACT,
    in: since("2025-06-18"),
    at: [ELICITED],
    accepts: { type: "number" }
  },
  {
    name: "integers beyond 2^53",
    reason: "JSON.parse has changed them before anyone could look, so what would be used is another number",
    in: versions,
    at: (node, path) => isInteger(node) && !path.startsWith("JSONValue") && !path.startsWith(ELICITED),
    requires: { anyOf: [{ type: ["string", "null"] }, { type: "integer", minimum: -SAFE, maximum: SAFE }] }
  },
  {
    name: "extensions in legacy capabilities",
    reason: "deployed hosts send them there, and they are read; so they are checked",
    in: legacy,
    at: ["ClientCapabilities", "ServerCapabilities"],
    requires: {
      type: "object",
      properties: { extensions: { type: "object", additionalProperties: { type: "object" } } }
    }
  },
  { name: "no resultType", reason: FORGIVEN, in: modern, at: requires("resultType"), forgives: ["resultType"] },
  { name: "no ttlMs", reason: FORGIVEN, in: modern, at: requires("ttlMs"), forgives: ["ttlMs"] },
  { name: "no cacheScope", reason: FORGIVEN, in: modern, at: requires("cacheScope"), forgives: ["cacheScope"] },
  {
    name: "a cancellation without params",
    reason: "absent params are read as {}, and there no field of them is required",
    in: ["2025-11-25"],
    at: ["CancelledNotification"],
    forgives: ["params"]
  },
  {
    name: "_meta of task requests",
    reason: "every request has the same _meta; the schema writes these params in place and leaves it out",
    in: ["2025-11-25"],
    at: ["GetTaskRequest", "GetTaskPayloadRequest", "CancelTaskRequest"].map((name) => `${name}/properties/params`),
    requires: { type: "object", properties: { _meta: { $ref: "#/$defs/RequestMetaObject" } } }
  },
  {
    name: "_meta of a completed elicitation",
    reason: "every notification has the same _meta; the schema writes these params in place and leaves it out",
    in: ["2025-11-25"],
    at: ["ElicitationCompleteNotification/properties/params"],
    requires: { type: "object", properties: { _meta: { $ref: "#/$defs/NotificationMetaObject" } } }
  },
  {
    name: "answers in a retry",
    reason: "each is checked where it is read, against the question that it answers",
    in: modern,
    at: ["CallTool", "GetPrompt", "ReadResource", "InputResponse"].map(
      (name) => `${name}RequestParams/properties/inputResponses`
    ),
    accepts: { type: "object", additionalProperties: { type: "object" } }
  },
  {
    name: "an error for the id null",
    reason: "JSON-RPC 2.0 answers so what it could not read; a reader takes it for an error without an id",
    in: versions,
    at: responses.map((name) => `${name}/properties/id`),
    accepts: { type: "null" }
  },
  {
    name: "an error without id",
    reason: "what could not be read is answered without one since 2025-11-25; a reader need not know the revision",
    in: versions.filter((version) => version < "2025-11-25"),
    at: ["JSONRPCError"],
    forgives: ["id"]
  },
  {
    name: "taskIds in subscriptions",
    reason: "the tasks extension adds them to the filter, and has no schema here",
    in: modern,
    at: ["SubscriptionFilter"],
    requires: { type: "object", properties: { taskIds: { type: "array", items: { type: "string" } } } }
  },
  {
    name: "more than 100 completions",
    reason: "the text of every revision forbids them; only the schema of 2026-07-28 does",
    in: legacy,
    at: ["CompleteResult/properties/completion/properties/values"],
    requires: { type: "array", maxItems: 100 }
  }
]
