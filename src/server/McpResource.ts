/**
 * Resources: what a server lets be read, by URI or by a template of URIs.
 *
 * `make` declares one resource, `template` many with one form of URI and typed variables; `toLayer` registers either with
 * what reads it, for as long as the Layer lives. What is read is text, bytes, or several contents. Files of a directory
 * are `McpFiles`.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/resources
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ResourceContents } from "../protocol/McpContent.ts"
import type { Annotations, CacheHints, Icon, JsonObject } from "../protocol/McpSchema.ts"
import * as McpUriTemplate from "../protocol/McpUriTemplate.ts"
import type { Resource } from "../protocol/methods/resources.ts"
import { type Definition, register, registerTemplate } from "./internal/resourceRunner.ts"
import type { PageFunction } from "./internal/sources.ts"
import { TextFields } from "./internal/textFields.ts"
import type { McpRequest } from "./McpRequest.ts"
import type { Unanswered } from "./Ask.ts"
import type { HandlerError, McpServer, NameTaken } from "./McpServer.ts"
import type { Completers, CompleterServices } from "./McpPrompt.ts"

export { contents } from "../protocol/McpContent.ts"
export { notFound } from "./internal/registry.ts"

/** What a handler may return: text, bytes, contents with URIs and types of their own, or several of these. */
export type Output = string | Uint8Array | ResourceContents | ReadonlyArray<ResourceContents>

export interface Options {
  /** A name for programs. */
  readonly name: string
  /** A name for people; clients show it instead of `name`. */
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** The type of what is read, where its contents do not say. */
  readonly mimeType?: string | undefined
  /** For whom it is, and how much it matters. */
  readonly annotations?: Annotations | undefined
  readonly icons?: ReadonlyArray<Icon> | undefined
  /** Its `_meta` in lists. */
  readonly meta?: JsonObject | undefined
  /** For guards and other middleware of the server; clients do not see them. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** How long, and by whom, what is read may be cached. Default: what the server says for `resources/read`. */
  readonly cache?: CacheHints | undefined
  /** How long reading may take; then it is interrupted and refused. Default: no limit. */
  readonly timeout?: Duration.Input | undefined
}

/** One resource. */
export interface McpResource {
  readonly uri: string
  /** Registers the resource with what reads it, for as long as the Layer lives. */
  toLayer<R = never>(
    read: Effect.Effect<Output, HandlerError | Unanswered, R>
  ): Layer.Layer<never, never, McpServer | Exclude<R, McpRequest | Scope.Scope>>
  /** As `toLayer`, while the server runs, until the Scope closes. */
  register<R = never>(
    read: Effect.Effect<Output, HandlerError | Unanswered, R>
  ): Effect.Effect<void, NameTaken, McpServer | Scope.Scope | Exclude<R, McpRequest | Scope.Scope>>
}

/**
 * Declares a resource.
 *
 * ```ts
 * const Readme = McpResource.make("docs://readme", { name: "readme", mimeType: "text/markdown" })
 * const ReadmeLive = Readme.toLayer(Effect.succeed("# Read me"))
 * ```
 */
export const make = (
  uri: string,
  options: Options & {
    /** Bytes, before base64, if it is known. */
    readonly size?: number | undefined
  }
): McpResource => {
  const definition: Definition = { ...options, uri }
  return {
    uri,
    toLayer: (read) => Layer.effectDiscard(Effect.orDie(register(definition, read))),
    register: (read) => register(definition, read)
  }
}

type Operator = "+" | "#" | "." | "/" | ";" | "?" | "&"

/** The schema of a variable about which nothing is said: one of a query may be absent. */
type Text<Operator extends string, Schema_ extends Schema.Constraint> = Operator extends "?" | "&"
  ? Schema.optionalKey<Schema_>
  : Schema_
type Field<Name extends string, Op extends string> = Name extends `${infer N}*`
  ? { readonly [K in N]: Text<Op, Schema.$Array<Schema.String>> }
  : Name extends `${infer N}:${string}`
    ? { readonly [K in N]: Text<Op, Schema.String> }
    : { readonly [K in Name]: Text<Op, Schema.String> }
type Fields<Names extends string, Op extends string> = Names extends `${infer First},${infer Rest}`
  ? Field<First, Op> & Fields<Rest, Op>
  : Field<Names, Op>
type Expression<Body extends string> = Body extends `${infer Op extends Operator}${infer Names}`
  ? Fields<Names, Op>
  : Fields<Body, "">
type Expressions<Template extends string> = Template extends `${string}{${infer Body}}${infer Rest}`
  ? Expression<Body> & Expressions<Rest>
  : {}

/** The variables of a template as text, where no schemas are given. */
export type Texts<Template extends string> = {
  readonly [Name in VariablesOf<Template>]: Name extends keyof Expressions<Template>
    ? Extract<Expressions<Template>[Name], TextSchema>
    : Schema.String
}

/** The names of a template's variables. */
export type VariablesOf<Template extends string> = string extends Template
  ? string
  : keyof Expressions<Template> & string

/** A schema of a variable: its encoded side is text, or a list of texts for an exploded variable (`{path*}`). */
export interface TextSchema extends Schema.ConstraintCodec<
  unknown,
  string | ReadonlyArray<string> | undefined,
  unknown,
  unknown
> {}

/** Instances of a template that are found on demand: a Stream, or a function from a position to a page. */
export type Instances<R> = Stream.Stream<Resource, HandlerError, R> | PageFunction<Resource, R>

export interface TemplateHandlers<Fields extends Schema.Struct.Fields, R, Complete extends Completers<Fields>> {
  /** The resources of this form that are listed. Default: none. */
  readonly list?: Instances<R> | undefined
  /** What variables may become. A variable that is one of some words is completed by them anyway. */
  readonly complete?: Complete | undefined
}

/** Many resources with one form of URI. */
export interface McpResourceTemplate<out Template extends string, Fields extends Schema.Struct.Fields> {
  readonly uriTemplate: Template
  /** The URI of one of them. Fails when a value does not fit its schema. */
  uri(
    variables: Schema.Struct.Type<Fields>
  ): Effect.Effect<string, Schema.SchemaError, Schema.Struct.EncodingServices<Fields>>
  /** Registers the template with what reads its resources, for as long as the Layer lives. */
  toLayer<R = never, R1 = never, Complete extends Completers<Fields> = Completers<Fields, never>>(
    read: (variables: Schema.Struct.Type<Fields>) => Effect.Effect<Output, HandlerError | Unanswered, R>,
    handlers?: TemplateHandlers<Fields, R1, Complete>
  ): Layer.Layer<
    never,
    never,
    | McpServer
    | Exclude<R | R1 | CompleterServices<Complete>, McpRequest | Scope.Scope>
    | Schema.Struct.DecodingServices<Fields>
  >
  /** As `toLayer`, while the server runs, until the Scope closes. */
  register<R = never, R1 = never, Complete extends Completers<Fields> = Completers<Fields, never>>(
    read: (variables: Schema.Struct.Type<Fields>) => Effect.Effect<Output, HandlerError | Unanswered, R>,
    handlers?: TemplateHandlers<Fields, R1, Complete>
  ): Effect.Effect<
    void,
    NameTaken,
    | McpServer
    | Scope.Scope
    | Exclude<R | R1 | CompleterServices<Complete>, McpRequest | Scope.Scope>
    | Schema.Struct.DecodingServices<Fields>
  >
}

/**
 * Declares resources that share a form of URI (RFC 6570). A URI whose variables do not fit their schemas is none of them.
 *
 * ```ts
 * const User = McpResource.template("users://{id}", { name: "user", parameters: { id: Schema.FiniteFromString } })
 * const UserLive = User.toLayer(({ id }) => Effect.map(load(id), (user) => JSON.stringify(user)))
 * ```
 *
 * Throws `InvalidUriTemplate` when the template cannot be read, and an error when the schemas are not those of its variables.
 */
export const template = <
  const Template extends string,
  const Fields extends { readonly [Name in VariablesOf<Template>]: TextSchema } = Texts<Template>
>(
  uriTemplate: Template,
  options: Options & {
    /** A schema for each variable. Default: every variable is a text. */
    readonly parameters?:
      | (Fields & { readonly [Name in Exclude<keyof Fields, VariablesOf<Template>>]: never })
      | undefined
  }
): McpResourceTemplate<Template, Fields> => {
  const parsed = Result.getOrThrowWith(McpUriTemplate.parse(uriTemplate), (problem) => problem)
  const fields = new TextFields(fieldsOf(parsed, options.parameters as Schema.Struct.Fields | undefined))
  const { parameters: _, ...definition } = options
  const encode = Schema.encodeUnknownEffect(Schema.Struct(fields.fields)) as (
    value: unknown
  ) => Effect.Effect<McpUriTemplate.Values, Schema.SchemaError>
  return {
    uriTemplate,
    uri: (variables) => Effect.map(encode(variables), (values) => parsed.expand(values)),
    toLayer: (read, handlers) =>
      Layer.effectDiscard(Effect.orDie(registerTemplate(definition, parsed, fields, read, handlers))),
    register: (read, handlers) => registerTemplate(definition, parsed, fields, read, handlers)
  }
}

/** The schema of a variable about which nothing is said. One of a query may be absent. */
const textOf = ({ explode, operator }: McpUriTemplate.Variable): Schema.Constraint => {
  const text: Schema.Constraint = explode ? Schema.Array(Schema.String) : Schema.String
  return operator === "?" || operator === "&" ? Schema.optionalKey(text) : text
}

const fieldsOf = (
  { template, variables }: McpUriTemplate.UriTemplate,
  given: Schema.Struct.Fields | undefined
): Schema.Struct.Fields => {
  const names = new Set(variables.map(({ name }) => name))
  if (given === undefined) {
    return Object.fromEntries(variables.map((variable) => [variable.name, textOf(variable)])) as Schema.Struct.Fields
  }
  const unknown = Object.keys(given).filter((name) => !names.has(name))
  const missing = [...names].filter((name) => !Object.hasOwn(given, name))
  if (unknown.length + missing.length === 0) return given
  const problems = [
    ...unknown.map((name) => `it has no variable "${name}"`),
    ...missing.map((name) => `its variable "${name}" has no schema`)
  ]
  throw new Error(`McpResource.template("${template}"): ${problems.join(", ")}`)
}
