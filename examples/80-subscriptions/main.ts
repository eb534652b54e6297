/**
 * Subscriptions: a client hears that a resource, or a list, has changed. One story, told in both eras: a client need not
 * know whether its server is subscribed to, tells unasked, or keeps a long request open for what it has to tell.
 */
import { Effect, Option, Stream } from "effect"
import { McpClient } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { Advertise, app, Restock, Sell, Shelf } from "./server.ts"

/** The next element of a Stream that goes on. */
const next = <A, E>(stream: Stream.Stream<A, E>) => Effect.map(Stream.runHead(stream), Option.getOrUndefined)

const shopping = Effect.fnUntraced(function* (revision: string) {
  yield* chapter(`In ${revision}`)
  const client = yield* McpClient.connect(app, { revision })
  const tea = yield* Shelf.uri({ item: "tea" })
  const look = Effect.map(client.readResource(tea), ({ contents: [content] }) =>
    content !== undefined && "text" in content ? content.text : "nothing"
  )
  yield* expect("before", yield* look, "5 of tea")

  // the watch has begun when the Effect has ended, and lasts as long as the scope
  yield* Effect.scoped(
    Effect.gen(function* () {
      const updates = yield* client.updates(tea)
      // nobody watches the rice, so the first change that is heard is that of the tea
      yield* client.call(Sell, { item: "rice", amount: 1 })
      yield* client.call(Sell, { item: "tea", amount: 2 })
      yield* expect("a tool has changed", yield* next(updates), "shop://tea")
      yield* expect("now there are", yield* look, "3 of tea")

      yield* client.call(Restock, { item: "tea", amount: 10 })
      yield* expect("a Stream tells that there changed", yield* next(updates), "shop://tea")
      yield* expect("now there are", yield* look, "13 of tea")
    })
  )

  const updates = yield* client.updates(yield* Shelf.uri({ item: "rice" }))
  yield* client.call(Sell, { item: "tea", amount: 1 })
  yield* client.call(Sell, { item: "rice", amount: 1 })
  yield* expect("another is watched now, not the tea", yield* next(updates), "shop://rice")

  const changes = yield* client.changes
  yield* client.call(Advertise, { text: "Tea week!" })
  yield* expect("a list has changed", yield* next(changes), "resources")
  const names = yield* Stream.runCollect(Stream.map(client.resources(), ({ name }) => name))
  yield* expect("it has now", names, ["poster"])
}, Effect.scoped)

story("Subscriptions", Effect.all([shopping("2025-11-25"), shopping("2026-07-28")]))
