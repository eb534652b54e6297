/**
 * The cases of the official suite: each scenario of a requirement set, in one role and one revision.
 *
 * What the suite requires of a revision it keeps in a file of its own, with the scenarios that it runs without scoring
 * them. Both are cases here; nothing is left out.
 */
import * as Yaml from "effect/encoding/Yaml"
import { Schema } from "effect"
import { readFileSync } from "node:fs"

export const roles = ["server", "client"] as const
export type Role = (typeof roles)[number]

export const revisions = ["2025-11-25", "2026-07-28"] as const
export type Revision = (typeof revisions)[number]

export interface Case {
  readonly role: Role
  readonly revision: Revision
  readonly scenario: string
  /** Why the suite does not score it, if it does not. */
  readonly unscored: string | undefined
}

/** The name of a list of expected failures, and of a part of the table. */
export const legOf = ({ revision, role }: Pick<Case, "revision" | "role">): string => `${role}-${revision}`

export const legs: ReadonlyArray<string> = roles.flatMap((role) =>
  revisions.map((revision) => legOf({ role, revision }))
)

const Requirements = Schema.Struct({
  server: Schema.Array(Schema.String),
  client: Schema.Array(Schema.String),
  not_scored: Schema.Array(
    Schema.Struct({ scenario: Schema.String, leg: Schema.Literals(roles), reason: Schema.String })
  )
})

/** The cases that a file of requirements names, in its order, those that are scored first. */
export const read = (text: string, revision: Revision): ReadonlyArray<Case> => {
  const required = Schema.decodeUnknownSync(Requirements)(Yaml.parse(text))
  return roles.flatMap((role) => [
    ...required[role].map((scenario): Case => ({ role, revision, scenario, unscored: undefined })),
    ...required.not_scored
      .filter(({ leg }) => leg === role)
      .map(({ reason, scenario }): Case => ({ role, revision, scenario, unscored: reason }))
  ])
}

/** All cases of the suite, given the directory of its package. */
export const all = (suite: string): ReadonlyArray<Case> =>
  revisions.flatMap((revision) => read(readFileSync(`${suite}/requirements/${revision}.yaml`, "utf8"), revision))
