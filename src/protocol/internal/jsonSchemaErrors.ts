/**
 * What can be wrong with a stranger's JSON Schema, with a value, or with checking one by the other.
 *
 * Each is a typed error that says where and why. `McpJsonSchema` is their public home; they are here so that the parts
 * behind it can make them.
 */
import * as Data from "effect/Data"

/** Bounds of one validator. Each has a default, and reaching it is a typed error. */
export interface Limits {
  /** Subschemas of a schema, those of references counted once. */
  readonly subschemas: number
  /** Arrays and objects inside each other in a value; twice as many in a schema, where a level has two. */
  readonly depth: number
  /** Characters of strings and names in a schema, and eight for each value. */
  readonly schemaSize: number
  /** Characters of strings and names in a value, and eight for each value inside it. */
  readonly valueSize: number
  /** States of all patterns of a schema together; a character of a pattern is about one. */
  readonly patternStates: number
  /** Steps of one validation: about one for each subschema that is applied to a value. */
  readonly steps: number
}

/** What is wrong with a schema. */
export type Reason =
  /** The schema is not JSON: it contains itself, say, or an instance of a class. */
  | "NotJson"
  /** A keyword holds something that its dialect does not allow. */
  | "Malformed"
  /** `$schema` names a dialect that is not known here. */
  | "UnknownDialect"
  /** A reference leads nowhere. */
  | "UnresolvedReference"
  /** A reference leads out of the document. Nothing is fetched. */
  | "RemoteReference"
  /** References lead in a circle without going deeper into the value. */
  | "CyclicReference"
  /** The schema is correct, but asks for what this validator does not do. */
  | "Unsupported"
  /** A `pattern` that has no linear time, or that is no regular expression. */
  | "Pattern"
  | "TooDeep"
  | "TooLarge"

/** A schema that no validator can be made of. */
export class InvalidJsonSchema extends Data.TaggedError("InvalidJsonSchema")<{
  readonly reason: Reason
  /** Where in the schema, as a JSON pointer. */
  readonly path: string
  readonly detail: string
}> {
  override get message(): string {
    return `The JSON Schema cannot be used${this.path === "" ? "" : ` (at ${this.path})`}: ${this.detail}`
  }
}

export interface Problem {
  /** Where in the value, as a JSON pointer. */
  readonly path: string
  /** Where in the schema: the way that led there, through references, as a JSON pointer. */
  readonly schemaPath: string
  readonly message: string
}

/** A value that the schema refuses, and why: the first problems that were found. */
export class InvalidValue extends Data.TaggedError("InvalidValue")<{
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return this.problems.map(({ message, path }) => (path === "" ? message : `${path}: ${message}`)).join("; ")
  }
}

/** A value of which it is not known whether the schema accepts it. */
export class UncheckedValue extends Data.TaggedError("UncheckedValue")<{
  /** `TooComplex`: there are too many problems, or too deep ones, to collect. */
  readonly reason: "NotJson" | "TooDeep" | "TooLarge" | "TooManySteps" | "TooComplex"
  /** Where in the value, as a JSON pointer, if that is known. */
  readonly path: string
  readonly detail: string
}> {
  override get message(): string {
    return `The value could not be checked${this.path === "" ? "" : ` (at ${this.path})`}: ${this.detail}`
  }
}
