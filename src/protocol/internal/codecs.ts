/**
 * A definition's schemas, compiled: what is decoded, encoded and published, each once per definition and on first use.
 *
 * Values travel in the canonical JSON form of their schema (dates as strings, and so on), on both sides. Decoders and
 * encoders are Effects because a schema may need services; without such they are Exits, and cost no more.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaParser from "effect/SchemaParser"
import type { JsonObject } from "../McpSchema.ts"
import { fromParameters, fromSchema } from "./jsonSchema.ts"

/** One schema, both ways. */
export class Codec {
  readonly schema: Schema.Constraint
  constructor(schema: Schema.Constraint) {
    this.schema = schema
  }

  /** From JSON to the schema's type. */
  get decode(): (value: unknown) => Effect.Effect<unknown, Schema.SchemaError, unknown> {
    return this.memo("decode", Schema.decodeUnknownEffect(Schema.toCodecJson(this.schema)))
  }

  /** From the schema's type to JSON. */
  get encode(): (value: unknown) => Effect.Effect<unknown, Schema.SchemaError, unknown> {
    return this.memo("encode", Schema.encodeUnknownEffect(Schema.toCodecJson(this.schema)))
  }

  /** From what a caller writes (defaults left out, a class as its plain fields) to JSON. */
  get encodeInput(): (value: unknown) => Effect.Effect<unknown, Schema.SchemaError, unknown> {
    if (!needsConstruction(this.schema.ast)) return this.memo("encodeInput", this.encode)
    const construct = SchemaParser.makeEffect(this.schema)
    return this.memo("encodeInput", (value: unknown) =>
      Effect.flatMap(
        Effect.mapError(construct(value), (issue) => new Schema.SchemaError(issue)),
        this.encode
      )
    )
  }

  private memo<A>(name: string, value: A): A {
    Object.defineProperty(this, name, { value })
    return value
  }
}

/** Whether a schema has constructor defaults or classes, so that a caller's input differs from its type. */
const needsConstruction = (ast: SchemaAST.AST, seen: Set<SchemaAST.AST> = new Set()): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  if (ast.context?.constructorDefault !== undefined) return true
  switch (ast._tag) {
    case "Declaration":
    case "Suspend":
      return true
    case "Objects":
      return (
        ast.propertySignatures.some((property) => needsConstruction(property.type, seen)) ||
        ast.indexSignatures.some((index) => needsConstruction(index.type, seen))
      )
    case "Arrays":
      return [...ast.elements, ...ast.rest].some((element) => needsConstruction(element, seen))
    case "Union":
      return ast.types.some((member) => needsConstruction(member, seen))
    default:
      return false
  }
}

const known = new WeakMap<Schema.Constraint, Codec>()

/** The codec of a schema, the same whoever asks: compiled once, on first use. */
export const codecOf = (schema: Schema.Constraint): Codec => {
  let codec = known.get(schema)
  if (codec === undefined) known.set(schema, (codec = new Codec(schema)))
  return codec
}

/** The codecs of a definition. `success` is absent for a tool that answers with content blocks. */
export class Codecs {
  readonly parameters: Codec
  readonly success: Codec | undefined
  readonly failure: Codec
  #inputSchema: JsonObject | undefined
  #outputSchema: JsonObject | undefined

  constructor(parameters: Schema.Constraint, success: Schema.Constraint | undefined, failure: Schema.Constraint) {
    this.parameters = new Codec(parameters)
    this.success = success === undefined ? undefined : new Codec(success)
    this.failure = new Codec(failure)
  }

  get inputSchema(): JsonObject {
    return (this.#inputSchema ??= fromParameters(this.parameters.schema))
  }

  get outputSchema(): JsonObject | undefined {
    return this.success === undefined ? undefined : (this.#outputSchema ??= fromSchema(this.success.schema))
  }
}
