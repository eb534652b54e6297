/**
 * How a client finds out which era a stdio server is of, and how long it remembers.
 *
 * Told by an answer or by an exit, the verdict is kept as long as the connector lives; told by silence, it is not.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { McpClient } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import type { Behaviour } from "./fixtures/child.ts"
import { limited, type Subject, subject } from "./support/children.ts"
import { within } from "./support/eventually.ts"

const connect = (child: Subject) =>
  within("connecting", Effect.scoped(Effect.map(McpClient.connect(child.command), ({ revision }) => revision)))

/** Connects so many times, with one connector, and tells which requests the server saw each time it was started. */
const visits = (behaviour: Behaviour, times: number, probe = "1 minute") =>
  Effect.gen(function* () {
    const child = yield* subject(behaviour)
    for (let time = 0; time < times; time++) assert.strictEqual(yield* connect(child), "2025-11-25")
    return child.story
      .filter((word) => word === "started" || word === "server/discover" || word === "initialize")
      .join(" ")
      .split("started")
      .slice(1)
      .map((words) => words.trim())
  }).pipe(Effect.provide(McpNode.layer), (effect) => limited(effect, { probe: probe as "1 minute" }))

describe("the probe of a legacy server", () => {
  it.live("one that refuses `server/discover` is initialized on the same pipe, and remembered", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* visits({ discover: "refuse" }, 3), [
        "server/discover initialize",
        "initialize",
        "initialize"
      ])
    })
  )

  it.live("one that leaves at `server/discover` is started once more, and remembered", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* visits({ discover: "leave" }, 3), [
        "server/discover",
        "initialize",
        "initialize",
        "initialize"
      ])
    })
  )

  it.live("one that stays silent is initialized after a while on the same pipe, and not remembered", () =>
    Effect.gen(function* () {
      const silent = "server/discover initialize"
      assert.deepStrictEqual(yield* visits({ discover: "ignore" }, 2, "200 millis"), [silent, silent])
    })
  )

  it.live("a late answer to `server/discover` is ignored", () =>
    Effect.gen(function* () {
      const child = yield* subject({ discover: "answer late" })
      const client = yield* limited(McpClient.connect(child.command), { probe: "200 millis" })
      assert.strictEqual(client.revision, "2025-11-25")
      assert.isUndefined((yield* client.callTool("about")).isError)
      assert.deepStrictEqual(
        child.story.filter((word) => word === "initialize"),
        ["initialize"]
      )
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("one that leaves whatever it is sent is started twice, not for ever", () =>
    Effect.gen(function* () {
      const child = yield* subject({ leaveWith: 1 })
      const { reason } = yield* Effect.flip(connect(child))
      assert.strictEqual(reason._tag, "Closed")
      assert.strictEqual(child.starts, 2)
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("another connector knows nothing of it", () =>
    Effect.gen(function* () {
      const child = yield* subject({ discover: "refuse" })
      for (let time = 0; time < 2; time++) yield* Effect.provide(connect(child), McpNode.layer, { local: true })
      const probes = child.story.filter((word) => word === "server/discover")
      assert.strictEqual(probes.length, 2)
    })
  )

  it.live("the verdict belongs to command, arguments, directory and names of variables", () =>
    Effect.gen(function* () {
      const child = yield* subject({ discover: "refuse" })
      const probes = () => child.story.filter((word) => word === "server/discover").length
      const visit = (given: { readonly env?: { readonly [name: string]: string }; readonly cwd?: string }) =>
        Effect.scoped(McpClient.connect({ ...child.command, ...given }))
      yield* visit({ env: { A: "1" } })
      yield* visit({ env: { A: "2" } })
      assert.strictEqual(probes(), 1, "another value")
      yield* visit({ env: { B: "1" } })
      assert.strictEqual(probes(), 2, "another name")
      yield* visit({ env: { A: "1" }, cwd: "/" })
      assert.strictEqual(probes(), 3, "another directory")
    }).pipe(Effect.provide(McpNode.layer))
  )
})
