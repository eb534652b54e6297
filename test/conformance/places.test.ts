/**
 * The places in which every chapter is tried are what their names say.
 *
 * What a handler sees of its request, and what comes back before its reply, tell how it was carried: so no chapter can
 * pass over HTTP by being tried on something else.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { McpRequest, McpTool } from "mcp-effect"
import { heard, held, resultOf } from "./support/held.ts"
import { everywhereAtAll, type Place } from "./support/places.ts"

const SESSION = "mcp-session-id"
const VERSION = "mcp-protocol-version"

/** Says which headers its request had, after a report of progress. */
const Look = McpTool.make("look", { success: Schema.Array(Schema.String) })
const app = () =>
  held(
    Look.toLayer(() =>
      Effect.gen(function* () {
        const request = yield* McpRequest
        yield* request.progress({ progress: 1 })
        return Object.keys(request.headers ?? {}).filter((name) => name.startsWith("mcp-"))
      })
    )
  ).app

/** The headers that say what the protocol wants said, in that place. */
const headersIn = ({ era, oneStream, spoken, transport }: Place): ReadonlyArray<string> => {
  if (oneStream) return []
  if (era === "modern") return ["mcp-method", "mcp-name", VERSION]
  return [
    ...(spoken.policy.headers.version !== undefined ? [VERSION] : []),
    ...(transport === "http without sessions" ? [] : [SESSION])
  ]
}

everywhereAtAll("places", (place) => {
  it.effect("our client speaks as the place has it", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(app())
      assert.strictEqual(client.revision, place.revision)
      assert.sameMembers([...(yield* client.call(Look))], [...headersIn(place)])
    }).pipe(Effect.scoped)
  )

  it.effect("a raw peer speaks as the place has it, and hears as much as the place can say", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(app())
      const reply = yield* raw.ask(1, "tools/call", { name: "look" }, { progressToken: "t" })
      const [block] = resultOf(reply)["content"] as ReadonlyArray<{ readonly text: string }>
      assert.sameMembers(JSON.parse(block?.text ?? "") as Array<string>, [...headersIn(place)])
      const before = heard(raw).filter(({ method }) => method === "notifications/progress").length
      assert.strictEqual(before, place.transport === "http without streams" ? 0 : 1)
    }).pipe(Effect.scoped)
  )
})
