/**
 * Prompts: messages that a user chooses, made of typed arguments.
 *
 * `make` declares one, `toLayer` registers it with a handler for as long as the Layer lives. A handler returns a text (one
 * message of the user), messages, or a full result. Arguments travel as text; their schemas decode it.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/prompts
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as McpContent from "../protocol/McpContent.ts"
import type { Icon, JsonObject } from "../protocol/McpSchema.ts"
import type { GetPromptResult } from "../protocol/methods/prompts.ts"
import { register } from "./internal/promptRunner.ts"
import { TextFields } from "./internal/textFields.ts"
import type { McpRequest } from "./McpRequest.ts"
import type { Unanswered } from "./Ask.ts"
import type { HandlerError, McpServer, NameTaken } from "./McpServer.ts"

/** What a handler may return. A text is one message of the user. */
export type Output = string | McpContent.PromptMessage | ReadonlyArray<McpContent.PromptMessage> | GetPromptResult

type Said = string | McpContent.Block

const message = (role: McpContent.PromptMessage["role"], said: Said): McpContent.PromptMessage => ({
  role,
  content: typeof said === "string" ? McpContent.text(said) : said
})

/** A message of the user: a text, or a block of content. */
export const user = (said: Said): McpContent.PromptMessage => message("user", said)

/** A message of the model: a text, or a block of content. */
export const assistant = (said: Said): McpContent.PromptMessage => message("assistant", said)

/** A schema of an argument: its encoded side is text. */
export interface TextSchema extends Schema.ConstraintCodec<unknown, string | undefined, unknown, unknown> {}

export interface Arguments {
  readonly [name: PropertyKey]: TextSchema
}

/** What a completer is told of the other arguments: what has been chosen so far, as text. */
export interface CompletionContext<Fields> {
  readonly arguments: { readonly [Name in keyof Fields]?: string }
}

/** Values to choose from, best first; or some of them, with how many there are. */
export type Completion<A> =
  | ReadonlyArray<A>
  | { readonly values: ReadonlyArray<A>; readonly total?: number | undefined; readonly hasMore?: boolean | undefined }

/** For each field that can be completed: what the text typed so far may become. At most 100 values are sent. */
export type Completers<Fields extends Schema.Struct.Fields, R = unknown> = {
  readonly [Name in keyof Fields]?: (
    typed: string,
    context: CompletionContext<Fields>
  ) => Effect.Effect<Completion<NonNullable<Fields[Name]["Type"]>>, HandlerError, R>
}

/** What completers need. */
export type CompleterServices<Complete> = {
  [Name in keyof Complete]-?: Complete[Name] extends (...given: never) => Effect.Effect<infer _A, infer _E, infer R>
    ? R
    : never
}[keyof Complete]

export interface Options<Fields extends Arguments> {
  /** A name for people; clients show it instead of `name`. */
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** Its arguments. Their titles and descriptions are those of the schemas. Default: none. */
  readonly parameters?: Fields | undefined
  readonly icons?: ReadonlyArray<Icon> | undefined
  /** Its `_meta` in lists. */
  readonly meta?: JsonObject | undefined
  /** For guards and other middleware of the server; clients do not see them. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** How long making it may take; then it is interrupted and refused. Default: no limit. */
  readonly timeout?: Duration.Input | undefined
}

export interface Handlers<Fields extends Schema.Struct.Fields, Complete extends Completers<Fields>> {
  /** What arguments may become. An argument that is one of some words is completed by them anyway. */
  readonly complete?: Complete | undefined
}

export interface McpPrompt<out Name extends string, Fields extends Arguments> {
  readonly name: Name
  /** Registers the prompt with a handler, for as long as the Layer lives. */
  toLayer<R = never, Complete extends Completers<Fields> = Completers<Fields, never>>(
    handler: (input: Schema.Struct.Type<Fields>) => Effect.Effect<Output, HandlerError | Unanswered, R>,
    handlers?: Handlers<Fields, Complete>
  ): Layer.Layer<
    never,
    never,
    | McpServer
    | Exclude<R | CompleterServices<Complete>, McpRequest | Scope.Scope>
    | Schema.Struct.DecodingServices<Fields>
  >
  /** As `toLayer`, while the server runs, until the Scope closes. */
  register<R = never, Complete extends Completers<Fields> = Completers<Fields, never>>(
    handler: (input: Schema.Struct.Type<Fields>) => Effect.Effect<Output, HandlerError | Unanswered, R>,
    handlers?: Handlers<Fields, Complete>
  ): Effect.Effect<
    void,
    NameTaken,
    | McpServer
    | Scope.Scope
    | Exclude<R | CompleterServices<Complete>, McpRequest | Scope.Scope>
    | Schema.Struct.DecodingServices<Fields>
  >
}

/**
 * Declares a prompt.
 *
 * ```ts
 * const Review = McpPrompt.make("review", { parameters: { code: Schema.String, style: Schema.Literals(["strict", "kind"]) } })
 * const ReviewLive = Review.toLayer(({ code, style }) => Effect.succeed(`Review this, be ${style}:\n${code}`))
 * ```
 */
export const make = <const Name extends string, const Fields extends Arguments = {}>(
  name: Name,
  options: Options<Fields> = {}
): McpPrompt<Name, Fields> => {
  const { parameters, ...described } = options
  const definition = { ...described, name }
  const fields = new TextFields((parameters ?? {}) as Schema.Struct.Fields)
  return {
    name,
    toLayer: (handler, handlers) => Layer.effectDiscard(Effect.orDie(register(definition, fields, handler, handlers))),
    register: (handler, handlers) => register(definition, fields, handler, handlers)
  }
}
