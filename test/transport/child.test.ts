/**
 * Servers as child processes: how they are ended, what they are given, and what is seen of them.
 *
 * Times are told apart by what a child gets done before the next step, not by a clock.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { McpClient, McpCommand, McpContent, type McpLimits } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { NodeServices } from "@effect/platform-node"
import { realpathSync } from "node:fs"
import type { Behaviour } from "./fixtures/child.ts"
import { directory, fixture, limited, type Subject, subject } from "./support/children.ts"
import { eventually, within } from "./support/eventually.ts"

const LONG = "1 minute"
const SHORT = "1 second"

/** Connects to a child, lets it get ready, and closes the scope. */
const livedAndEnded = (behaviour: Behaviour, limits: Partial<McpLimits.Limits>) =>
  Effect.gen(function* () {
    const child = yield* subject(behaviour)
    const live = Effect.scoped(
      Effect.gen(function* () {
        yield* McpClient.connect(child.command, { revision: "2025-11-25" })
        if (behaviour.grandchild === true) yield* child.wrote("grandchild")
      })
    )
    yield* within("the life of the child", limited(live, limits))
    yield* child.gone
    return child
  }).pipe(Effect.provide(McpNode.layer))

const ending = (child: Subject) =>
  child.story.filter((word) => ["end of stdin", "TERM", "left by itself"].includes(word))

describe("the end of a child", () => {
  it.live("its stdin is closed, and it is given time to leave by itself", () =>
    Effect.gen(function* () {
      const child = yield* livedAndEnded({ stay: 300, atTerm: "ignore" }, { childExit: LONG, childTerm: LONG })
      assert.deepStrictEqual(ending(child), ["end of stdin", "left by itself"])
    })
  )

  it.live("one that stays after the end of its stdin gets TERM, and is given time to leave then", () =>
    Effect.gen(function* () {
      const child = yield* livedAndEnded({ stay: "for ever", atTerm: 300 }, { childExit: SHORT, childTerm: LONG })
      assert.deepStrictEqual(ending(child), ["end of stdin", "TERM", "left by itself"])
    })
  )

  it.live("one that ignores TERM as well is killed", () =>
    Effect.gen(function* () {
      const child = yield* livedAndEnded({ stay: "for ever", atTerm: "ignore" }, { childExit: SHORT, childTerm: SHORT })
      assert.deepStrictEqual(ending(child), ["end of stdin", "TERM"])
    })
  )

  it.live("its whole process group ends with it, when it leaves by itself", () =>
    Effect.gen(function* () {
      const child = yield* livedAndEnded({ grandchild: true, stay: 0 }, { childExit: LONG, childTerm: LONG })
      assert.strictEqual(child.pids.length, 2)
      assert.deepStrictEqual(ending(child), ["end of stdin", "left by itself"])
    })
  )

  it.live("its whole process group is killed, when none of it listens", () =>
    Effect.gen(function* () {
      const child = yield* livedAndEnded(
        { grandchild: true, stay: "for ever", atTerm: "ignore" },
        { childExit: SHORT, childTerm: SHORT }
      )
      assert.strictEqual(child.pids.length, 2)
    })
  )

  it.live("leaves no handle in this process", () =>
    Effect.gen(function* () {
      const handles = () => process.getActiveResourcesInfo().filter((name) => /Process|Pipe|Socket/.test(name)).length
      const before = handles()
      yield* livedAndEnded({ stderr: ["one", "two"] }, {})
      yield* eventually("the handles are as before", () => (handles() <= before ? true : undefined))
    })
  )
})

/** What a child tells about itself. */
const about = (client: McpClient.Service) =>
  Effect.map(
    client.callTool("about"),
    (result) =>
      JSON.parse(McpContent.textOf(result)) as {
        readonly argv: ReadonlyArray<string>
        readonly env: { readonly [name: string]: string }
        readonly cwd: string
      }
  )

describe("what a child is given", () => {
  it.live("arguments, directory and variables; of this process's own variables only harmless ones", () =>
    Effect.gen(function* () {
      const secret = "MCP_EFFECT_TEST_SECRET"
      yield* Effect.acquireRelease(
        Effect.sync(() => (process.env[secret] = "not for children")),
        () => Effect.sync(() => delete process.env[secret])
      )
      const place = yield* directory
      const client = yield* McpClient.connect({
        command: process.execPath,
        args: [fixture("child.ts"), "{}", "one word", "$HOME"],
        env: { GIVEN: "to the child", LANG: "overridden" },
        cwd: place
      }).pipe(Effect.provide(McpNode.layer))
      const { argv, cwd, env } = yield* about(client)
      assert.deepStrictEqual(argv, ["{}", "one word", "$HOME"])
      assert.strictEqual(cwd, realpathSync(place))
      assert.strictEqual(env["GIVEN"], "to the child")
      assert.strictEqual(env["LANG"], "overridden")
      assert.isDefined(process.env["PATH"])
      assert.strictEqual(env["PATH"], process.env["PATH"])
      assert.notProperty(env, secret)
      const inherited = Object.keys(env).filter((name) => name !== "GIVEN")
      assert.includeMembers([...McpCommand.inherited], inherited)
    })
  )

  it.live("a command line is split by POSIX quoting", () =>
    Effect.gen(function* () {
      const line = `"${process.execPath}" '${fixture("child.ts")}' {} 'it''s' "a \\"b\\"" c\\ d '$HOME' '' "*"`
      const client = yield* McpClient.connect(line).pipe(Effect.provide(McpNode.layer))
      const { argv } = yield* about(client)
      assert.deepStrictEqual(argv, ["{}", "its", 'a "b"', "c d", "$HOME", "", "*"])
    })
  )

  it.live("what only a shell could do is refused, and nothing is started", () =>
    Effect.gen(function* () {
      for (const syntax of ["| cat", "; true", "$HOME", "`id`", "> file", "*.ts", "'not closed", "& true"]) {
        const child = yield* subject({})
        const line = `${process.execPath} ${fixture("child.ts")} '${child.command.args[1]}' ${syntax}`
        const error = yield* Effect.flip(McpClient.connect(line))
        assert.strictEqual(error.reason._tag, "ConnectFailed", syntax)
        assert.strictEqual(child.starts, 0, syntax)
      }
    }).pipe(Effect.provide(McpNode.layer))
  )
})

describe("what is seen of a child", () => {
  it.live("its stderr is a Stream of lines, and never a message", () =>
    Effect.gen(function* () {
      const child = yield* subject({ stderr: ["one", '{"jsonrpc":"2.0","id":0,"result":{}}', "three"] })
      const { pid, stderr, transport } = yield* McpCommand.child(child.command)
      const client = yield* McpClient.connect(transport, { revision: "2025-11-25" })
      assert.strictEqual(client.serverInfo?.name, "child")
      assert.deepStrictEqual(child.pids, [pid])
      const lines = yield* within("three lines of stderr", Stream.runCollect(Stream.take(stderr, 3)))
      assert.deepStrictEqual(Array.from(lines), ["one", '{"jsonrpc":"2.0","id":0,"result":{}}', "three"])
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("a banner on stdout is not a message", () =>
    Effect.gen(function* () {
      const child = yield* subject({ banner: "Welcome to the child!\n\n  v1.0.0  \n" })
      const client = yield* McpClient.connect(child.command)
      assert.strictEqual(client.serverInfo?.name, "child")
      assert.strictEqual(child.starts, 1)
      assert.notInclude(child.story, "response", "nothing is replied to a banner")
    }).pipe(Effect.provide(McpNode.layer))
  )
})
