/**
 * Every method of the client against our own server, everywhere.
 *
 * What a method gives is judged by the revision's own schema where it has one. A method that the revision lacks is
 * `Unsupported`, naming the revision, and nothing is sent.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema, Scope, Stream } from "effect"
import { type McpClient, type McpError, McpMethod, McpTool } from "mcp-effect"
import { Ping } from "mcp-effect/methods/ping"
import { Discover } from "mcp-effect/methods/discover"
import { GetPrompt } from "mcp-effect/methods/prompts"
import { ReadResource } from "mcp-effect/methods/resources"
import { RootsListChanged } from "mcp-effect/methods/roots"
import type { McpTest } from "mcp-effect/testing"
import { settle } from "../laws/support/law.ts"
import { fork } from "../laws/support/limits.ts"
import { until } from "../laws/support/scripted.ts"
import { Later, Meta, running, Say, Ticked, upTo } from "./support/client.ts"
import { held } from "./support/held.ts"
import { everywhere, type Place } from "./support/places.ts"
import { prompt } from "./support/subscriptions.ts"

const EPOCH = new Date("2026-01-01T00:00:00.000Z")

const refusalOf = <A>(effect: Effect.Effect<A, McpError.McpError>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

/** What a revision lacks is refused here, naming it, and nothing is sent. */
const lacks = <A>(place: Place, effect: Effect.Effect<A, McpError.McpError>, client: McpClient.Service) =>
  Effect.gen(function* () {
    const sent: Array<string> = []
    const tapping = yield* fork(Stream.runForEach(client.messages, ({ text }) => Effect.sync(() => sent.push(text))))
    yield* settle
    const reason = yield* refusalOf(effect)
    assert.strictEqual(reason._tag, "Unsupported")
    assert.include(reason.message, place.revision)
    yield* settle
    assert.deepStrictEqual(sent, [])
    yield* Fiber.interrupt(tapping)
  })

const check = (place: Place, method: McpMethod.AnyRequest, value: unknown) =>
  assert.isUndefined(place.spoken.check(method.result, value), JSON.stringify(value))

everywhere("methods of the client", (place) => {
  const { era } = place

  it.effect("what the server is, and what it is told of the client", () =>
    Effect.gen(function* () {
      const clientInfo = { name: "somebody", version: "2.0.0" }
      const { client, seen } = yield* running(place, { clientInfo })
      assert.strictEqual(client.revision, place.revision)
      assert.deepInclude(client.serverInfo, { name: "held", version: "1.0.0" })
      assert.strictEqual(client.instructions, "Use it well")
      yield* client.call(Meta)
      assert.deepStrictEqual(seen.clients, [clientInfo])
      for (const capability of ["tools", "prompts", "resources"] as const)
        assert.isDefined(client.capabilities[capability])
    }).pipe(Effect.scoped)
  )

  it.effect("readResource: a resource, one of a template, and none", () =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      const read = yield* client.readResource("docs://3")
      check(place, ReadResource, read)
      assert.deepInclude(read.contents[0], { uri: "docs://3", text: "text 3" })
      assert.deepInclude((yield* client.readResource("files://a/b")).contents[0], { text: "a/b" })
      assert.strictEqual((yield* refusalOf(client.readResource("nowhere://x")))._tag, "Remote")
    }).pipe(Effect.scoped)
  )

  it.effect("getPrompt: with arguments, without, and one that does not take them", () =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      const prompt = yield* client.getPrompt("greet", { name: "Ada", mood: "glad" })
      check(place, GetPrompt, prompt)
      assert.deepInclude(prompt.messages[0], { role: "user", content: { type: "text", text: "Hello Ada, glad" } })
      assert.strictEqual((yield* client.getPrompt("prompt1")).messages.length, 1)
      assert.deepInclude(yield* refusalOf(client.getPrompt("greet", { name: "Ada" })), { _tag: "Remote", code: -32602 })
    }).pipe(Effect.scoped)
  )

  it.effect("complete: of a prompt, and of a template with what else is known", () =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      const moods = yield* client.complete({
        ref: { type: "ref/prompt", name: "greet" },
        argument: { name: "mood", value: "s" }
      })
      assert.deepStrictEqual(moods.values, ["sad"])
      const ref = { type: "ref/resource", uri: "files://{dir}/{name}" } as const
      const argument = { name: "name", value: "t" }
      const alone = yield* client.complete({ ref, argument })
      assert.deepStrictEqual(alone.values, ["?-two", "?-three"])
      if (place.since("2025-06-18")) {
        const known = yield* client.complete({ ref, argument, context: { arguments: { dir: "home" } } })
        assert.deepStrictEqual(known.values, ["home-two", "home-three"])
      }
      const nobody = client.complete({ ref: { type: "ref/prompt", name: "nobody" }, argument })
      assert.strictEqual((yield* refusalOf(nobody))._tag, "Remote")
    }).pipe(Effect.scoped)
  )

  it.effect("ping: the server is there, until it is not", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { client } = yield* Scope.provide(running(place), scope)
      yield* client.ping()
      if (era === "legacy") yield* client.request(Ping, {})
      else yield* lacks(place, client.request(Ping, {}), client)
      if (era === "legacy") yield* lacks(place, client.request(Discover, {}), client)
      else assert.include((yield* client.request(Discover, {})).supportedVersions, place.revision)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* refusalOf(client.ping()))._tag, "Closed")
    }).pipe(Effect.scoped)
  )

  it.effect("setLevel: what is less severe is not heard; Unsupported where every request says it", () =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      if (era === "modern") return yield* lacks(place, client.setLevel("error"), client)
      const heard: Array<string> = []
      yield* fork(Stream.runForEach(client.logs, ({ level }) => Effect.sync(() => heard.push(level))))
      yield* client.setLevel("error")
      yield* client.call(Say, { count: 1 })
      yield* client.setLevel("notice")
      yield* client.call(Say, { count: 2 })
      yield* settle
      assert.deepStrictEqual(heard, ["notice", "notice"])
    }).pipe(Effect.scoped)
  )

  it.effect("subscribe and unsubscribe: what changes meanwhile is told; Unsupported where there is listen", () =>
    Effect.gen(function* () {
      const { client, server } = yield* running(place)
      if (era === "modern") {
        yield* lacks(place, client.subscribe("docs://1"), client)
        return yield* lacks(place, client.unsubscribe("docs://1"), client)
      }
      const heard: Array<unknown> = []
      yield* fork(Stream.runForEach(client.notifications, ({ params }) => Effect.sync(() => heard.push(params))))
      yield* client.subscribe("docs://1")
      yield* server.updated("docs://1")
      yield* server.updated("docs://2")
      yield* client.unsubscribe("docs://1")
      yield* server.updated("docs://1")
      yield* client.ping()
      yield* settle
      assert.deepStrictEqual(heard, [{ uri: "docs://1" }])
    }).pipe(Effect.scoped)
  )

  it.effect("progress that the client sends: heard by the server; Unsupported where nothing is asked back", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* running(place)
      const progress = { progressToken: "theirs", progress: 1, total: 2 }
      if (era === "modern") return yield* lacks(place, client.progress(progress), client)
      yield* client.progress(progress)
      yield* client.ping()
      assert.deepStrictEqual(seen.progress, [progress])
    }).pipe(Effect.scoped)
  )

  it.effect(
    "refresh: what is offered since is known where the revision can ask, and what the tools promise everywhere",
    () =>
      Effect.gen(function* () {
        const Counting = McpTool.make("counting", { success: Schema.Struct({ n: Schema.Int }) })
        const { app, on } = held(Counting.toLayer(() => Effect.succeed({ n: 1 })))
        const client = yield* place.connect(app)
        assert.isUndefined(client.capabilities.prompts)
        yield* on(prompt("new"))
        yield* client.refresh
        assert.strictEqual(client.capabilities.prompts !== undefined, era === "modern")
        assert.isDefined(client.capabilities.tools)
        // the same answer as before: what it says fits what was promised
        const { content } = yield* client.callTool("counting")
        assert.strictEqual(content.length, 1)
      }).pipe(Effect.scoped)
  )

  it.effect("request and notify: methods of one's own, encoded and decoded, in every revision", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* running(place)
      const later = yield* client.request(Later, { at: EPOCH, days: 2 })
      assert.deepStrictEqual(later, { at: new Date("2026-01-03T00:00:00.000Z") })
      yield* client.notify(Ticked, { n: 1, at: EPOCH })
      yield* client.notify(Ticked, { n: 2, at: EPOCH })
      yield* client.ping()
      assert.deepStrictEqual(
        seen.ticks,
        upTo(2).map((n) => ({ n, at: EPOCH }))
      )
      const nobody = McpMethod.request("own/nobody", { params: Schema.Struct({}), result: Schema.Struct({}) })
      assert.deepInclude(yield* refusalOf(client.request(nobody, {})), { _tag: "Remote", code: -32601 })
      const wrong = { at: new Date(Number.NaN), days: 0.5 }
      assert.strictEqual((yield* refusalOf(client.request(Later, wrong)))._tag, "InvalidInput")
      if (era === "modern") yield* lacks(place, client.notify(RootsListChanged, {}), client)
    }).pipe(Effect.scoped)
  )

  it.effect("meta of a call reaches the handler, besides what the revision and the library say", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* running(place)
      yield* client.call(Meta, {}, { meta: { "example.org/trace": "t1" } })
      yield* client.callTool("meta", {}, { meta: { "example.org/trace": "t2" } })
      assert.deepStrictEqual(
        seen.metas.map((meta) => (meta as McpTest.Json)["example.org/trace"]),
        ["t1", "t2"]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("meta of a call takes the place of what the library says, and is not said twice", () =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      const sent: Array<string> = []
      yield* fork(
        Stream.runForEach(client.messages, ({ from, text }) =>
          Effect.sync(() => void (from === "client" && sent.push(text)))
        )
      )
      yield* settle
      const clientInfo = { name: "somebody else", version: "2.0.0" }
      yield* client.call(
        Meta,
        {},
        { meta: { progressToken: "mine", "io.modelcontextprotocol/clientInfo": clientInfo } }
      )
      yield* until(() => sent.length > 0)
      for (const name of ["progressToken", "io.modelcontextprotocol/clientInfo"]) {
        assert.strictEqual(sent[0]!.split(`"${name}"`).length - 1, 1, sent[0])
      }
    }).pipe(Effect.scoped)
  )
})
