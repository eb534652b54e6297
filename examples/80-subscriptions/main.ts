/**
 * Subscriptions: a client hears that a resource has changed. One story, told in both eras.
 */
import { Effect, Queue } from "effect"
import { McpClient } from "mcp-effect"
import { ReadResource } from "mcp-effect/methods/resources"
import { chapter, expect, story } from "../check.ts"
import { app, Restock, Sell, Shelf } from "./server.ts"
import { watch } from "./watch.ts"

const shopping = Effect.fnUntraced(function* (revision: string) {
  yield* chapter(`In ${revision}`)
  const client = yield* McpClient.connect(app, { revision })
  const tea = yield* Shelf.uri({ item: "tea" })
  const look = Effect.map(client.request(ReadResource, { uri: tea }), ({ contents: [content] }) =>
    content !== undefined && "text" in content ? content.text : "nothing"
  )
  yield* expect("before", yield* look, "5 of tea")

  yield* Effect.scoped(
    Effect.gen(function* () {
      const changes = yield* watch(client, [tea])
      // nobody watches the rice, so the first change that is heard is that of the tea
      yield* client.call(Sell, { item: "rice", amount: 1 })
      yield* client.call(Sell, { item: "tea", amount: 2 })
      yield* expect("a tool has changed", yield* Queue.take(changes), "shop://tea")
      yield* expect("now there are", yield* look, "3 of tea")

      yield* client.call(Restock, { item: "tea", amount: 10 })
      yield* expect("a Stream tells that there changed", yield* Queue.take(changes), "shop://tea")
      yield* expect("now there are", yield* look, "13 of tea")
    })
  )

  const changes = yield* watch(client, [yield* Shelf.uri({ item: "rice" })])
  yield* client.call(Sell, { item: "tea", amount: 1 })
  yield* client.call(Sell, { item: "rice", amount: 1 })
  yield* expect("another is watched now, not the tea", yield* Queue.take(changes), "shop://rice")
}, Effect.scoped)

story("Subscriptions", Effect.all([shopping("2025-11-25"), shopping("2026-07-28")]))
