/**
 * The fields of a form as Effect's own prompts: each says what it is called, starts with its default, and takes nothing that
 * its schema does not. A field that need not be filled in can be left out; then its default holds, if it has one.
 */
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import type { FieldValue } from "../../client/McpHost.ts"
import type { PrimitiveSchemaDefinition } from "../../protocol/methods/elicitation.ts"
import { clean, isClean } from "./terminalText.ts"

export interface Field {
  readonly name: string
  readonly schema: PrimitiveSchemaDefinition
  readonly isRequired: boolean
}

/** What a field was given; nothing where it is left out. */
export type Given = FieldValue | undefined

interface Word {
  readonly value: string
  readonly title: string
}

const titled = (options: ReadonlyArray<{ readonly const: string; readonly title: string }>): ReadonlyArray<Word> =>
  options.map((option) => ({ value: option.const, title: clean(option.title) }))

const untitled = (words: ReadonlyArray<string>, titles: ReadonlyArray<string> = []): ReadonlyArray<Word> =>
  words.map((value, index) => ({ value, title: clean(titles[index] ?? value) }))

/** The words that a field is chosen from, if it is. */
const wordsOf = (schema: PrimitiveSchemaDefinition): ReadonlyArray<Word> | undefined => {
  if ("oneOf" in schema) return titled(schema.oneOf)
  if ("enum" in schema) return untitled(schema.enum, "enumNames" in schema ? schema.enumNames : [])
  if ("items" in schema) return "anyOf" in schema.items ? titled(schema.items.anyOf) : untitled(schema.items.enum)
  return undefined
}

export const titleOf = ({ name, schema }: Field): string => clean(schema.title ?? name)

const SHOWN = 12

const choicesOf = (words: ReadonlyArray<Word>): string => {
  const more = words.length > SHOWN ? ` and ${words.length - SHOWN} more` : ""
  return `${words
    .slice(0, SHOWN)
    .map(({ title }) => title)
    .join(", ")}${more}`
}

const defaultOf = (value: FieldValue, words: ReadonlyArray<Word> | undefined): string =>
  [value]
    .flat()
    .map((one) => words?.find((word) => word.value === one)?.title ?? clean(String(one)))
    .join(", ")

/** One line that says all of a field. */
export const summaryOf = (field: Field): string => {
  const { description, default: initial } = field.schema
  const words = wordsOf(field.schema)
  return [
    titleOf(field) + (field.isRequired ? "" : " (may be left out)"),
    ...(description === undefined ? [] : [clean(description)]),
    ...(words === undefined ? [] : [`${field.schema.type === "array" ? "some" : "one"} of: ${choicesOf(words)}`]),
    ...(initial === undefined ? [] : [`default: ${defaultOf(initial, words)}`])
  ].join("; ")
}

type Check = (text: string) => string | undefined

const formats: { readonly [format: string]: readonly [test: (text: string) => boolean, problem: string] } = {
  email: [(text) => /^[^\s@]+@[^\s@]+$/.test(text), "This is not an email address"],
  uri: [(text) => URL.canParse(text), "This is not a URI"],
  date: [(text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)), "A date is written 2025-12-31"],
  "date-time": [
    (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*(Z|[+-]\d\d:\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text)),
    "A date with time is written 2025-12-31T12:00:00Z"
  ]
}

const textCheck =
  (schema: Extract<PrimitiveSchemaDefinition, { type: "string" }>): Check =>
  (text) => {
    const { format, maxLength, minLength } = schema as { format?: string; maxLength?: number; minLength?: number }
    const length = [...text].length
    if (minLength !== undefined && length < minLength) return `At least ${minLength} characters, please`
    if (maxLength !== undefined && length > maxLength) return `At most ${maxLength} characters, please`
    const [fits, problem] = formats[format ?? ""] ?? []
    return fits === undefined || fits(text) ? undefined : problem
  }

const numberCheck =
  ({ maximum, minimum, type }: Extract<PrimitiveSchemaDefinition, { type: "number" | "integer" }>): Check =>
  (text) => {
    const value = Number(text)
    if (!Number.isFinite(value)) return "This is not a number"
    if (type === "integer" && !Number.isInteger(value)) return "A whole number, please"
    if (minimum !== undefined && value < minimum) return `At least ${minimum}, please`
    return maximum !== undefined && value > maximum ? `At most ${maximum}, please` : undefined
  }

/** A line of text. An empty one leaves the field out, or is asked for again. */
const line = (field: Field, initial: Given, check: Check, toValue: (text: string) => Given): Prompt.Prompt<Given> => {
  const hasDefault = field.schema.default !== undefined
  const hint = field.isRequired ? "" : hasDefault ? " (empty: the default)" : " (empty: left out)"
  const start = initial === undefined ? "" : String(initial)
  return Prompt.map(
    Prompt.String({
      message: titleOf(field) + hint,
      // what cannot be shown is not put in anybody's mouth
      default: isClean(start) ? start : "",
      validate: (text) => {
        const problem =
          text.trim() === "" ? (field.isRequired ? "Something has to stand here" : undefined) : check(text)
        return problem === undefined ? Effect.succeed(text) : Effect.fail(problem)
      }
    }),
    (text) => (text.trim() === "" ? undefined : toValue(text))
  )
}

const oneOf = (
  field: Field,
  initial: Given,
  choices: ReadonlyArray<{ readonly value: FieldValue; readonly title: string }>
): Prompt.Prompt<Given> => {
  const mustStand = field.isRequired || field.schema.default !== undefined
  const none = mustStand ? [] : [{ value: undefined, title: "(leave it out)" }]
  const all = [...choices, ...none]
  // a word may stand there twice, and only one can be chosen from the start
  const chosen = all.findIndex(({ value }) => value === initial)
  return Prompt.Select<Given>({
    message: titleOf(field),
    choices: all.map((choice, index) => ({ ...choice, selected: index === chosen }))
  })
}

const someOf = (field: Field, initial: Given, words: ReadonlyArray<Word>): Prompt.Prompt<Given> => {
  const { maxItems, minItems = 0 } = field.schema as { readonly maxItems?: number; readonly minItems?: number }
  const canBeLeftOut = !field.isRequired && field.schema.default === undefined
  const given = Array.isArray(initial) ? (initial as ReadonlyArray<string>) : []
  const ask = (problem: string): Prompt.Prompt<Given> =>
    Prompt.flatMap(
      Prompt.MultiSelect({
        message: `${titleOf(field)} (space chooses)${problem}`,
        choices: words.map((word) => ({ ...word, selected: given.includes(word.value) })),
        ...(maxItems === undefined ? {} : { max: maxItems })
      }),
      (chosen) => {
        if (chosen.length === 0 && canBeLeftOut) return Prompt.succeed<Given>(undefined)
        return chosen.length < minItems ? ask(`, at least ${minItems} of them`) : Prompt.succeed<Given>(chosen)
      }
    )
  return ask("")
}

const booleans = [
  { value: true, title: "yes" },
  { value: false, title: "no" }
] as const

/** How a field is asked for, beginning with a value. */
export type Asker = (initial: Given) => Prompt.Prompt<Given>

/** Nothing for a field that cannot be shown. */
export const askerOf = (field: Field): Asker | undefined => {
  const { schema } = field
  const words = wordsOf(schema)
  switch (schema.type) {
    case "string":
      if (words === undefined) return (initial) => line(field, initial, textCheck(schema), (text) => text)
      return words.length === 0 ? undefined : (initial) => oneOf(field, initial, words)
    case "number":
    case "integer":
      return (initial) => line(field, initial, numberCheck(schema), Number)
    case "boolean":
      return (initial) => oneOf(field, initial, booleans)
    case "array":
      return words === undefined ? undefined : (initial) => someOf(field, initial, words)
  }
}
