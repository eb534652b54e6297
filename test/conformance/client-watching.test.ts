/**
 * Watching by the client, everywhere: `updates` and `changes` are the same in both eras.
 *
 * A watch has begun when its Effect has ended and is over when its scope closes; several of one URI are independent of
 * each other, and the server forgets the URI with the last. The Stream ends when the server goes down.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import { McpClient, type McpError, McpTransport } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { fibersLeft, settle } from "../laws/support/law.ts"
import { fork } from "../laws/support/limits.ts"
import { bounded, until } from "../laws/support/scripted.ts"
import { everything, running } from "./support/client.ts"
import { held } from "./support/held.ts"
import { everywhere, type Place } from "./support/places.ts"
import { documents, prompt, resource, tool } from "./support/subscriptions.ts"

type Watch<A> = Effect.Effect<Stream.Stream<A, McpError.McpError>, McpError.McpError, Scope.Scope>

/** A watch that has begun, what it has heard, and how its Stream ends. */
const heardOf = <A>(watch: Watch<A>) =>
  Effect.gen(function* () {
    const heard: Array<A> = []
    const stream = yield* watch
    const end = yield* fork(Stream.runForEach(stream, (one) => Effect.sync(() => heard.push(one))))
    return { end, heard }
  })

/** The requests that a client has sent since this began, by method. */
const sentBy = (client: McpClient.Service) =>
  Effect.gen(function* () {
    const sent: Array<string> = []
    const keep = ({ from, text }: McpClient.Message) => {
      const { method } = JSON.parse(text) as { readonly method?: string }
      if (from === "client" && method !== undefined) sent.push(method)
    }
    yield* fork(Stream.runForEach(client.messages, (message) => Effect.sync(() => keep(message))))
    yield* settle
    return sent
  })

everywhere("updates of the client", (place) => {
  const { era } = place

  it.effect("have begun when the Effect has ended: nothing that is told then is missed, even before it is read", () =>
    Effect.gen(function* () {
      const { client, server } = yield* running(place)
      const stream = yield* client.updates("docs://1")
      for (const uri of ["docs://1", "docs://2", "docs://1"]) {
        yield* server.updated(uri)
        // what is told in one turn of the loop is told once
        yield* settle
      }
      const first = yield* fork(Stream.runCollect(Stream.take(stream, 2)))
      yield* until(() => first.pollUnsafe() !== undefined)
      assert.deepStrictEqual(yield* Fiber.join(first), ["docs://1", "docs://1"])
    }).pipe(Effect.scoped)
  )

  it.effect("tell each watcher of its own URI, and what lies below it", () =>
    Effect.gen(function* () {
      const { client, server } = yield* running(place)
      const one = yield* heardOf(client.updates("docs://1"))
      const two = yield* heardOf(client.updates("docs://2"))
      const file = yield* heardOf(client.updates("files://a/b"))
      for (const uri of ["docs://2", "docs://1", "files://a/b", "docs://3", "files://a/c", "docs://2"]) {
        yield* server.updated(uri)
        yield* settle
      }
      assert.deepStrictEqual(
        [one.heard, two.heard, file.heard],
        [["docs://1"], ["docs://2", "docs://2"], ["files://a/b"]]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("several of one URI: each hears everything, and the last to close ends it at the server", () =>
    Effect.gen(function* () {
      const { client, server } = yield* running(place)
      const sent = yield* sentBy(client)
      const scopes = [yield* Scope.make(), yield* Scope.make(), yield* Scope.make()] as const
      const watches = yield* Effect.forEach(scopes, (scope) =>
        Scope.provide(heardOf(client.updates("docs://1")), scope)
      )
      const tell = Effect.gen(function* () {
        yield* server.updated("docs://1")
        yield* client.ping()
        yield* settle
        return watches.map(({ heard }) => heard.length)
      })
      assert.deepStrictEqual(yield* tell, [1, 1, 1])
      yield* Scope.close(scopes[1], Exit.void)
      assert.deepStrictEqual(yield* tell, [2, 1, 2])
      yield* Scope.close(scopes[0], Exit.void)
      assert.deepStrictEqual(yield* tell, [2, 1, 3])
      yield* Scope.close(scopes[2], Exit.void)
      assert.deepStrictEqual(yield* tell, [2, 1, 3])
      const asked = sent.filter((method) => method !== "ping" && method !== "server/discover")
      assert.deepStrictEqual(
        asked,
        era === "legacy"
          ? ["resources/subscribe", "resources/unsubscribe"]
          : [...Array(3).fill("subscriptions/listen"), ...Array(3).fill("notifications/cancelled")]
      )
      // and it can be watched again
      const again = yield* heardOf(client.updates("docs://1"))
      yield* tell
      assert.deepStrictEqual(again.heard, ["docs://1"])
    }).pipe(Effect.scoped)
  )

  it.effect("begun side by side: all have begun", () =>
    Effect.gen(function* () {
      const { client, server } = yield* running(place)
      const watches = yield* Effect.all(
        Array.from({ length: 5 }, () => heardOf(client.updates("docs://1"))),
        { concurrency: "unbounded" }
      )
      yield* server.updated("docs://1")
      yield* client.ping()
      yield* settle
      assert.deepStrictEqual(
        watches.map(({ heard }) => heard.length),
        [1, 1, 1, 1, 1]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("of what the server does not offer: a typed error", () =>
    Effect.gen(function* () {
      const { app } = held(documents, { capabilities: { resources: { subscribe: false } } })
      const client = yield* place.connect(app)
      const { reason } = yield* Effect.flip(client.updates("docs://a"))
      assert.include(era === "modern" ? ["Unsupported"] : ["Unsupported", "Remote"], reason._tag)
    }).pipe(Effect.scoped)
  )

  it.effect("leave nothing behind", () =>
    Effect.gen(function* () {
      const watched = Effect.gen(function* () {
        const { client, server } = yield* running(place)
        for (const uri of ["docs://1", "docs://1", "docs://2"]) yield* Effect.scoped(heardOf(client.updates(uri)))
        yield* heardOf(client.updates("docs://1"))
        yield* heardOf(client.changes)
        yield* server.updated("docs://1")
        yield* settle
      })
      assert.strictEqual(yield* fibersLeft(watched), 0)
    })
  )
})

everywhere("changes of the client", (place) => {
  it.effect("tell which list has changed, from when the Effect has ended until the scope closes", () =>
    Effect.gen(function* () {
      const { app, on } = everything()
      const client = yield* place.connect(app)
      yield* on(tool("before"))
      yield* client.ping()
      const scope = yield* Scope.make()
      const { heard } = yield* Scope.provide(heardOf(client.changes), scope)
      yield* settle
      heard.length = 0
      for (const register of [tool("new"), prompt("new"), resource("new")]) {
        yield* on(register)
        yield* client.ping()
        yield* settle
      }
      assert.deepStrictEqual(heard, ["tools", "prompts", "resources"])
      yield* Scope.close(scope, Exit.void)
      yield* on(tool("later"))
      yield* client.ping()
      assert.strictEqual(heard.length, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("are followed by a list that has what is new", () =>
    Effect.gen(function* () {
      const { app, on } = everything()
      const client = yield* place.connect(app)
      const stream = yield* client.changes
      const names = yield* fork(
        Stream.runHead(
          Stream.mapEffect(stream, () =>
            Effect.map(Stream.runCollect(client.tools()), (tools) => tools.map(({ name }) => name))
          )
        )
      )
      yield* on(tool("new"))
      const found = yield* Effect.fromOption(yield* Fiber.join(names))
      assert.include(found, "new")
    }).pipe(Effect.scoped)
  )
})

/** Serves over a loopback, and can be told to go down while the client stays. */
const served = (place: Place) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { app } = everything()
    const [clientEnd, serverEnd] = yield* McpTransport.loopback
    const acceptor = yield* Scope.provide(McpTest.acceptor(app), scope)
    const serving = yield* fork(acceptor.run(serverEnd))
    const client = yield* McpClient.connect(clientEnd, { revision: place.revision })
    // it drains, and lets go of the connection
    return { client, shutDown: Effect.andThen(Scope.close(scope, Exit.void), Fiber.interrupt(serving)) }
  })

everywhere("a watch of a server that goes down", (place) => {
  it.effect("ends", () =>
    Effect.gen(function* () {
      const { client, shutDown } = yield* served(place)
      const updates = yield* heardOf(client.updates("docs://1"))
      const changes = yield* heardOf(client.changes)
      const closing = yield* fork(shutDown)
      for (const { end } of [updates, changes]) {
        yield* until(() => end.pollUnsafe() !== undefined)
        const exit = end.pollUnsafe()
        assert.isTrue(exit !== undefined && Exit.isSuccess(exit), exit === undefined ? "it goes on" : "it fails")
      }
      yield* Fiber.join(closing)
    }).pipe(Effect.scoped)
  )

  it.effect("is over when the client itself ends: its Stream ends, or fails with Closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { client } = yield* Scope.provide(running(place), scope)
      const updates = yield* heardOf(client.updates("docs://1"))
      const changes = yield* heardOf(client.changes)
      yield* Scope.close(scope, Exit.void)
      for (const { end } of [updates, changes]) {
        const exit = yield* bounded("the stream", Fiber.join(end))
        if (Exit.isFailure(exit)) assert.strictEqual((yield* Effect.flip(exit)).reason._tag, "Closed")
      }
    }).pipe(Effect.scoped)
  )
})
