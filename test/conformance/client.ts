/**
 * The everything-client, for the official suite: `npx node test/conformance/client.ts <url>`.
 *
 * The suite says by its environment which scenario to play, in which revision, and what else it takes. A legacy revision
 * is asked for; a modern one is found out, as clients do that are told nothing. It ends with code 0 when all went well,
 * with 1 when something failed, and with 2 when it has no such scenario.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { McpClient } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { type Play, plays } from "./fixtures/calls.ts"
import { hostsLayer } from "./fixtures/hosts.ts"

const scenario = process.env["MCP_CONFORMANCE_SCENARIO"] ?? ""
const version = process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"] ?? "2026-07-28"
const context: unknown = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "null")
const [, , url = ""] = process.argv

const revision = version < "2026-07-28" ? version : "auto"

const play = (body: Play) =>
  Effect.gen(function* () {
    const client = yield* McpClient.connect(new URL(url), {
      revision,
      clientInfo: { name: "everything-client", version: "1.0.0" }
    })
    yield* body(client, context)
  }).pipe(
    Effect.scoped,
    Effect.provide([hostsLayer, McpNode.layer]),
    Effect.as(0),
    Effect.catchCause((cause) => Effect.as(Console.error(cause), 1))
  )

const body = plays.get(scenario)
const main = body === undefined ? Effect.as(Console.error(`This client does not play "${scenario}".`), 2) : play(body)

NodeRuntime.runMain(
  Effect.map(main, (code) => {
    process.exitCode = code
  })
)
