/**
 * What an older revision cannot be told at all, and why. That anything else cannot be said is a mistake.
 *
 * A name is that of a shape, or of a member of a choice. Where it is optional it is left out, and so is an item of a
 * list; else what it is in cannot be said either.
 */
import { versions } from "./support/files.ts"

export interface Inexpressible {
  readonly name: string
  readonly reason: string
  readonly in: ReadonlyArray<string>
}

const legacy = versions.filter((version) => version < "2026-07-28")

export const inexpressibles: ReadonlyArray<Inexpressible> = [
  {
    name: "ElicitRequestURLParams in ElicitRequestParams",
    reason: "before 2025-11-25 there are only forms, and a page is not one",
    in: ["2025-06-18"]
  },
  {
    name: "UntitledMultiSelectEnumSchema in PrimitiveSchemaDefinition",
    reason: "before 2025-11-25 a field of a form has one value",
    in: ["2025-06-18"]
  },
  {
    name: "TitledMultiSelectEnumSchema in PrimitiveSchemaDefinition",
    reason: "before 2025-11-25 a field of a form has one value",
    in: ["2025-06-18"]
  },
  {
    name: "ElicitedStrings in ElicitedValue",
    reason: "before 2025-11-25 a field of a form has one value",
    in: ["2025-06-18"]
  },
  {
    name: "ElicitRequestURLParams",
    reason: "2025-11-25 requires an elicitationId, and none was given",
    in: ["2025-11-25"]
  },
  {
    name: "CancelledNotificationParams",
    reason: "all but 2025-11-25 require a requestId, and none was given",
    in: versions.filter((version) => version !== "2025-11-25")
  },
  {
    name: "InputSchema",
    reason: "in legacy revisions properties are objects by name, and required is a list of names",
    in: legacy
  },
  {
    name: "OutputSchema",
    reason: "in legacy revisions its root is an object",
    in: legacy
  }
]
