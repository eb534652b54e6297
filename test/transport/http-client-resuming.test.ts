/**
 * Streams that end too early: the stream of a request, which is taken up again where events have ids, and the stream for
 * what a legacy server says unasked. The clock is the test's, so a wait is as long as it says.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, type Logger, Random, References, type Result, Stream } from "effect"
import { McpContent, type McpError, type McpClient } from "mcp-effect"
import { TestClock } from "effect/testing"
import { legacy, modern, withoutStream } from "./support/httpHandshakes.ts"
import { type Asked, type HttpPeer, httpPeer } from "./support/httpPeer.ts"
import { warnings } from "./support/warnings.ts"

const said = (text: string) => ({ content: [{ type: "text", text }] })
const reply = (asked: Asked, text = "done") => ({ id: asked.message["id"], result: said(text) })
const lossOf = ({ reason }: McpError.McpError) => (reason._tag === "Lost" ? reason.loss : reason._tag)
const lossIn = (result: Result.Result<unknown, McpError.McpError>) =>
  result._tag === "Failure" ? lossOf(result.failure) : "a result"

/** Lets what is under way on sockets come to rest: a round trip of its own. */
const settled = (peer: HttpPeer, client: McpClient.Service) =>
  Effect.gen(function* () {
    const ping = yield* Effect.forkChild(client.ping())
    const asked = yield* peer.expect("ping")
    asked.result({})
    yield* Fiber.join(ping)
  })

/** For as long as that the server is asked for nothing more. */
const nothingFor = (peer: HttpPeer, client: McpClient.Service, time: Duration.Input) =>
  Effect.gen(function* () {
    yield* settled(peer, client)
    yield* TestClock.adjust(time)
    yield* settled(peer, client)
    assert.strictEqual(yield* peer.waiting, 0)
  })

/** A call whose stream has given an id and ended. */
const cutShort = (peer: HttpPeer, client: McpClient.Service, retry = 500) =>
  Effect.gen(function* () {
    const patient = { timeout: "1 hour", idleTimeout: "1 hour" } as const
    const call = yield* Effect.forkChild(Effect.result(client.callTool("slow", {}, patient)))
    const asked = yield* peer.expect("tools/call")
    asked.events().event({ id: "e-1", retry }).end()
    yield* settled(peer, client)
    return { asked, call }
  })

/** The stream for what a server says unasked has given an id and ended; gives the exchange that takes it up again. */
const askedAgain = (peer: HttpPeer, client: McpClient.Service, get: Asked) =>
  Effect.gen(function* () {
    get.events().event({ id: "g-1", retry: 10 }).end()
    yield* settled(peer, client)
    yield* TestClock.adjust("10 millis")
    return yield* peer.expect("GET")
  })

const quiet = Effect.provideService(References.CurrentLoggers, new Set<Logger.Logger<unknown, unknown>>())

describe("the stream of a request that ends without the reply", () => {
  it.effect("is taken up again after as long as the server has asked for, and not earlier", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      const { asked, call } = yield* cutShort(peer, client)
      yield* nothingFor(peer, client, "499 millis")
      yield* TestClock.adjust("1 millis")
      const again = yield* peer.expect("GET")
      assert.strictEqual(again.headers["last-event-id"], "e-1")
      assert.strictEqual(again.headers["mcp-session-id"], "s-1")
      assert.strictEqual(again.headers["accept"], "text/event-stream")
      again.events().message(reply(asked), "e-2").end()
      const result = yield* Effect.fromResult(yield* Fiber.join(call))
      assert.strictEqual(McpContent.textOf(result), "done")
    })
  )

  it.effect("is taken up as often as events come", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      const { asked, call } = yield* cutShort(peer, client, 10)
      for (let time = 1; time <= 15; time++) {
        yield* TestClock.adjust("10 millis")
        const again = yield* peer.expect("GET")
        assert.strictEqual(again.headers["last-event-id"], `e-${time}`)
        const events = again.events().event({ id: `e-${time + 1}` })
        if (time === 15) events.message(reply(asked))
        events.end()
        if (time < 15) yield* settled(peer, client)
      }
      assert.strictEqual((yield* Fiber.join(call))._tag, "Success")
    })
  )

  it.effect("is lost after ten failures in a row; an answer without an event is one", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      const { call } = yield* cutShort(peer, client, 10)
      for (let time = 0; time < 10; time++) {
        yield* TestClock.adjust("30 seconds")
        const again = yield* peer.expect("GET")
        if (time % 3 === 0) again.events().end()
        else if (time % 3 === 1) again.status(503)
        else again.cut()
        yield* settled(peer, client)
      }
      assert.strictEqual(lossIn(yield* Fiber.join(call)), "Broken")
      yield* nothingFor(peer, client, "1 minute")
    })
  )

  it.effect("waits longer after each failure", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      yield* cutShort(peer, client, 10)
      for (const [before, at] of [
        [0, 10],
        [999, 1000],
        [1999, 2],
        [3999, 2]
      ] as const) {
        // the jitter is at least half of it
        yield* nothingFor(peer, client, before)
        yield* TestClock.adjust(before + at)
        const again = yield* peer.expect("GET")
        again.events().end()
        yield* settled(peer, client)
      }
    }).pipe(Random.withSeed("jitter"))
  )

  it.effect.each([
    ["410", (asked: Asked) => asked.status(410), "ResumeLost"],
    ["an error that says so", (asked: Asked) => asked.error(-32000, 400, { reason: "ResumeLost" }, null), "ResumeLost"],
    ["401", (asked: Asked) => asked.status(401), "Unauthorized"],
    ["405", (asked: Asked) => asked.status(405), "Broken"],
    ["404", (asked: Asked) => asked.status(404), "SessionEnded"]
  ] as const)("is lost by %s", ([, answer, loss]) =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      const { call } = yield* cutShort(peer, client)
      yield* TestClock.adjust("500 millis")
      const again = yield* peer.expect("GET")
      answer(again)
      assert.strictEqual(lossIn(yield* Fiber.join(call)), loss)
    })
  )

  it.effect("is lost at once where events have no ids", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client } = yield* legacy(peer)
      const call = yield* Effect.forkChild(Effect.flip(client.callTool("slow")))
      const asked = yield* peer.expect("tools/call")
      asked.events().message({ method: "notifications/tools/list_changed" }).end()
      assert.strictEqual(lossOf(yield* Fiber.join(call)), "Broken")
    })
  )

  it.effect("is lost at once in a modern revision, ids or not", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const call = yield* Effect.forkChild(Effect.flip(client.callTool("slow")))
      const asked = yield* peer.expect("tools/call")
      asked.events().event({ id: "e-1" }).cut()
      assert.strictEqual(lossOf(yield* Fiber.join(call)), "Broken")
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect("is not taken up any more when its caller is gone", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      const { asked, call } = yield* cutShort(peer, client)
      yield* Fiber.interrupt(call)
      const cancel = yield* peer.expect("notifications/cancelled")
      assert.strictEqual(cancel.params["requestId"], asked.message["id"])
      cancel.status(202)
      yield* nothingFor(peer, client, "1 minute")
    })
  )
})

describe("the stream for what a server says unasked", () => {
  it.effect("brings notifications", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      const changes = yield* client.changes
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(changes, 1)))
      get.events().message({ method: "notifications/prompts/list_changed" })
      assert.deepStrictEqual([...(yield* Fiber.join(heard))], ["prompts"])
    })
  )

  it.effect.each([400, 404, 405, 406, 501, 302])("need not be there: %s is no reason to worry", (status) => {
    const { log, said } = warnings()
    return Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      get.status(status)
      yield* nothingFor(peer, client, "1 hour")
      assert.deepStrictEqual(said, [])
    }).pipe(log)
  })

  it.effect("is no page of another kind", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      get.status(200, "<html></html>", { "content-type": "text/html" })
      yield* nothingFor(peer, client, "1 hour")
    })
  )

  it.effect.each([401, 403])("that may not be had (%s) is given up with a warning", (status) => {
    const { log, said } = warnings()
    return Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      get.status(status)
      yield* nothingFor(peer, client, "1 hour")
      assert.strictEqual(said.length, 1)
      assert.include(said[0], String(status))
    }).pipe(log)
  })

  it.effect("is taken up again where it was, after the server's wish or a second", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      get.events().message({ method: "notifications/tools/list_changed" }, "g-1").end()
      yield* nothingFor(peer, client, "999 millis")
      yield* TestClock.adjust("1 millis")
      const second = yield* peer.expect("GET")
      assert.strictEqual(second.headers["last-event-id"], "g-1")
      second.events().event({ id: "g-2", retry: 3000 }).end()
      yield* nothingFor(peer, client, "2999 millis")
      yield* TestClock.adjust("1 millis")
      const third = yield* peer.expect("GET")
      assert.strictEqual(third.headers["last-event-id"], "g-2")
    })
  )

  it.effect("is given up after ten failures in a row, with one warning", () => {
    const { log, said } = warnings()
    return Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      get.status(503)
      for (let time = 1; time < 10; time++) {
        yield* settled(peer, client)
        yield* TestClock.adjust("30 seconds")
        const again = yield* peer.expect("GET")
        if (time % 2 === 0) again.status(500)
        else again.events().end()
      }
      yield* nothingFor(peer, client, "1 hour")
      assert.strictEqual(said.length, 1)
    }).pipe(log)
  })

  it.effect("that was cut after a long silence is no failure", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      let stream = get.events()
      for (let time = 0; time < 12; time++) {
        yield* settled(peer, client)
        yield* TestClock.adjust("30 seconds")
        stream.end()
        yield* settled(peer, client)
        yield* TestClock.adjust("1 second")
        stream = (yield* peer.expect("GET")).events()
      }
    })
  )

  it.effect("begins anew where the server does not know any more where it was, and says so", () => {
    const { log, said } = warnings()
    return Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      const second = yield* askedAgain(peer, client, get)
      second.status(410)
      yield* settled(peer, client)
      yield* TestClock.adjust("3 seconds")
      const third = yield* peer.expect("GET")
      assert.isUndefined(third.headers["last-event-id"])
      assert.strictEqual(said.length, 1)
    }).pipe(log)
  })

  it.effect("that was there tells when the session has ended", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      const second = yield* askedAgain(peer, client, get)
      const call = yield* Effect.forkChild(Effect.flip(client.callTool("slow")))
      yield* peer.expect("tools/call")
      second.status(404)
      assert.strictEqual(lossOf(yield* Fiber.join(call)), "SessionEnded")
    }).pipe(quiet)
  )
})
