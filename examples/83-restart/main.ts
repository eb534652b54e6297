/**
 * Sessions of older clients that outlive a restart, and answers that outlive a connection: what is kept is in two stores,
 * in memory here; a Layer over a database makes it the same for another process.
 */
import { type Context, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { EventStore, McpClient, McpContent, SessionStore } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { chapter, expect, story } from "../check.ts"
import { nearby } from "../nearby.ts"
import { app, Ask, Deliver, Send } from "./server.ts"
import { exchange } from "./wire.ts"

type Stores = Context.Context<SessionStore.SessionStore | EventStore.EventStore>

/** The post office opens, on a port; it closes when the story says so. */
const opened = Effect.fnUntraced(function* (stores: Stores, port: number) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const url = yield* McpNode.serveHttp(app, { port }).pipe(Effect.provide(stores), Scope.provide(scope))
  return { url, close: Scope.close(scope, Exit.void) }
})

const send = (id: number, to: string) => ({
  body: { jsonrpc: "2.0", id, method: "tools/call", params: { name: "send", arguments: { to } } }
})

const program = Effect.gen(function* () {
  const stores = yield* Layer.build(Layer.merge(SessionStore.layerMemory, EventStore.layerMemory))

  yield* chapter("A restart")
  const monday = yield* opened(stores, 0)
  const clientInfo = { name: "a sender", version: "1.0.0" }
  const client = yield* McpClient.connect(monday.url, { revision: "2025-11-25", clientInfo })
  const before = yield* client.call(Ask)
  yield* expect("who is calling", before.client, "a sender")
  yield* monday.close
  const gone = yield* Effect.flip(client.call(Ask))
  yield* expect("while it is closed", gone.reason._tag, "Lost")
  const tuesday = yield* opened(stores, Number(new URL(monday.url).port))
  yield* expect("the same session, known by its client", yield* client.call(Ask), before)

  yield* chapter("An answer that takes long")
  const sending = yield* Effect.forkChild(client.call(Send, { to: "Ada" }))
  yield* client.call(Deliver, { to: "Ada" })
  yield* expect("the client comes back for it", McpContent.textOf(yield* Fiber.join(sending)), "Ada has signed for it")

  yield* chapter("The same, as it travels")
  const { session } = before
  const { events, status } = yield* exchange(tuesday.url, session, send(7, "Bob"))
  yield* expect("the server has let go, without an answer", [status, events.length, events[0]?.data], [200, 1, ""])
  yield* expect("but said when to come back", events[0]?.retry, "1000")
  yield* client.call(Deliver, { to: "Bob" })
  const later = yield* exchange(tuesday.url, session, { after: events[0]?.id ?? "" })
  const answer = JSON.parse(later.events.at(-1)?.data ?? "{}")
  yield* expect(
    "who comes back has the answer",
    [answer.id, McpContent.textOf(answer.result)],
    [7, "Bob has signed for it"]
  )
  const lost = yield* exchange(tuesday.url, session, { after: "nothing-1.7" })
  yield* expect("what is not kept any more is said to be gone", lost.status, 410)
})

story("Sessions and streams that last", Effect.provide(program, nearby()))
