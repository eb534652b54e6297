/**
 * The constants of the specification's schemas, of all revisions: by the field that they may stand in, and all of them.
 */
import { isObject } from "./amend.ts"
import { type Json, versions } from "./files.ts"
import { judgeOf } from "./judge.ts"

const byKey = new Map<string, Set<string>>()
const all = new Set([""])

const stringsOf = (schema: unknown, definitions: Json): ReadonlyArray<string> => {
  if (!isObject(schema)) return []
  const { $ref, const: only, enum: several = [] } = schema as { readonly [key: string]: unknown }
  const named = typeof $ref === "string" ? stringsOf(definitions[$ref.split("/").at(-1)!], definitions) : []
  return [...named, only, ...(several as ReadonlyArray<unknown>)].filter((value) => typeof value === "string")
}

const collect = (schema: unknown, definitions: Json): void => {
  if (typeof schema !== "object" || schema === null) return
  for (const [keyword, value] of Object.entries(schema)) {
    collect(value, definitions)
    if (keyword !== "properties" || !isObject(value)) continue
    for (const [key, property] of Object.entries(value)) {
      const strings = stringsOf(property, definitions)
      for (const text of strings) all.add(text)
      byKey.set(key, new Set([...(byKey.get(key) ?? []), ...strings]))
    }
  }
}

for (const version of versions) {
  const { definitions } = judgeOf(version)
  for (const definition of Object.values(definitions)) collect(definition, definitions)
}

const every = [...all]

/** One of the constants that a field of that name has somewhere; now and then, or if there are none, any constant. */
export const constantFor = (key: string, pick: number): string => {
  const own = [...(byKey.get(key) ?? [])]
  const constants = own.length === 0 || pick % 4 === 0 ? every : own
  return constants[(pick >> 2) % constants.length]!
}
