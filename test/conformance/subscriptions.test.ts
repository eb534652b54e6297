/**
 * Chapter `basic/patterns/subscriptions`, and before it `resources/subscribe` and the changes of lists, everywhere.
 *
 * All of it holds in either era, by `watch`; what only one era has is in `subscriptions-by-era`. That a slow listener
 * hurts nobody is tried on the acceptor, where the test decides when there is room.
 */
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Logger, Queue, Scope, Stream } from "effect"
import { McpServer, McpTool, McpTransport } from "mcp-effect"
import { ResourceUpdated } from "mcp-effect/methods/resources"
import { Listen } from "mcp-effect/methods/subscriptions"
import { McpTest } from "mcp-effect/testing"
import { within } from "../laws/support/limits.ts"
import { settle } from "../laws/support/law.ts"
import { alone, errorOf, heard, held, inbound, nextOf, quiet, resultOf, told } from "./support/held.ts"
import { everywhere, type Place } from "./support/places.ts"
import {
  ACKNOWLEDGED,
  changed,
  changes,
  LISTS,
  documents,
  everything,
  listen,
  lists,
  prompt,
  resource,
  template,
  tool,
  untagged,
  unwatch,
  UPDATED,
  WATCH,
  watch
} from "./support/subscriptions.ts"

everywhere("subscriptions", (place) => {
  const { era } = place
  const URIS = ["docs://a", "users://1"]

  it.effect("a change of what is watched is told, and no other", () =>
    Effect.gen(function* () {
      const { app, server } = held(documents)
      const raw = yield* place.raw(app)
      yield* watch(place, raw, URIS)
      const { updated } = yield* server
      for (const uri of ["docs://b", "docs://nowhere", "docs://a", "users://2", "users://1"]) yield* updated(uri)
      for (const uri of URIS) {
        const params = yield* nextOf(raw, UPDATED)
        assert.isUndefined(place.spoken.check(ResourceUpdated.params, params))
        assert.deepStrictEqual(era === "modern" ? untagged(params, WATCH) : params, { uri })
      }
      yield* quiet(raw)
      assert.strictEqual(told(raw, UPDATED).length, URIS.length)
    }).pipe(Effect.scoped)
  )

  it.effect("what is watched no more is not told, and there is no reply to a cancelled listen", () =>
    Effect.gen(function* () {
      const { app, server } = held(documents)
      const raw = yield* place.raw(app)
      yield* watch(place, raw, URIS)
      yield* unwatch(place, raw, URIS)
      yield* quiet(raw)
      for (const uri of URIS) yield* (yield* server).updated(uri)
      yield* (yield* server).listChanged("resources")
      yield* quiet(raw)
      assert.deepStrictEqual(told(raw, UPDATED), [])
      assert.isEmpty(heard(raw).filter(({ id }) => id === WATCH))
      assert.strictEqual(changes(raw)[2], era === "modern" ? 0 : 1)
      // nothing of it is left: its id may be used again
      yield* watch(place, raw, URIS)
      yield* (yield* server).updated("docs://a")
      assert.strictEqual((yield* nextOf(raw, UPDATED))["uri"], "docs://a")
    }).pipe(Effect.scoped)
  )

  it.effect("what is watched twice is told once", () =>
    Effect.gen(function* () {
      const { app, server } = held(documents)
      const raw = yield* place.raw(app)
      yield* watch(place, raw, ["docs://a", "docs://a"])
      yield* (yield* server).updated("docs://a")
      yield* quiet(raw)
      assert.strictEqual(told(raw, UPDATED).length, 1)
      yield* unwatch(place, raw, ["docs://a"])
      yield* quiet(raw)
      yield* (yield* server).updated("docs://a")
      yield* quiet(raw)
      assert.strictEqual(told(raw, UPDATED).length, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("a stream of changes that breaks is logged, and hurts nobody", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const keeping = Logger.layer([
        Logger.make(({ cause, message }) => void logged.push(`${String(message)} ${Cause.pretty(cause)}`))
      ])
      const broken = McpServer.updates(Stream.concat(Stream.make("docs://b"), Stream.fail("the source is gone")))
      const { app, server } = held(Layer.merge(documents, broken))
      const raw = yield* place.raw(Layer.provide(app, keeping))
      yield* watch(place, raw, ["docs://a"])
      yield* (yield* server).updated("docs://a")
      yield* nextOf(raw, UPDATED)
      assert.strictEqual(logged.filter((line) => line.includes("the source is gone")).length, 1, logged.join())
    }).pipe(Effect.scoped)
  )

  it.effect("handlers and streams tell of changes as the server itself does", () =>
    Effect.gen(function* () {
      const uris = yield* Queue.unbounded<string>()
      const Touch = McpTool.make("touch").toLayer(() => Effect.as(McpServer.updated("docs://b"), "touched"))
      const { app } = held(Layer.mergeAll(documents, Touch, McpServer.updates(Stream.fromQueue(uris))))
      const raw = yield* place.raw(app)
      yield* watch(place, raw, ["docs://a", "docs://b"])
      yield* Queue.offer(uris, "docs://a")
      assert.strictEqual((yield* nextOf(raw, UPDATED))["uri"], "docs://a")
      yield* raw.send(raw.message(7, "tools/call", { name: "touch" }))
      const told = [yield* raw.next, yield* raw.next]
      assert.deepStrictEqual(new Set(told.map(({ id, method }) => id ?? method)), new Set([7, UPDATED]))
    }).pipe(Effect.scoped)
  )

  it.effect("what is registered and removed while the server runs is told, to the list that it is in", () =>
    Effect.gen(function* () {
      const { app, on } = held(everything)
      const raw = yield* place.raw(app)
      yield* watch(place, raw, [])
      for (const [index, register] of [tool, prompt, resource, template].entries()) {
        const method = changed(LISTS[Math.min(index, 2)]!)
        const scope = yield* Scope.make()
        yield* Scope.provide(on(register("new")), scope)
        const params = yield* nextOf(raw, method)
        if (era === "modern") assert.deepStrictEqual(untagged(params, WATCH), {})
        yield* Scope.close(scope, Exit.void)
        yield* nextOf(raw, method)
      }
      yield* quiet(raw)
      assert.deepStrictEqual(changes(raw), [2, 2, 4])
    }).pipe(Effect.scoped)
  )

  it.effect("many registrations in one turn are one notification, and those of a closed scope another", () =>
    Effect.gen(function* () {
      const { app, on } = held(everything)
      const raw = yield* place.raw(app)
      yield* watch(place, raw, [])
      const scope = yield* Scope.make()
      yield* Scope.provide(
        on(
          Effect.forEach(
            Array.from({ length: 50 }, (_, index) => index),
            (index) => tool(`tool-${index}`)
          )
        ),
        scope
      )
      yield* quiet(raw)
      assert.deepStrictEqual(changes(raw), [1, 0, 0])
      yield* Scope.close(scope, Exit.void)
      yield* quiet(raw)
      // ending a registration waits for its calls, so it may take several turns; never more than one notice for each
      assert.isAtLeast(changes(raw)[0]!, 2)
      assert.isAtMost(changes(raw)[0]!, 51)
    }).pipe(Effect.scoped)
  )

  it.effect("an unknown resource is refused, or dropped from the wish", () =>
    Effect.gen(function* () {
      const { app, server } = held(documents)
      const raw = yield* place.raw(app)
      if (era === "modern") {
        const honoured = yield* listen(raw, 1, { resourceSubscriptions: ["docs://nowhere", "docs://a"] })
        assert.deepStrictEqual(honoured, { resourceSubscriptions: ["docs://a"] })
      } else {
        const error = errorOf(yield* raw.ask(1, "resources/subscribe", { uri: "docs://nowhere" }))
        assert.deepInclude(error, { code: -32002, data: { uri: "docs://nowhere" } })
        assert.include(error.message, "docs://nowhere")
        const unsubscribed = yield* raw.ask(2, "resources/unsubscribe", { uri: "docs://nowhere" })
        assert.deepStrictEqual(unsubscribed["result"], {})
      }
      yield* (yield* server).updated("docs://nowhere")
      yield* quiet(raw)
      assert.deepStrictEqual(told(raw, UPDATED), [])
    }).pipe(Effect.scoped)
  )

  it.effect("parameters that do not fit are refused", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(documents).app)
      const asked =
        era === "modern"
          ? [raw.ask(1, "subscriptions/listen"), raw.ask(2, "subscriptions/listen", { notifications: [] })]
          : [raw.ask(1, "resources/subscribe"), raw.ask(2, "resources/subscribe", { uri: 7 })]
      for (const ask of asked) assert.strictEqual(errorOf(yield* ask).code, -32602)
    }).pipe(Effect.scoped)
  )

  it.effect("more URIs than the limit are Busy, and what was watched before still is", () =>
    Effect.gen(function* () {
      const { app, server } = held(documents)
      const raw = yield* within({ subscriptions: 2 }, place.raw(app))
      yield* watch(place, raw, ["docs://a", "docs://b"])
      const uris = ["docs://a", "docs://b", "users://1"]
      const refused =
        era === "modern"
          ? yield* raw.ask(3, "subscriptions/listen", { notifications: { resourceSubscriptions: uris } })
          : yield* raw.ask(3, "resources/subscribe", { uri: "users://1" })
      assert.strictEqual(errorOf(refused).code, 503)
      assert.include(errorOf(refused).message, "2")
      yield* (yield* server).updated("docs://b")
      assert.strictEqual((yield* nextOf(raw, UPDATED))["uri"], "docs://b")
    }).pipe(Effect.scoped)
  )

  it.effect("what is not offered is not told: `listChanged: false`, `subscribe: false`", () =>
    Effect.gen(function* () {
      const capabilities = { tools: { listChanged: false }, resources: { listChanged: false, subscribe: false } }
      const { app, on, server } = held(everything, { capabilities })
      const raw = yield* place.raw(app)
      if (era === "modern") {
        const honoured = yield* listen(raw, 1, { ...lists, resourceSubscriptions: ["docs://a"] })
        assert.deepStrictEqual(honoured, { promptsListChanged: true })
      } else {
        assert.deepNestedInclude(raw.opened, {
          "capabilities.tools": { listChanged: false },
          "capabilities.resources": { listChanged: false, subscribe: false }
        })
        assert.strictEqual(errorOf(yield* raw.ask(1, "resources/subscribe", { uri: "docs://a" })).code, -32601)
      }
      for (const register of [tool, prompt, resource]) yield* on(register("new"))
      yield* (yield* server).updated("docs://a")
      yield* quiet(raw)
      assert.deepStrictEqual(changes(raw), [0, 1, 0])
      assert.deepStrictEqual(told(raw, UPDATED), [])
    }).pipe(Effect.scoped)
  )

  it.effect("what is offered only later is offered to whoever comes later", () =>
    Effect.gen(function* () {
      const { app, on } = held(documents)
      const raw = yield* place.raw(app)
      if (era === "modern") {
        assert.deepStrictEqual(yield* listen(raw, 1, lists), { resourcesListChanged: true })
        yield* on(prompt("late"))
        yield* quiet(raw)
        assert.deepStrictEqual(changes(raw), [0, 0, 0])
        assert.deepStrictEqual(yield* listen(raw, 2, lists), { resourcesListChanged: true, promptsListChanged: true })
        yield* on(prompt("later"))
        assert.deepStrictEqual(untagged(yield* nextOf(raw, changed("prompts")), 2), {})
        assert.strictEqual((yield* raw.ask(3, "prompts/list"))["error"], undefined)
      } else {
        yield* on(prompt("late"))
        yield* quiet(raw)
        assert.deepStrictEqual(changes(raw), [0, 0, 0])
        // what the handshake said holds for the whole conversation
        assert.strictEqual(errorOf(yield* raw.ask(2, "prompts/list")).code, -32601)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("nothing is told while the server goes down", () =>
    Effect.gen(function* () {
      const { app } = held(everything)
      const raw = yield* place.raw(app)
      yield* watch(place, raw, ["docs://a"])
      yield* raw.shutDown
      yield* settle
      assert.deepStrictEqual(changes(raw), [0, 0, 0])
      assert.deepStrictEqual(told(raw, UPDATED), [])
    }).pipe(Effect.scoped)
  )

  it.effect("where nothing can be pushed, only a listen of its own can be told", () =>
    Effect.gen(function* () {
      const { app } = held(documents)
      const acceptor = yield* McpTest.acceptor(app)
      if (era === "modern") {
        const notifications = { resourceSubscriptions: ["docs://nowhere"] }
        const [first, reply] = yield* alone(
          acceptor,
          place,
          place.message(1, "subscriptions/listen", { notifications })
        )
        assert.strictEqual(first?.["method"], ACKNOWLEDGED)
        assert.isUndefined(place.spoken.check(Listen.result, reply?.["result"]))
        return
      }
      const [reply] = yield* alone(acceptor, place, place.message(1, "resources/subscribe", { uri: "docs://a" }))
      assert.strictEqual(errorOf(reply!).code, -32601)
      const features = { ...McpTest.features, push: false }
      const raw = yield* McpTest.raw(app, { driver: "open", features })
      const clientInfo = { name: "raw", version: "1.0.0" }
      const opening = { protocolVersion: place.revision, capabilities: {}, clientInfo }
      yield* raw.send(place.message(1, "initialize", opening))
      assert.deepNestedInclude(resultOf(yield* raw.next), {
        "capabilities.resources": { listChanged: false, subscribe: false }
      })
      yield* raw.send(place.message(2, "resources/subscribe", { uri: "docs://a" }))
      assert.strictEqual(errorOf(yield* raw.next).code, -32601)
    }).pipe(Effect.scoped)
  )

  it.effect("a slow listener delays nobody, and hears of each change once when it reads", () =>
    Effect.gen(function* () {
      const { app, on, server } = held(everything)
      const acceptor = yield* McpTest.acceptor(app)
      const slow = yield* reader(acceptor, place)
      const quick = yield* reader(acceptor, place)
      const { updated } = yield* server
      slow.stall()
      for (let round = 0; round < 20; round++) {
        yield* updated("docs://a")
        yield* updated("users://1")
        yield* Effect.scoped(on(tool("passing")))
        yield* settle
      }
      assert.isAbove(quick.count(UPDATED), 2)
      assert.deepStrictEqual([slow.count(UPDATED), slow.count(changed("tools"))], [0, 0])
      slow.release()
      yield* settle
      assert.deepStrictEqual([slow.count(UPDATED), slow.count(changed("tools"))], [2, 1])
      yield* updated("docs://a")
      yield* settle
      assert.strictEqual(slow.count(UPDATED), 3)
    }).pipe(Effect.scoped)
  )
})

/** A conversation that watches two resources and the lists, whose reading the test decides. */
const reader = (acceptor: Parameters<typeof alone>[0], place: Place) =>
  Effect.gen(function* () {
    let room = true
    const texts: Array<string> = []
    const waiting = new Set<() => void>()
    const outlet = {
      push: ({ receipt, text }: { readonly text: string; readonly receipt: { handed(): void } | undefined }) => {
        texts.push(text)
        receipt?.handed()
      },
      none: () => {},
      hasRoom: () => room,
      whenRoom: (callback: () => void) => {
        waiting.add(callback)
        return () => void waiting.delete(callback)
      }
    }
    const conversation = acceptor.open(outlet, McpTest.features)
    yield* Effect.addFinalizer(() => conversation.close("The test is over"))
    const via = { headers: undefined, principal: McpTransport.anonymous, features: McpTest.features, own: false }
    const send = (message: McpTest.Json) => Effect.sync(() => conversation.receive(inbound(message, via)))
    const uris = ["docs://a", "users://1"]
    if (place.era === "modern") {
      yield* send(
        place.message(1, "subscriptions/listen", { notifications: { ...lists, resourceSubscriptions: uris } })
      )
    } else {
      const clientInfo = { name: "reader", version: "1.0.0" }
      yield* send(place.message(0, "initialize", { protocolVersion: place.revision, capabilities: {}, clientInfo }))
      yield* send({ jsonrpc: "2.0", method: "notifications/initialized" })
      for (const uri of uris) yield* send(place.message(uri, "resources/subscribe", { uri }))
    }
    return {
      count: (method: string) => texts.filter((text) => text.includes(`"${method}"`)).length,
      stall: () => void (room = false),
      release: () => {
        room = true
        const all = [...waiting]
        waiting.clear()
        for (const callback of all) callback()
      }
    }
  })
