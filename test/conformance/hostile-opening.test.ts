/**
 * A client whose server is hostile when they open: what `initialize` and `server/discover` may be answered with.
 *
 * Every way to fail is a typed error that says what came, within the limit of connecting; nothing is left of the attempt.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, type McpError } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { eras, versions } from "../laws/support/app.ts"
import { fibersLeft, settle } from "../laws/support/law.ts"
import { failureOf, fork } from "../laws/support/limits.ts"
import { bounded } from "../laws/support/scripted.ts"
import {
  type Asked,
  deep,
  heard,
  hostile,
  playing,
  result,
  rpc,
  type Script,
  text,
  welcome,
  failed
} from "./support/hostile.ts"

const isOpening = ({ method }: Asked): boolean => method === "initialize" || method === "server/discover"

/** Answers the opening so, and calls well. */
const opening =
  (answers: (asked: Asked) => ReadonlyArray<McpTest.Json | string>): Script =>
  (one) =>
    isOpening(one) ? answers(one) : [text(one, "good")]

const refusal = (version: string, script: Script): Effect.Effect<McpError.Reason> =>
  Effect.gen(function* () {
    const exit = yield* bounded("connecting", Effect.scoped(hostile(version, script)))
    assert.isTrue(Exit.isFailure(exit), "it connects")
    return (yield* Effect.orDie(Effect.flip(exit))).reason
  })

const serverInfo = { name: "hostile", version: "1.0.0" }
const shapes = {
  legacy: (version: string): ReadonlyArray<unknown> => [
    {},
    { protocolVersion: 7, capabilities: {}, serverInfo },
    { protocolVersion: version, serverInfo },
    { protocolVersion: version, capabilities: 7, serverInfo },
    { protocolVersion: version, capabilities: { tools: "many" }, serverInfo },
    { protocolVersion: version, capabilities: {} },
    { protocolVersion: version, capabilities: {}, serverInfo: {} },
    { protocolVersion: version, capabilities: {}, serverInfo, instructions: 7 }
  ],
  modern: (version: string): ReadonlyArray<unknown> => [
    {},
    { supportedVersions: version, capabilities: {} },
    { supportedVersions: [7], capabilities: {} },
    { supportedVersions: [version] },
    { supportedVersions: [version], capabilities: [] },
    { supportedVersions: [version], capabilities: { tools: "many" } },
    { supportedVersions: [version], capabilities: {}, instructions: 7 },
    { supportedVersions: [version], capabilities: {}, resultType: "odd" },
    { supportedVersions: [version], capabilities: {}, resultType: 7 }
  ]
}

describe.each(eras)("a server of the %s era that answers the opening", (era) => {
  const version = versions[era]
  const method = era === "legacy" ? "initialize" : "server/discover"

  it.effect.each([null, 7, "yes", [], ...shapes[era](version)].map((answer) => ({ answer })))(
    "with $answer: Undecodable",
    ({ answer }) =>
      Effect.gen(function* () {
        const reason = yield* refusal(
          version,
          opening(({ id }) => [rpc({ id, result: answer })])
        )
        assert.deepInclude(reason, { _tag: "Undecodable", method }, reason.message)
      })
  )

  it.effect.each(["1999-01-01", "2025-06-18", "", "latest"].map((wrong) => ({ wrong })))(
    "with the revision $wrong: Unsupported, naming it",
    ({ wrong }) =>
      Effect.gen(function* () {
        const reason = yield* refusal(
          version,
          opening((one) => [
            result(
              one,
              era === "legacy"
                ? { ...welcome(version), protocolVersion: wrong }
                : { ...welcome(version), supportedVersions: [wrong] }
            )
          ])
        )
        assert.strictEqual(reason._tag, "Unsupported")
        assert.include(reason.message, wrong)
      })
  )

  it.effect("with a revision that is a megabyte long, or too deep: a typed error", () =>
    Effect.gen(function* () {
      for (const wrong of [JSON.stringify("9".repeat(1024 * 1024)), deep()]) {
        const member = era === "legacy" ? `"protocolVersion":${wrong}` : `"supportedVersions":[${wrong}]`
        const rest = JSON.stringify(welcome(version)).slice(1)
        const reason = yield* refusal(
          version,
          opening(({ id }) => [
            `{"jsonrpc":"2.0","id":${id},"result":{${rest.slice(0, -1).replace(/"(protocolVersion|supportedVersions)":/, '"was":')},${member}}}`
          ])
        )
        assert.include(["Unsupported", "Undecodable"], reason._tag)
      }
    })
  )

  it.effect("with an error: Remote, with its code", () =>
    Effect.gen(function* () {
      const reason = yield* refusal(
        version,
        opening(({ id }) => [rpc({ id, error: { code: 7, message: "no", data: { why: "so" } } })])
      )
      assert.deepInclude(reason, { _tag: "Remote", code: 7, detail: "no", data: { why: "so" } })
    })
  )

  it.effect("twice, the second time with nonsense: the first counts", () =>
    Effect.gen(function* () {
      const { client } = yield* hostile(
        version,
        opening((one) => [result(one, welcome(version)), rpc({ id: one.id, result: null })])
      )
      assert.strictEqual(client.revision, version)
      assert.deepInclude((yield* client.callTool("t")).content[0], { text: "good" })
    }).pipe(Effect.scoped)
  )

  it.effect("by requests of its own, and noise: they wait for nobody", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(
        version,
        opening((one) => [
          "Listening on port 3000",
          rpc({ id: "early", method: "sampling/createMessage", params: {} }),
          rpc({ method: "notifications/tools/list_changed" }),
          result(one, welcome(version))
        ])
      )
      assert.deepInclude((yield* client.callTool("t")).content[0], { text: "good" })
      const refused = heard(peer).filter(({ id }) => id === "early")
      assert.strictEqual(refused.length, era === "legacy" ? 1 : 0)
    }).pipe(Effect.scoped)
  )

  it.effect("by ending the connection: Closed", () =>
    Effect.gen(function* () {
      const { peer, transport } = yield* playing(
        version,
        opening(() => [])
      )
      const connecting = yield* fork(McpClient.connect(transport, { revision: version }))
      yield* settle
      yield* peer.end
      yield* settle
      assert.strictEqual(failureOf(connecting)._tag, "Closed")
    }).pipe(Effect.scoped)
  )

  it.effect("never: Timeout of the start-up, and nothing is left", () =>
    Effect.gen(function* () {
      const waiting = Effect.gen(function* () {
        const { transport } = yield* playing(
          version,
          opening(() => [])
        )
        const connecting = yield* fork(
          McpClient.connect(transport, { revision: version, timeouts: { startUp: "5 seconds" } })
        )
        yield* settle
        yield* TestClock.adjust("4 seconds")
        assert.isUndefined(connecting.pollUnsafe())
        yield* TestClock.adjust("1 second")
        yield* settle
        assert.deepInclude(failed(connecting), { _tag: "Timeout", limit: "start-up", after: 5000 })
      })
      assert.strictEqual(yield* fibersLeft(waiting), 0)
    })
  )
})

it.effect("whoever answers neither probe nor handshake is given up after the start-up, whatever comes besides", () =>
  Effect.gen(function* () {
    const { peer, transport } = yield* playing(versions.modern, () => [])
    const connecting = yield* fork(McpClient.connect(transport, { timeouts: { startUp: "30 seconds" } }))
    for (let second = 0; second < 30; second += 1) {
      assert.isUndefined(connecting.pollUnsafe())
      yield* peer.send(rpc({ method: "notifications/message", params: { level: "info", data: "wait" } }))
      yield* TestClock.adjust("1 second")
    }
    yield* settle
    assert.deepInclude(failed(connecting), { _tag: "Timeout", limit: "start-up" })
    assert.deepStrictEqual(
      heard(peer).flatMap(({ id, method }) => (id === undefined ? [] : [method])),
      ["server/discover", "initialize"]
    )
  }).pipe(Effect.scoped)
)
