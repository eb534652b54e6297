/**
 * Law 7 over HTTP: what a request has to say comes before its reply, on its own stream, and nowhere else.
 *
 * Several requests talk at once, in sessions and without, resumable and not, while each session listens on GET. On every
 * exchange there is its own progress, strictly increasing, and its own logs, then its reply, and nothing after; on GET,
 * and on the exchanges of others, nothing of it. Where answers are one message nothing but the reply comes.
 */
import { assert } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { EventStore, McpRequest, McpServer, McpTool } from "mcp-effect"
import { callTool } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import { open, waiting, web } from "./support/web.ts"

const Talk = McpTool.make("talk", { parameters: { name: Schema.String, steps: Schema.Int, late: Schema.Boolean } })

/** Reports and logs by turns; if it is late, also after its reply. */
const app = (late: Array<string>) =>
  Talk.toLayer(({ late: isLate, name, steps }) =>
    Effect.gen(function* () {
      const request = yield* McpRequest
      for (let step = 1; step <= steps; step++) {
        yield* request.progress({ progress: step, message: name })
        yield* Effect.yieldNow
        yield* request.log("info", `${name} ${step}`)
      }
      const afterwards = Effect.gen(function* () {
        yield* request.progress({ progress: steps + 1, message: name })
        yield* request.log("info", `${name} ${steps + 1}`)
        late.push(name)
      })
      if (isLate) yield* Effect.orDie(request.background(afterwards))
      return "done"
    })
  ).pipe(Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })))

const places = ["first session", "second session", "modern"] as const
const responses = ["auto", "sse", "json"] as const
const logged = { "io.modelcontextprotocol/logLevel": "info" }

/** The messages of a request in the order in which they must come. */
const expected = (name: string, token: string, steps: number) =>
  Array.from({ length: steps }, (_, index) => index + 1).flatMap((step) => [
    { method: "notifications/progress", params: { progressToken: token, progress: step, message: name } },
    { method: "notifications/message", params: { level: "info", data: `${name} ${step}` } }
  ])

property(
  "law 7 over HTTP: progress and logs come before the reply, on the request's own stream, and never on another",
  {
    response: Schema.Literals(responses),
    resumable: Schema.Boolean,
    requests: Schema.Array(
      Schema.Struct({
        place: Schema.Literals(places),
        steps: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 5 }))),
        late: Schema.Boolean
      })
    ).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6)))
  },
  {
    response: responses,
    resumable: ["true", "false"],
    place: places,
    steps: ["none", "one", "more"],
    late: ["true", "false"]
  },
  ({ requests, response, resumable }, seen) =>
    Effect.gen(function* () {
      seen("response", response)
      seen("resumable", String(resumable))
      const late: Array<string> = []
      const server = yield* web(app(late), {
        http: { response },
        ...(resumable ? { events: EventStore.layerMemory } : undefined)
      })
      const sessions = [yield* open(server), yield* open(server)]
      const listening = sessions.map((session) => session.get())
      assert.isTrue(yield* waiting(() => listening.every(({ status }) => status === 200)))
      const heard = requests.map(({ late, place, steps }, index) => {
        seen("place", place)
        seen("late", String(late))
        seen("steps", steps === 0 ? "none" : steps === 1 ? "one" : "more")
        const args = { name: `request ${index}`, steps, late }
        const meta = { progressToken: `token ${index}` }
        return place === "modern"
          ? server.post(callTool("modern", index, "talk", args, { ...meta, ...logged }))
          : sessions[place === "first session" ? 0 : 1]!.post(callTool("legacy", index, "talk", args, meta))
      })
      assert.isTrue(yield* waiting(() => heard.every(({ ended }) => ended)), "an exchange hangs")
      assert.isTrue(yield* waiting(() => late.length === requests.filter((request) => request.late).length))
      yield* settle
      for (const [index, { messages, status }] of heard.entries()) {
        assert.strictEqual(status, 200)
        const { steps } = requests[index]!
        const reply = messages.at(-1)
        assert.strictEqual(reply?.["id"], index, "the reply is the last")
        assert.notProperty(reply, "method")
        const said = messages.slice(0, -1).map(({ method, params }) => ({ method, params }))
        assert.deepStrictEqual(said, response === "json" ? [] : expected(`request ${index}`, `token ${index}`, steps))
      }
      for (const { ended, messages } of listening) {
        assert.deepStrictEqual(messages, [], "on GET")
        assert.isFalse(ended)
      }
    })
)
