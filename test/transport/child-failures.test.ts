/**
 * Children that cannot be started, do not answer, or leave: every wait ends with a typed error that says why.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { McpClient, McpCommand, type McpError } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { join } from "node:path"
import type { Behaviour } from "./fixtures/child.ts"
import { directory, fixture, limited, subject } from "./support/children.ts"
import { within } from "./support/eventually.ts"

/** The error of a connection that fails. */
const failing = (behaviour: Behaviour, options?: McpClient.ConnectOptions) =>
  Effect.gen(function* () {
    const child = yield* subject(behaviour)
    const { reason } = yield* within(
      "the failing connection",
      Effect.flip(Effect.scoped(McpClient.connect(child.command, options)))
    )
    yield* child.gone
    return { child, reason }
  }).pipe(Effect.provide(McpNode.layer))

const closed = ({ reason }: McpError.McpError): string => {
  assert.strictEqual(reason._tag, "Closed")
  return reason.message
}

describe("a child that cannot be started", () => {
  it.live("a command that does not exist", () =>
    Effect.gen(function* () {
      const command = join(yield* directory, "no-such-program")
      for (const target of [{ command, args: ["x"] }, `${command} x`]) {
        const { reason } = yield* Effect.flip(McpClient.connect(target))
        assert.strictEqual(reason._tag, "ConnectFailed")
        assert.include(reason.message, command)
      }
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("a directory that does not exist", () =>
    Effect.gen(function* () {
      const cwd = join(yield* directory, "no-such-directory")
      const { reason } = yield* Effect.flip(
        McpClient.connect({ command: process.execPath, args: [fixture("child.ts")], cwd })
      )
      assert.strictEqual(reason._tag, "ConnectFailed")
      assert.include(reason.message, cwd)
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("arguments that no process can be given", () =>
    Effect.gen(function* () {
      for (const argument of ["x".repeat(8 * 1024 * 1024), "a\0b"]) {
        const args = [fixture("child.ts"), "{}", argument]
        const { reason } = yield* Effect.flip(McpClient.connect({ command: process.execPath, args }))
        assert.strictEqual(reason._tag, "ConnectFailed")
      }
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("an empty command line", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(McpClient.connect("  "))
      assert.strictEqual(reason._tag, "ConnectFailed")
    }).pipe(Effect.provide(McpNode.layer))
  )
})

describe("a child that never answers", () => {
  it.live("fails by the start-up limit of the connection", () =>
    Effect.gen(function* () {
      const { reason } = yield* failing(
        { discover: "ignore", initialize: "ignore" },
        { timeouts: { startUp: "500 millis" }, revision: "2025-11-25" }
      )
      assert.strictEqual(reason._tag, "Timeout")
      assert.deepInclude(reason, { limit: "start-up", after: 500 })
    })
  )

  it.live("fails by `McpLimits.startUp`", () =>
    Effect.gen(function* () {
      const { reason } = yield* limited(failing({ discover: "ignore", initialize: "ignore" }), {
        startUp: "500 millis",
        probe: "100 millis"
      })
      assert.strictEqual(reason._tag, "Timeout")
      assert.deepInclude(reason, { limit: "start-up", after: 500 })
    })
  )

  it.live("is ended when the connection fails, not only with the scope", () =>
    Effect.gen(function* () {
      const child = yield* subject({ discover: "ignore", initialize: "ignore" })
      const options = { timeouts: { startUp: "2 seconds" }, revision: "2025-11-25" } as const
      yield* Effect.flip(McpClient.connect(child.command, options))
      assert.strictEqual(child.starts, 1)
      yield* child.gone
    }).pipe(Effect.provide(McpNode.layer))
  )
})

describe("a child that leaves", () => {
  it.live("at once: the error names the exit code and the end of its stderr", () =>
    Effect.gen(function* () {
      const behaviour = { leaveWith: 3, stderr: ["cannot go on:", "no configuration"] }
      const { child, reason } = yield* failing(behaviour, { revision: "2025-11-25" })
      assert.strictEqual(reason._tag, "Closed")
      assert.include(reason.message, "exited with code 3")
      assert.include(reason.message, "cannot go on:\nno configuration")
      assert.strictEqual(child.starts, 1)
    })
  )

  it.live("at once with code 0", () =>
    Effect.gen(function* () {
      const { reason } = yield* failing({ leaveWith: 0 }, { revision: "2026-07-28" })
      assert.strictEqual(reason._tag, "Closed")
      assert.include(reason.message, "exited with code 0")
    })
  )

  it.live("after a banner", () =>
    Effect.gen(function* () {
      const { reason } = yield* failing({ leaveWith: 4, banner: "Usage: child [options]\n" })
      assert.strictEqual(reason._tag, "Closed")
      assert.include(reason.message, "exited with code 4")
    })
  )

  for (const [how, what] of [
    ["leave", "exited with code 7"],
    ["leave in a line", "exited with code 7"],
    ["kill", "was ended by a signal"]
  ] as const) {
    it.live(`while calls are pending (${how}): each of them fails, and so does every later one`, () =>
      Effect.gen(function* () {
        const child = yield* subject({ stderr: ["first", "last words"] })
        const client = yield* McpClient.connect(child.command, { revision: "2025-11-25" })
        const pending = yield* Effect.forEach([1, 2, 3], () =>
          Effect.forkChild(Effect.flip(client.callTool("wait")), { startImmediately: true })
        )
        yield* child.wrote("waiting")
        const errors = [yield* within("the call that ends it", Effect.flip(client.callTool(how)))]
        for (const call of pending) errors.push(yield* within("a pending call", Fiber.join(call)))
        errors.push(yield* within("a later call", Effect.flip(client.callTool("wait"))))
        for (const error of errors) {
          const message = closed(error)
          assert.include(message, what)
          assert.include(message, "first\nlast words")
        }
        assert.strictEqual(child.starts, 1)
      }).pipe(Effect.provide(McpNode.layer))
    )
  }

  it.live("while a process that it has started holds its stdout", () =>
    Effect.gen(function* () {
      const child = yield* subject({ stderr: ["last words"], grandchild: true, atTerm: "ignore" })
      const client = yield* McpClient.connect(child.command, { revision: "2025-11-25" })
      yield* child.wrote("grandchild")
      const message = closed(yield* within("the last call", Effect.flip(client.callTool("leave"))))
      assert.include(message, "exited with code 7")
      assert.include(message, "last words")
    }).pipe(Effect.provide(McpNode.layer), (effect) => limited(effect, { childTerm: "100 millis" }))
  )

  it.live("with much to say on stderr: the end of it is kept, and no more", () =>
    Effect.gen(function* () {
      const child = yield* subject()
      const client = yield* Effect.flatMap(McpCommand.child(child.command), ({ transport }) =>
        McpClient.connect(transport, { revision: "2025-11-25" })
      )
      const message = closed(yield* within("the last call", Effect.flip(client.callTool("complain"))))
      const kept = message.split("\n").flatMap((line) => /^line (\d+) x/.exec(line)?.[1] ?? [])
      assert.strictEqual(kept.at(-1), "999")
      assert.isAtMost(kept.length, 100)
      assert.isBelow(message.length, 20_000)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
