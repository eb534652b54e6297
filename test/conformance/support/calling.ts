/**
 * What the chapters that call tools say again and again: a tool of the list, a call, its value, and arguments that do not
 * fit.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { CallTool, ListTools } from "mcp-effect/methods/tools"
import type { Asking } from "./asking.ts"
import type { Place } from "./places.ts"

/** A tool as the list shows it. */
export const tool = (asked: Asking, name: string) =>
  Effect.map(asked.result(ListTools), ({ tools }) => {
    const found = tools.find((each) => each.name === name)
    return found ?? assert.fail(`There is no tool ${name}`)
  })

/** The result of a call. */
export const call = (asked: Asking, name: string, args?: object) =>
  asked.result(CallTool, { name, ...(args === undefined ? undefined : { arguments: args }) })

/** What a revision makes of a value: `structuredContent`, or what is kept for our own clients. */
export const valueOf = (
  place: Place,
  result: { readonly structuredContent?: unknown; readonly _meta?: object }
): unknown => {
  if (place.since("2025-06-18")) return result.structuredContent
  assert.notProperty(result, "structuredContent")
  return new Map(Object.entries(result._meta ?? {})).get("mcp-effect/value")
}

/** Arguments that do not fit: for the model since 2025-11-25, before that an error of the protocol. */
export const misfit = (place: Place, asked: Asking, name: string, args: object, ...says: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const text = place.since("2025-11-25")
      ? yield* Effect.map(call(asked, name, args), ({ content: [block], isError }) => {
          assert.isTrue(isError)
          return block?.type === "text" ? block.text : assert.fail("It says nothing")
        })
      : yield* Effect.map(asked.refusal(CallTool, { name, arguments: args }), ({ code, message }) => {
          assert.strictEqual(code, -32602)
          return message
        })
    for (const each of [name, ...says]) assert.include(text, each)
  })
