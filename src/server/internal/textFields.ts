/**
 * Fields that travel as text: the arguments of a prompt, the variables of a URI template.
 *
 * Each has a schema whose encoded side is text (for an exploded variable, a list of texts). Decoders are made once per
 * definition. A field that is one of some words can be completed by them.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { Completer, Completion } from "./completions.ts"

type Step = (value: unknown) => Effect.Effect<unknown, Schema.SchemaError>

/** What a completer of a user gives: values of the field's type, or those with how many there are. */
type Given = ReadonlyArray<unknown> | { readonly values: ReadonlyArray<unknown> }
type GivenCompleter = (value: string, context: never) => Effect.Effect<Given, unknown>

const literalsOf = (ast: SchemaAST.AST): ReadonlyArray<string> => {
  if (ast._tag === "Literal") return typeof ast.literal === "string" ? [ast.literal] : []
  return ast._tag === "Union" ? ast.types.flatMap(literalsOf) : []
}

export class TextFields {
  readonly fields: Schema.Struct.Fields
  #decode: Step | undefined

  constructor(fields: Schema.Struct.Fields) {
    this.fields = fields
  }

  get names(): ReadonlyArray<string> {
    return Object.keys(this.fields)
  }

  get decode(): Step {
    return (this.#decode ??= Schema.decodeUnknownEffect(Schema.Struct(this.fields)) as Step)
  }

  isRequired(name: string): boolean {
    return this.fields[name]!.ast.context?.isOptional !== true
  }

  /** The completers of all fields that have one, giving text. */
  completers(
    given: { readonly [name: string]: GivenCompleter | undefined } | undefined
  ): ReadonlyMap<string, Completer> {
    const unknown = Object.keys(given ?? {}).find((name) => !Object.hasOwn(this.fields, name))
    if (unknown !== undefined) throw new Error(`There is a completer for "${unknown}", but no such field`)
    const completers = new Map<string, Completer>()
    for (const [name, field] of Object.entries(this.fields)) {
      const own = given?.[name]
      const words = literalsOf(SchemaAST.toEncoded(field.ast))
      if (own !== undefined) completers.set(name, encoded(field, own))
      else if (words.length > 0) completers.set(name, ofWords(words))
    }
    return completers
  }
}

const ofWords =
  (words: ReadonlyArray<string>): Completer =>
  (value) =>
    Effect.succeed({ values: words.filter((word) => word.toLowerCase().startsWith(value.toLowerCase())) })

const encoded = (field: Schema.Struct.Fields[string], completer: GivenCompleter): Completer => {
  const encode = Schema.encodeUnknownEffect(Schema.Array(field as Schema.Constraint)) as Step
  return (value, context) =>
    Effect.flatMap(completer(value, context as never), (given) => {
      const rest = Array.isArray(given) ? { values: given as ReadonlyArray<unknown> } : (given as Completion)
      return Effect.map(Effect.orDie(encode(rest.values)), (values) => ({
        ...rest,
        values: (values as ReadonlyArray<unknown>).map(String)
      }))
    })
}
