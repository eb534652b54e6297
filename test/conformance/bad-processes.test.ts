/**
 * Bad server processes, and what they get: one that exits, prints, hangs or does not exist.
 *
 * They are small and real; limits are shortened, and every wait ends by a limit of the client.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { McpClient, McpLimits, type McpTransport } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { versions } from "../laws/support/app.ts"

const welcome = {
  protocolVersion: versions.legacy,
  capabilities: { tools: {} },
  serverInfo: { name: "s", version: "1" }
}

/** What a small server process runs: it answers like a legacy server, after `first`. */
const childServer = (first: string, answer = true) => [
  "-e",
  `${first}
   let text = ""
   process.stdin.on("data", (chunk) => {
     text += chunk
     for (let at; (at = text.indexOf("\\n")) >= 0; text = text.slice(at + 1)) {
       const { id, method } = JSON.parse(text.slice(0, at))
       if (id === undefined || !${answer}) continue
       const say = (body) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, ...body }) + "\\n")
       if (method === "initialize") say({ result: ${JSON.stringify(welcome)} })
       else if (method === "tools/call") say({ result: { content: [{ type: "text", text: "good" }] } })
       else say({ error: { code: -32601, message: "unknown" } })
     }
   })`
]

const shortened = {
  ...McpLimits.defaults,
  probe: "200 millis",
  startUp: "3 seconds",
  idle: "5 seconds",
  childExit: "200 millis"
} as const

const connectTo = (command: McpTransport.Command, options?: McpClient.ConnectOptions) =>
  McpClient.connect(command, options).pipe(
    Effect.provide(McpNode.layer),
    Effect.provideService(McpLimits.McpLimits, shortened)
  )
const node = (args: ReadonlyArray<string>): McpTransport.Command => ({ command: process.execPath, args })

describe("a client, to a process that", () => {
  it.live("exits at once: the error names its code and its last words", () =>
    Effect.gen(function* () {
      const dying = node(["-e", 'console.error("no license found"); process.exitCode = 7'])
      const { message, reason } = yield* Effect.flip(connectTo(dying))
      assert.strictEqual(reason._tag, "Closed")
      assert.include(message, "code 7")
      assert.include(message, "no license found")
    })
  )

  it.live("does not exist: the error names it", () =>
    Effect.gen(function* () {
      const { message, reason } = yield* Effect.flip(connectTo({ command: "no-such-program-here" }))
      assert.strictEqual(reason._tag, "ConnectFailed")
      assert.include(message, "no-such-program-here")
    })
  )

  it.live("prints a banner: it is passed over", () =>
    Effect.gen(function* () {
      const banner =
        'console.log("Welcome!\\n\\n{ready: true}\\n[]"); process.stdout.write(Buffer.from([255, 254, 10]))'
      const client = yield* connectTo(node(childServer(banner)))
      assert.strictEqual(client.revision, versions.legacy)
      assert.deepInclude((yield* client.callTool("any")).content[0], { text: "good" })
    })
  )

  it.live("never answers: a typed start-up timeout", () =>
    Effect.gen(function* () {
      const silent = connectTo(node(childServer("", false)), { timeouts: { startUp: "1 second" } })
      const { reason } = yield* Effect.flip(silent)
      assert.deepInclude(reason, { _tag: "Timeout", limit: "start-up", after: 1000 })
    })
  )

  it.live("never reads and never answers: the same, and it is gone afterwards", () =>
    Effect.gen(function* () {
      const silent = connectTo(node(["-e", "setInterval(() => {}, 1000)"]), { timeouts: { startUp: "1 second" } })
      const { reason } = yield* Effect.flip(Effect.scoped(silent))
      assert.deepInclude(reason, { _tag: "Timeout", limit: "start-up" })
    })
  )

  it.live("dies while a call waits: the call fails with what happened", () =>
    Effect.gen(function* () {
      const doomed = childServer(
        'process.stdin.on("data", (chunk) => String(chunk).includes("tools/call") && process.exit(3))'
      )
      const client = yield* connectTo(node(doomed))
      const { message, reason } = yield* Effect.flip(client.callTool("any"))
      assert.strictEqual(reason._tag, "Closed")
      assert.include(message, "code 3")
      assert.strictEqual((yield* Effect.flip(client.callTool("any"))).reason._tag, "Closed")
    })
  )
})
