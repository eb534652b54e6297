/**
 * What answers for a capability that was declared before anything is registered for it: empty lists, and "unknown".
 *
 * A chapter comes with its first item and takes over; this is what is said until then. It has no rows of its own: the
 * answers are so small that no revision's shape matters.
 */
import * as Effect from "effect/Effect"
import { McpFault } from "../../protocol/McpError.ts"
import * as McpMethod from "../../protocol/McpMethod.ts"
import type { Fault } from "../../protocol/McpRevision.ts"
import { EmptyResult, type JsonObject, NoParams, type ServerCapabilities } from "../../protocol/McpSchema.ts"
import { notFound, type Registry } from "./registry.ts"

type Params = { readonly cursor?: string; readonly name?: unknown; readonly uri?: unknown }
type Answer = (params: Params) => Effect.Effect<JsonObject, McpFault>

const fail = (fault: Fault, detail: string) => Effect.fail(new McpFault({ fault, detail }))

const list =
  (member: string): Answer =>
  ({ cursor }) =>
    cursor === undefined
      ? Effect.succeed({ [member]: [] })
      : fail("InvalidCursor", "This list is empty and has no cursors; begin again without one")

const missing: Answer = ({ uri }) => Effect.fail(notFound(String(uri)))

const answers: { readonly [capability: string]: { readonly [method: string]: Answer } } = {
  tools: {
    "tools/list": list("tools"),
    "tools/call": ({ name }) => fail("UnknownTool", `There is no tool ${JSON.stringify(name)}`)
  },
  prompts: {
    "prompts/list": list("prompts"),
    "prompts/get": ({ name }) => fail("UnknownPrompt", `There is no prompt ${JSON.stringify(name)}`)
  },
  resources: {
    "resources/list": list("resources"),
    "resources/templates/list": list("resourceTemplates"),
    "resources/read": missing,
    "resources/subscribe": missing,
    "resources/unsubscribe": () => Effect.succeed({})
  },
  completions: {
    "completion/complete": () => fail("InvalidParams", "There is nothing here whose arguments could be completed")
  }
}

/** Answers for what is declared, where nobody else does. */
export const answerDeclared = (registry: Registry, declared: ServerCapabilities): void => {
  for (const capability of Object.keys(declared)) {
    for (const [name, answer] of Object.entries(answers[capability] ?? {})) {
      registry.byDefault(McpMethod.request(name, { params: NoParams, result: EmptyResult, capability }), (call) =>
        registry.task(Effect.suspend(() => answer((call.params ?? {}) as Params)))
      )
    }
  }
}
