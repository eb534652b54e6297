/**
 * Law 12, on stdio: logs and `console` go to stderr, and a child inherits no secrets.
 *
 * On a real process whose handlers, layers, dependencies and timers write to stdout in every way: only messages of the
 * protocol arrive there, whole and in their lines, and nothing of the rest is lost.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { McpClient, McpCommand } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { callTool, eras, handshake } from "./support/app.ts"
import { moduleArgs, type RawChild, startModule } from "./support/rawChild.ts"

interface Reply {
  readonly jsonrpc?: unknown
  readonly id?: unknown
  readonly result?: { readonly content: ReadonlyArray<{ readonly text: string }> }
  readonly error?: unknown
}

const replies = (child: RawChild): ReadonlyArray<Reply> =>
  child.lines.map((line) => {
    try {
      return JSON.parse(line) as Reply
    } catch {
      return assert.fail(`stdout has a line that is no message: ${line}`)
    }
  })

const has = (child: RawChild, id: unknown): boolean =>
  child.lines.some((line) => line.includes(`"id":${JSON.stringify(id)}`))

/** Runs and checks what the child does: asks for all its ways of making noise, and has it make each. */
const noises = (era: (typeof eras)[number]) =>
  Effect.gen(function* () {
    const child = yield* startModule("noisyServer.ts")
    yield* handshake(
      {
        send: (message) => (typeof message === "string" ? Effect.void : child.send(message)),
        next: Effect.as(
          child.until(() => has(child, "handshake")),
          {}
        ),
        received: [],
        end: Effect.void
      },
      era
    )
    yield* child.send(callTool(era, "kinds", "noise", { kind: "kinds", text: "" }))
    yield* child.until(() => has(child, "kinds"))
    const said = replies(child).find(({ id }) => id === "kinds")?.result?.content[0]?.text
    assert.isDefined(said, `${child.stdout}\n${child.stderr}`)
    const kinds = JSON.parse(said) as ReadonlyArray<string>
    assert.isAbove(kinds.length, 10)
    const rounds = [0, 1, 2].flatMap((round) => kinds.map((kind) => ({ kind, text: `${kind}, round ${round};` })))
    for (const [id, { kind, text }] of rounds.entries()) yield* child.send(callTool(era, id, "noise", { kind, text }))
    yield* child.until(() => rounds.every(({ text }, id) => has(child, id) && child.stderr.includes(text)))

    const answered = replies(child)
    assert.sameMembers(
      answered.map(({ id }) => id),
      [...(era === "legacy" ? ["handshake"] : []), "kinds", ...rounds.keys()]
    )
    for (const { error, id, jsonrpc, result } of answered) {
      assert.strictEqual(jsonrpc, "2.0")
      if (typeof id !== "number") continue
      assert.strictEqual(result?.content[0]?.text, rounds[id]?.kind === "a defect" ? undefined : "done")
      assert.strictEqual(error !== undefined, rounds[id]?.kind === "a defect")
    }
    for (const { text } of rounds) assert.include(child.stderr, text)
    yield* child.end
    yield* child.until(() => child.exitCode !== undefined)
    assert.strictEqual(child.exitCode, 0)
    for (const when of ["while building", "after runStdio", "while ending"])
      assert.include(child.stderr, `NOISE ${when}`)
    const results = child.lines.filter((line) => !line.includes('"error"'))
    assert.notInclude(results.join("\n"), "NOISE")
    assert.strictEqual(replies(child).length, answered.length, "nothing follows")
    assert.isTrue(child.stdout.endsWith("\n"))
  })

it.live.each(eras)("law 12: stdout has messages of the protocol and nothing else: %s", (era) => noises(era))

const secrets = ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MCP_LAW_SECRET", "PATH_TO_SECRETS", "NODE_OPTIONS_SECRET"]

it.live("law 12: a child inherits what it needs to run, and no secrets", () =>
  Effect.gen(function* () {
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        for (const name of secrets) process.env[name] = "hush"
        process.env["TZ"] ??= "UTC"
      }),
      () =>
        Effect.sync(() => {
          for (const name of secrets) delete process.env[name]
        })
    )
    const client = yield* McpClient.connect({
      command: process.execPath,
      args: moduleArgs("noisyServer.ts"),
      env: { GIVEN: "by the command", LANG: "xx" }
    })
    const { structuredContent } = yield* client.callTool("environment")
    const { variables } = structuredContent as { readonly variables: { readonly [name: string]: string } }
    assert.strictEqual(variables["PATH"], process.env["PATH"])
    assert.strictEqual(variables["TZ"], process.env["TZ"])
    assert.strictEqual(variables["GIVEN"], "by the command")
    assert.strictEqual(variables["LANG"], "xx")
    for (const name of secrets) assert.notProperty(variables, name)
    assert.notInclude(JSON.stringify(variables), "hush")
    const known = new Set([...McpCommand.inherited, "GIVEN"])
    const others = Object.keys(variables).filter((name) => !known.has(name.toUpperCase()))
    assert.deepStrictEqual(others, [])
  }).pipe(Effect.provide(McpNode.layer))
)

it("law 12: the list of what is inherited names no secret", () => {
  assert.include(McpCommand.inherited, "PATH")
  for (const name of McpCommand.inherited) assert.notMatch(name, /SECRET|TOKEN|KEY|PASS|CREDENTIAL|NODE_OPTIONS/i)
})
