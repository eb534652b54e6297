/**
 * Law 5 over HTTP: who does not read delays only itself, and credits are each caller's and each session's own.
 *
 * A response that is not read stops its own handler at the soft bound; everybody else goes on, in the same session too,
 * and once it is read all of it comes. Of one caller's lone requests, and of one session's, so many run at once; the others
 * wait in order, and nobody waits for the requests of another.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Layer, Schema } from "effect"
import { EventStore, McpRequest, McpServer, McpTool } from "mcp-effect"
import { app, callTool, Record } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import { open, waiting, web, WHO } from "./support/web.ts"

const SOFT = 2000
const LINES = 40
const line = (name: string, number: number) => `${name} ${number} ${"x".repeat(500)}`

const Pour = McpTool.make("pour", { parameters: { name: Schema.String } })

/** Logs many long lines, once its door is open. */
const pouring = (record: Record, poured: Map<string, number>) =>
  Pour.toLayer(({ name }) =>
    Effect.gen(function* () {
      const { log } = yield* McpRequest
      record.started.push(name)
      yield* Deferred.await(record.door(name))
      for (let number = 0; number < LINES; number++) {
        yield* log("info", line(name, number))
        poured.set(name, number + 1)
      }
      return "poured"
    })
  ).pipe(Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })))

const places = ["first session", "second session", "modern"] as const
const logged = { "io.modelcontextprotocol/logLevel": "info" }

property(
  "law 5 over HTTP: a response that is not read stops its own handler at the soft bound, and nobody else",
  {
    resumable: Schema.Boolean,
    response: Schema.Literals(["auto", "sse"]),
    requests: Schema.Array(Schema.Struct({ place: Schema.Literals(places), unread: Schema.Boolean })).pipe(
      Schema.check(Schema.isMinLength(2), Schema.isMaxLength(5))
    )
  },
  { resumable: ["true", "false"], response: ["auto", "sse"], place: places, request: ["read", "unread"] },
  ({ requests, response, resumable }, seen) =>
    Effect.gen(function* () {
      seen("resumable", String(resumable))
      seen("response", response)
      const record = new Record()
      const poured = new Map<string, number>()
      const server = yield* web(pouring(record, poured), {
        http: { response },
        limits: { unsentSoft: SOFT },
        ...(resumable ? { events: EventStore.layerMemory } : undefined)
      })
      const sessions = [yield* open(server), yield* open(server)]
      // what belongs to no request is not read either
      const listening = sessions.map((session) => session.get({}, { unread: true }))
      assert.isTrue(yield* waiting(() => listening.every(({ status }) => status === 200)))
      const heard = requests.map(({ place, unread }, index) => {
        seen("place", place)
        seen("request", unread ? "unread" : "read")
        const args = { name: `request ${index}` }
        return place === "modern"
          ? server.post(callTool("modern", index, "pour", args, logged), {}, { unread })
          : sessions[place === "first session" ? 0 : 1]!.post(callTool("legacy", index, "pour", args), { unread })
      })
      assert.isTrue(yield* waiting(() => record.started.length === requests.length), "a request has not started")
      yield* settle
      for (const index of requests.keys()) yield* record.open(`request ${index}`)
      const read = heard.filter((_, index) => !requests[index]!.unread)
      assert.isTrue(yield* waiting(() => read.every(({ ended }) => ended)), "somebody waits for another's reader")
      yield* settle
      for (const [index, { unread }] of requests.entries()) {
        const lines = poured.get(`request ${index}`) ?? 0
        if (!unread) assert.strictEqual(lines, LINES)
        // what is under way to a reader may be as much again, twice
        else assert.isAtMost(lines * 500, 3 * (SOFT + 600), "unsent")
      }
      for (const one of heard) one.read()
      assert.isTrue(yield* waiting(() => heard.every(({ ended }) => ended)), "reading does not let go on")
      for (const [index, { messages }] of heard.entries()) {
        const said = messages.slice(0, -1).map(({ params }) => (params as { readonly data: unknown }).data)
        assert.deepStrictEqual(
          said,
          Array.from({ length: LINES }, (_, number) => line(`request ${index}`, number))
        )
        assert.strictEqual(messages.at(-1)?.["id"], index)
      }
    })
)

const callers = ["ann", "bob"] as const
const queues = ["ann alone", "bob alone", "ann's session", "ann's other session"] as const

property(
  "law 5 over HTTP: so many of one caller's lone requests, and of one session's, run at once, in order",
  {
    exchanges: Schema.Literals([1, 2]),
    credits: Schema.Literals([1, 3]),
    requests: Schema.Array(Schema.Struct({ queue: Schema.Literals(queues), dropped: Schema.Boolean })).pipe(
      Schema.check(Schema.isMinLength(3), Schema.isMaxLength(10))
    )
  },
  { queue: queues, request: ["runs at once", "waits", "goes away while it waits"] },
  ({ credits, exchanges, requests }, seen) =>
    Effect.gen(function* () {
      const record = new Record()
      const server = yield* web(app(record), { http: { response: "sse" }, limits: { exchanges, credits } })
      const sessions = [yield* open(server, "ann"), yield* open(server, "ann")]
      const limitOf = (queue: string) => (queue.endsWith("alone") ? exchanges : credits)
      const nameOf = (index: number) => `request ${index}`
      const heard = []
      for (const [index, { queue }] of requests.entries()) {
        const args = { name: nameOf(index) }
        const who = callers[queue === "bob alone" ? 1 : 0]
        heard.push(
          queue.endsWith("alone")
            ? server.post(callTool("modern", index, "wait", args), { [WHO]: who })
            : sessions[queue === "ann's session" ? 0 : 1]!.post(callTool("legacy", index, "wait", args))
        )
        // bodies are read by turns of the loop: they are to come in this order
        yield* settle
      }
      const inQueue = queues.map((queue) =>
        [...requests.keys()].filter((index) => requests[index]!.queue === queue).map(nameOf)
      )
      const first = inQueue.flatMap((names, at) => names.slice(0, limitOf(queues[at]!)))
      assert.sameMembers([...record.started], first, "what runs at once")
      const gone = new Set<string>()
      for (const [index, { dropped, queue }] of requests.entries()) {
        seen("queue", queue)
        const waits = !first.includes(nameOf(index))
        const leaves = waits && dropped && queue.endsWith("alone")
        seen("request", leaves ? "goes away while it waits" : waits ? "waits" : "runs at once")
        if (!leaves) continue
        gone.add(nameOf(index))
        heard[index]!.drop()
      }
      yield* settle
      for (const [at, names] of inQueue.entries()) {
        const kept = names.filter((name) => !gone.has(name))
        for (const [index, name] of kept.entries()) {
          const running = kept.slice(0, index + limitOf(queues[at]!))
          assert.isTrue(yield* waiting(() => record.started.includes(running.at(-1)!)), "a credit does not come back")
          assert.deepStrictEqual(
            record.started.filter((other) => names.includes(other)),
            running,
            "what has started, in order"
          )
          yield* record.open(name)
        }
      }
      const kept = heard.filter((one) => !one.gone)
      assert.isTrue(yield* waiting(() => kept.every(({ ended }) => ended)), "an exchange hangs")
      assert.strictEqual(record.started.length, requests.length - gone.size, "who went away while waiting never starts")
    })
)
