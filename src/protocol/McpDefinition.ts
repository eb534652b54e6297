/**
 * A tool without its handler: name, description and three schemas, as a value both sides share.
 *
 * The server's `McpTool` extends it with a handler; the client's `call` takes it and types arguments, success and
 * failure by it. It pulls neither of them in. Schemas are compiled once per definition, on first use.
 */
import * as Schema from "effect/Schema"
import { Codecs } from "./internal/codecs.ts"
import { requireExpressible } from "./internal/expressible.ts"
import * as McpContent from "./McpContent.ts"
import type { Icon, JsonObject } from "./McpSchema.ts"
import type { ToolAnnotations } from "./methods/tools.ts"

export { codecOf } from "./internal/codecs.ts"
export { fromSchema as fieldsSchema } from "./internal/jsonSchema.ts"
export { describeFailure, isMisfit } from "./internal/describe.ts"
export { InexpressibleSchema } from "./internal/expressible.ts"

/** The parameters of a tool that takes none. */
export interface NoParameters extends Schema.Struct<{}> {}
export const NoParameters: NoParameters = Schema.Struct({})

/** The success of a tool that answers with content blocks instead of a value. */
export interface Content extends Schema.Codec<McpContent.Result> {
  readonly "~mcp-effect/Content": true
}
export const Content: Content = Object.assign(McpContent.Result.annotate({}), {
  "~mcp-effect/Content": true as const
}) as Content

export interface Definition<
  out Name extends string,
  out Parameters extends Schema.Constraint,
  out Success extends Schema.Constraint,
  out Failure extends Schema.Constraint
> {
  readonly name: Name
  readonly title: string | undefined
  readonly description: string | undefined
  readonly parameters: Parameters
  readonly success: Success
  readonly failure: Failure
  readonly annotations: ToolAnnotations | undefined
  readonly icons: ReadonlyArray<Icon> | undefined
  readonly meta: JsonObject | undefined
  readonly tags: ReadonlyArray<string>
  /** The three schemas, compiled. */
  readonly codecs: Codecs
}

/** What every definition is assignable to. */
export interface Any extends Definition<string, Schema.Constraint, Schema.Constraint, Schema.Constraint> {}

/** `unknown` for fields, and for a schema whose encoded side is an object; otherwise the offence, as a type error. */
export type ObjectShaped<P> = P extends Schema.Constraint
  ? P["Encoded"] extends object
    ? Extract<P["Encoded"], ReadonlyArray<unknown>> extends never
      ? unknown
      : NotAnObject<P["Encoded"]>
    : NotAnObject<P["Encoded"]>
  : unknown
export interface NotAnObject<Encoded> {
  readonly "Tool parameters must be fields or a schema whose encoded side is an object; this one is encoded as": Encoded
}

/** The schema that a `parameters` option stands for. */
export type ParametersOf<P extends Schema.Struct.Fields | Schema.Constraint> = P extends Schema.Constraint
  ? P
  : P extends Schema.Struct.Fields
    ? Schema.Struct<P>
    : never

export interface Options<
  Parameters extends Schema.Struct.Fields | Schema.Constraint,
  Success extends Schema.Constraint,
  Failure extends Schema.Constraint
> {
  /** A name for people; clients show it instead of `name`. */
  readonly title?: string | undefined
  /** What the tool does, for the model that chooses it. */
  readonly description?: string | undefined
  /** Fields, or a schema whose encoded side is an object. Default: none. */
  readonly parameters?: (Parameters & ObjectShaped<Parameters>) | undefined
  /** The value it answers with (`structuredContent`). Default: content blocks. */
  readonly success?: Success | undefined
  /** The errors it declares; the client gets them decoded. Default: none. */
  readonly failure?: Failure | undefined
  /** Hints about its behaviour. */
  readonly annotations?: ToolAnnotations | undefined
  /** Pictures that stand for it. */
  readonly icons?: ReadonlyArray<Icon> | undefined
  /** Its `_meta` in lists. */
  readonly meta?: JsonObject | undefined
  /** For guards and other middleware of the server; clients do not see them. */
  readonly tags?: ReadonlyArray<string> | undefined
}

/**
 * Makes a definition; most programs use `McpTool.make`, which is one too.
 *
 * Throws `InexpressibleSchema` when a schema has values that JSON cannot say, or the parameters are no object.
 */
export const make = <
  const Name extends string,
  Parameters extends Schema.Struct.Fields | Schema.Constraint = NoParameters,
  Success extends Schema.Constraint = Content,
  Failure extends Schema.Constraint = Schema.Never
>(
  name: Name,
  options?: Options<Parameters, Success, Failure>
): Definition<Name, ParametersOf<Parameters>, Success, Failure> => {
  const given = options?.parameters
  const parameters =
    given === undefined ? NoParameters : Schema.isSchema(given) ? given : Schema.Struct(given as Schema.Struct.Fields)
  const success: Schema.Constraint = options?.success ?? Content
  const failure: Schema.Constraint = options?.failure ?? Schema.Never
  const described = { parameters: parameters as Schema.Constraint, failure }
  requireExpressible(name, success === Content ? described : { ...described, success })
  return {
    name,
    title: options?.title,
    description: options?.description,
    parameters: parameters as unknown as ParametersOf<Parameters>,
    success: success as Success,
    failure: failure as Failure,
    annotations: options?.annotations,
    icons: options?.icons,
    meta: options?.meta,
    tags: options?.tags ?? [],
    codecs: new Codecs(parameters as Schema.Constraint, success === Content ? undefined : success, failure)
  }
}
