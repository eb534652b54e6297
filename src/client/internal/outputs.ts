/**
 * What a server's tools have promised to answer with: their output schemas, as far as they have been listed.
 *
 * A schema is prepared when the first result is to be checked by it. One that cannot be used is named in the log once, and
 * the results of its tool are not checked; the other tools stay as they are.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as McpContent from "../../protocol/McpContent.ts"
import * as McpJsonSchema from "../../protocol/McpJsonSchema.ts"
import { type JsonObject, metaKeys } from "../../protocol/McpSchema.ts"
import { written } from "../../transport/McpTransport.ts"

interface Known {
  readonly schema: unknown
  validator: McpJsonSchema.Validator | "unusable" | undefined
}

export class Outputs {
  readonly #limit: number
  readonly #known = new Map<string, Known>()

  /** At most `limit` tools are remembered; the one that was listed longest ago is forgotten first. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Remembers what a page of the list said. */
  readonly seen = (tools: ReadonlyArray<JsonObject>): Effect.Effect<void> =>
    Effect.sync(() => {
      for (const { name, outputSchema } of tools) this.#remember(String(name), outputSchema)
    })

  #remember(name: string, schema: unknown): void {
    const before = this.#known.get(name)
    this.#known.delete(name)
    if (schema === undefined) return
    if (this.#known.size >= this.#limit) this.#known.delete(this.#known.keys().next().value!)
    const same = before !== undefined && written(before.schema) === written(schema)
    this.#known.set(name, same ? before : { schema, validator: undefined })
  }

  /** Why a result is not what its tool has promised: a sentence, or nothing when it is, or nothing was promised. */
  problem(name: string, result: McpContent.Result): Effect.Effect<string | undefined> {
    return Effect.suspend(() => {
      const known = this.#known.get(name)
      if (known === undefined || result.isError === true) return Effect.succeed(undefined)
      return Effect.map(this.#prepared(name, known), (validator) => {
        if (validator === undefined) return undefined
        const value = metaKeys.value in (result._meta ?? {}) ? result._meta?.[metaKeys.value] : result.structuredContent
        if (value === undefined) return "structuredContent: is missing, although the tool has an output schema"
        const checked = validator.validate(value)
        return Result.isSuccess(checked) ? undefined : `structuredContent: ${checked.failure.message}`
      })
    })
  }

  #prepared(name: string, known: Known): Effect.Effect<McpJsonSchema.Validator | undefined> {
    if (known.validator !== undefined) {
      return Effect.succeed(known.validator === "unusable" ? undefined : known.validator)
    }
    const prepared = McpJsonSchema.validator(known.schema)
    if (Result.isSuccess(prepared)) return Effect.succeed((known.validator = prepared.success))
    known.validator = "unusable"
    return Effect.as(
      Effect.logWarning(`The output schema of tool "${name}" cannot be used: ${prepared.failure.message}`),
      undefined
    )
  }
}
