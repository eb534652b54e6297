/**
 * Chapter `client/elicitation`: a server asks the user, by a form or by a page that the user opens.
 *
 * In 2026-07-28 it is only an input request (`mrtr.ts`).
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation
 */
import * as Schema from "effect/Schema"
import { choice, shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { HostRequestParams, HostResult, NotificationParams, TaskAugmentedRequestParams } from "../McpSchema.ts"

const optional = Schema.optionalKey
const strings = Schema.Array(Schema.String)
const said = { title: optional(Schema.String), description: optional(Schema.String) }

export const StringSchema = shape("StringSchema", {
  type: Schema.Literal("string"),
  minLength: optional(Schema.Int),
  maxLength: optional(Schema.Int),
  format: optional(Schema.Literals(["email", "uri", "date", "date-time"])),
  default: optional(Schema.String),
  ...said
})

export const NumberSchema = shape("NumberSchema", {
  type: Schema.Literals(["number", "integer"]),
  minimum: optional(Schema.Finite),
  maximum: optional(Schema.Finite),
  default: optional(Schema.Finite),
  ...said
})

export const BooleanSchema = shape("BooleanSchema", {
  type: Schema.Literal("boolean"),
  default: optional(Schema.Boolean),
  ...said
})

const titled = Schema.Array(Schema.Struct({ const: Schema.String, title: Schema.String }))
const oneOfThem = { type: Schema.Literal("string"), default: optional(Schema.String), ...said }
const someOfThem = {
  type: Schema.Literal("array"),
  minItems: optional(Schema.Int),
  maxItems: optional(Schema.Int),
  default: optional(strings),
  ...said
}

export const UntitledSingleSelectEnumSchema = shape("UntitledSingleSelectEnumSchema", { enum: strings, ...oneOfThem })
export const TitledSingleSelectEnumSchema = shape("TitledSingleSelectEnumSchema", { oneOf: titled, ...oneOfThem })

/** The titles beside the values, as before 2025-11-25. */
export const LegacyTitledEnumSchema = shape("LegacyTitledEnumSchema", {
  enum: strings,
  enumNames: optional(strings),
  ...oneOfThem
})

export const UntitledMultiSelectEnumSchema = shape("UntitledMultiSelectEnumSchema", {
  items: Schema.Struct({ type: Schema.Literal("string"), enum: strings }),
  ...someOfThem
})
export const TitledMultiSelectEnumSchema = shape("TitledMultiSelectEnumSchema", {
  items: Schema.Struct({ anyOf: titled }),
  ...someOfThem
})

/** One field of a form. */
export const PrimitiveSchemaDefinition = choice("PrimitiveSchemaDefinition", [
  TitledSingleSelectEnumSchema,
  LegacyTitledEnumSchema,
  UntitledSingleSelectEnumSchema,
  TitledMultiSelectEnumSchema,
  UntitledMultiSelectEnumSchema,
  StringSchema,
  NumberSchema,
  BooleanSchema
])
export type PrimitiveSchemaDefinition = typeof PrimitiveSchemaDefinition.Type

export const ElicitRequestFormParams = shape("ElicitRequestFormParams", {
  mode: optional(Schema.Literal("form")),
  message: Schema.String,
  /** An object whose properties are all primitive. */
  requestedSchema: shape("RequestedSchema", {
    $schema: optional(Schema.String),
    type: Schema.Literal("object"),
    properties: Schema.Record(Schema.String, PrimitiveSchemaDefinition),
    required: optional(strings)
  }),
  ...TaskAugmentedRequestParams,
  ...HostRequestParams
})
export interface ElicitRequestFormParams extends Schema.Schema.Type<typeof ElicitRequestFormParams> {}

/** A page that the user opens. Since 2025-11-25. */
export const ElicitRequestURLParams = shape("ElicitRequestURLParams", {
  mode: Schema.Literal("url"),
  message: Schema.String,
  url: Schema.String,
  /** Names the elicitation in `notifications/elicitation/complete` (2025-11-25). */
  elicitationId: optional(Schema.String),
  ...TaskAugmentedRequestParams,
  ...HostRequestParams
})
export interface ElicitRequestURLParams extends Schema.Schema.Type<typeof ElicitRequestURLParams> {}

export const ElicitRequestParams = choice("ElicitRequestParams", [ElicitRequestURLParams, ElicitRequestFormParams])
export type ElicitRequestParams = ElicitRequestURLParams | ElicitRequestFormParams

/** What one field of a form was given. */
export const ElicitedValue = choice("ElicitedValue", [
  Schema.String.annotate({ identifier: "ElicitedString" }),
  Schema.Finite.annotate({ identifier: "ElicitedNumber" }),
  Schema.Boolean.annotate({ identifier: "ElicitedBoolean" }),
  strings.annotate({ identifier: "ElicitedStrings" })
])

export const ElicitResult = shape("ElicitResult", {
  action: Schema.Literals(["accept", "decline", "cancel"]),
  /** The form as it was sent; only with `accept`, and not in URL mode. */
  content: optional(Schema.Record(Schema.String, ElicitedValue)),
  ...HostResult
})
export interface ElicitResult extends Schema.Schema.Type<typeof ElicitResult> {}

export const Elicit = McpMethod.request("elicitation/create", {
  params: ElicitRequestParams,
  result: ElicitResult,
  capability: "elicitation"
})

/** The user has done what the page was for (2025-11-25). */
export const ElicitationComplete = McpMethod.notification("notifications/elicitation/complete", {
  params: shape("ElicitationCompleteNotificationParams", { elicitationId: Schema.String, ...NotificationParams })
})
