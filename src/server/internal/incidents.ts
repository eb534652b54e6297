/**
 * Who else is told of a defect that became an incident, besides the log: an error reporter, or a test.
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"

/** Told of every incident: its id, as the caller has it, and the cause that the caller does not see. */
export type Incident = (incident: string, cause: Cause.Cause<unknown>) => void

export const Incidents: Context.Reference<Incident | undefined> = /* @__PURE__ */ Context.Reference<
  Incident | undefined
>("mcp-effect/server/Incidents", { defaultValue: () => undefined })
