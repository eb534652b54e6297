/**
 * What a client answers when a server asks: its user, its model, its workspace.
 *
 * Each is a Layer, provided where the client connects: `McpClient.connect(target)` with
 * `Effect.provide(McpHost.elicitation({ form }))`. What is provided is advertised. The same host answers in both eras: to a
 * request of the server, and to a question inside of a result, whose call is then made again with the answer.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { JsonObject } from "../protocol/McpSchema.ts"
import { Elicit, type ElicitRequestFormParams, type ElicitRequestURLParams } from "../protocol/methods/elicitation.ts"
import { type Asked, ElicitationHost, type Host, Refused } from "./internal/hosts.ts"

export { roots } from "./internal/deprecated/roots.ts"
export { type Model, sampling, type SamplingOptions } from "./internal/deprecated/sampling.ts"
export { type Asked, ElicitationHost, Refused, RootsHost, SamplingHost } from "./internal/hosts.ts"

/** The user does not do what was asked. */
export const rejected = (detail: string): Refused => new Refused("Rejected", detail)

/** What a field of a form can hold. */
export type FieldValue = string | number | boolean | ReadonlyArray<string>

/** What the user did with a form: filled it in, declined, or put it away. */
export type FormAnswer = { readonly [field: string]: FieldValue } | "decline" | "cancel"

export interface ElicitationOptions<R1 = never, R2 = never> {
  /** Shows a form and gives what was filled in; fields with a default may be left out. */
  readonly form?: ((form: ElicitRequestFormParams, asked: Asked) => Effect.Effect<FormAnswer, Refused, R1>) | undefined
  /**
   * Shows the whole URL, and opens it if the user agrees, in a browser that neither this program nor the model can look
   * into. Never opens it by itself.
   */
  readonly url?:
    | ((page: ElicitRequestURLParams, asked: Asked) => Effect.Effect<"accept" | "decline" | "cancel", Refused, R2>)
    | undefined
}

const withDefaults = (content: JsonObject, { requestedSchema }: ElicitRequestFormParams): JsonObject => {
  const fields = Object.entries(
    requestedSchema.properties as { readonly [name: string]: { readonly default?: unknown } }
  )
  const defaults = fields.filter(([name, field]) => field.default !== undefined && content[name] === undefined)
  return { ...Object.fromEntries(defaults.map(([name, field]) => [name, field.default])), ...content }
}

const answerOf = (answer: FormAnswer, form: ElicitRequestFormParams): JsonObject =>
  typeof answer === "string" ? { action: answer } : { action: "accept", content: withDefaults(answer, form) }

const cannot = (mode: string) => Effect.fail(new Refused("InvalidParams", `This client cannot ask its user by ${mode}`))

/** Asks the user, by a form, a page, or both. */
export const elicitation = <R1 = never, R2 = never>(
  options: ElicitationOptions<R1, R2>
): Layer.Layer<ElicitationHost, never, R1 | R2> =>
  Layer.effect(
    ElicitationHost,
    Effect.map(Effect.context<R1 | R2>(), (context): Host => {
      const { form, url } = options
      const modes = { ...(form === undefined ? {} : { form: {} }), ...(url === undefined ? {} : { url: {} }) }
      const ask = (asked: Asked): Effect.Effect<JsonObject, Refused, R1 | R2> => {
        if (asked.params["mode"] === "url") {
          const page = asked.params as unknown as ElicitRequestURLParams
          return url === undefined ? cannot("a page") : Effect.map(url(page, asked), (action) => ({ action }))
        }
        const shown = asked.params as unknown as ElicitRequestFormParams
        return form === undefined
          ? cannot("a form")
          : Effect.map(form(shown, asked), (answer) => answerOf(answer, shown))
      }
      return {
        method: Elicit.name,
        params: Elicit.params,
        capabilities: { elicitation: modes },
        answer: (asked) => Effect.provide(ask(asked), context)
      }
    })
  )
