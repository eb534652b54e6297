/**
 * What the specification's schema of a revision says of a value: as it stands, and with the listed differences.
 *
 * The validator is Ajv in its strict mode; unions of types are allowed, since the schemas have them, and `format` (uri,
 * byte, uri-template) is an annotation, as JSON Schema says and as we take it. Definitions are compiled on first use.
 */
import { Ajv, type ValidateFunction } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import { amended, asItStands, definitionsKey } from "./amend.ts"
import { type Json, schemaOf } from "./files.ts"

export interface Verdict {
  /** By the schema as it stands. */
  readonly strict: boolean
  /** By the schema with the listed differences. */
  readonly listed: boolean
  /** The differences that were met on the way. */
  readonly differences: ReadonlySet<string>
  /** What the schema with the differences has against it. */
  readonly problem: string
}

/** A definition that judges a message, or a part of it. */
export interface Judged {
  readonly definition: string
  readonly of: (message: unknown) => unknown
  /** Whether it judges the whole message. */
  readonly isWhole: boolean
}

type Core = Ajv | Ajv2020

const validatorOf = (schema: Json, noted: (difference: string) => void): Core => {
  const options = { strict: true, allowUnionTypes: true, validateFormats: false } as const
  const ajv = definitionsKey(schema) === "$defs" ? new Ajv2020(options) : new Ajv(options)
  const note = (result: boolean) => (difference: string) => {
    noted(difference)
    return result
  }
  ajv.addKeyword({ keyword: "forgiven", schemaType: "string", validate: note(true) })
  ajv.addKeyword({ keyword: "refused", schemaType: "string", validate: note(false) })
  ajv.addSchema(schema, "mcp")
  return ajv
}

export class Judge {
  /** The definitions, and places that have none (`places.ts`), by name. */
  readonly definitions: Json
  /** The names that are the specification's own. */
  readonly named: ReadonlySet<string>
  readonly #key: string
  readonly #strict: Core
  readonly #amended: Core
  #noted = new Set<string>()

  constructor(version: string) {
    const schema = schemaOf(version)
    this.#key = definitionsKey(schema)
    const standing = asItStands(schema, version)
    this.definitions = standing[this.#key] as Json
    this.named = new Set(Object.keys(schema[this.#key] as Json))
    this.#strict = validatorOf(standing, () => {})
    this.#amended = validatorOf(amended(schema, version), (difference) => this.#noted.add(difference))
  }

  judge(judged: ReadonlyArray<Judged>, message: unknown): Verdict {
    this.#noted = new Set()
    const strict = judged.every(({ definition, of }) => this.#validator(this.#strict, definition)(of(message)))
    const failed = judged.find(({ definition, of }) => !this.#validator(this.#amended, definition)(of(message)))
    const errors = failed === undefined ? [] : this.#validator(this.#amended, failed.definition).errors
    return {
      strict,
      listed: failed === undefined,
      differences: this.#noted,
      problem: failed === undefined ? "" : `${failed.definition}: ${this.#amended.errorsText(errors)}`
    }
  }

  #validator(ajv: Core, definition: string): ValidateFunction {
    const found = ajv.getSchema(`mcp#/${this.#key}/${definition}`)
    if (found === undefined) throw new Error(`The schema has no "${definition}"`)
    return found as ValidateFunction
  }
}

const judges = new Map<string, Judge>()

/** The judge of a revision. */
export const judgeOf = (version: string): Judge => {
  let judge = judges.get(version)
  if (judge === undefined) judges.set(version, (judge = new Judge(version)))
  return judge
}
