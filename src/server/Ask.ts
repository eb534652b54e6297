/**
 * Questions to whoever uses the client: by a form, or by a page that the user opens.
 *
 * `yield* request.ask({ user: Ask.form({ message, schema }) })` asks, in every revision that can; several questions of one
 * `ask` travel together. An answer comes back decoded. That the user says no (`ElicitDeclined`), puts the question away
 * (`ElicitCancelled`), or that the client cannot ask at all (`McpError`, `Unsupported`) are different errors.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { codecOf, describeFailure, fieldsSchema } from "../protocol/McpDefinition.ts"
import { ElicitCancelled, ElicitDeclined, InvalidAnswer, McpError } from "../protocol/McpError.ts"
import { inexpressible, type McpRevision } from "../protocol/McpRevision.ts"
import type { ClientCapabilities, JsonObject } from "../protocol/McpSchema.ts"
import { Elicit, type ElicitResult } from "../protocol/methods/elicitation.ts"
import { formOf, formParams } from "./internal/asking/forms.ts"
import type { Question } from "./internal/asking/question.ts"

export { roots } from "./internal/deprecated/roots.ts"
export { sample, type SampleOptions } from "./internal/deprecated/sampling.ts"
export type { AnswerOf, AnyQuestion, ErrorOf, Question, ServicesOf } from "./internal/asking/question.ts"

/** What a user may do other than answer. */
export type Unanswered = ElicitDeclined | ElicitCancelled

/** `unknown` for a schema that a form can ask for; otherwise the first field that it cannot, as a type error. */
export type Flat<S extends Schema.Constraint> = S["Encoded"] extends Scalar
  ? unknown
  : S["Encoded"] extends object
    ? [NotFlatFields<S["Encoded"]>] extends [never]
      ? unknown
      : NotFlat<NotFlatFields<S["Encoded"]>>
    : NotFlat<S["Encoded"]>
type Scalar = string | number | boolean
type NotFlatFields<Encoded> = {
  [K in keyof Encoded]-?: Exclude<Encoded[K], undefined> extends Scalar | ReadonlyArray<string> ? never : K
}[keyof Encoded]
export interface NotFlat<Field> {
  readonly "An elicitation form is a flat object of strings, numbers, booleans and string lists; not flat": Field
}

export interface FormOptions<S extends Schema.Constraint> {
  /** What is asked, for the user. */
  readonly message: string
  /** What is to be filled in: a flat object, or one value. Default: nothing, the user only agrees or does not. */
  readonly schema?: (S & Flat<S>) | undefined
}

const accepted = (answer: JsonObject, key: string): Effect.Effect<ElicitResult, Unanswered> => {
  const result = answer as unknown as ElicitResult
  switch (result.action) {
    case "accept":
      return Effect.succeed(result)
    case "decline":
      return Effect.fail(new ElicitDeclined({ key }))
    case "cancel":
      return Effect.fail(new ElicitCancelled({ key }))
  }
}

const VALUE = "value"
const isObjectSchema = (schema: JsonObject): boolean => schema["type"] === "object"

const lacksForm = ({ elicitation }: ClientCapabilities): ClientCapabilities | undefined =>
  elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
    ? undefined
    : { elicitation: { form: {} } }

/** Asks by a form. The answer is decoded by the schema; without one it is that the user agrees. */
export const form = <S extends Schema.Constraint = Schema.Void>(
  options: FormOptions<S>
): Question<S["Type"], Unanswered, S["DecodingServices"]> => {
  const codec = options.schema === undefined ? undefined : codecOf(options.schema)
  const described = options.schema === undefined ? { type: "object" } : fieldsSchema(options.schema)
  const isWhole = isObjectSchema(described)
  const asked = formOf(isWhole ? described : { type: "object", properties: { [VALUE]: described }, required: [VALUE] })
  return {
    method: Elicit,
    lacks: lacksForm,
    params: (revision: McpRevision) => formParams(options.message, asked, revision),
    understand: (answer, key) =>
      Effect.flatMap(accepted(answer, key), ({ content = {} }) => {
        if (codec === undefined) return Effect.void as Effect.Effect<S["Type"]>
        const decoded = codec.decode(isWhole ? content : content[VALUE])
        return Effect.catchCause(
          decoded as Effect.Effect<S["Type"], Schema.SchemaError, S["DecodingServices"]>,
          (cause) => Effect.fail(new McpError({ reason: new InvalidAnswer({ key, detail: describeFailure(cause) }) }))
        )
      })
  }
}

export interface UrlOptions {
  /** What is asked, for the user. */
  readonly message: string
  /** The page that the user is to open. It holds no secrets, and lets nobody in by itself. */
  readonly url: string | URL
}

/**
 * Asks the user to open a page, for what must not pass through the client: a password, a payment. The answer says that the
 * user agreed to open it, not that it is done.
 */
export const url = (options: UrlOptions): Question<void, Unanswered> => ({
  method: Elicit,
  lacks: ({ elicitation }) => (elicitation?.url === undefined ? { elicitation: { url: {} } } : undefined),
  params: (revision) => {
    const params = {
      mode: "url",
      message: options.message,
      url: String(options.url),
      elicitationId: crypto.randomUUID()
    }
    const projected = revision.project(Elicit.params, params)
    return projected === inexpressible || revision.check(Elicit.params, projected) !== undefined
      ? `Revision ${revision.version} cannot ask a user to open a page`
      : (projected as JsonObject)
  },
  understand: (answer, key) => Effect.asVoid(accepted(answer, key))
})

/** Words to choose from, each with a title for the user: a schema of one of the words. */
export const choice = <const Words extends { readonly [word: string]: string }>(
  words: Words
): Schema.Codec<keyof Words & string> =>
  Schema.Union(
    Object.entries(words).map(([word, title]) => Schema.Literal(word).annotate({ title }))
  ) as unknown as Schema.Codec<keyof Words & string>
