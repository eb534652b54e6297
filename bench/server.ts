/**
 * Our server over stdio or HTTP, written as a user writes it: public entries, default settings, all revisions at once (so
 * `--era` is accepted and changes nothing).
 *
 *     npx node bench/server.ts [--transport stdio] --era legacy|modern --tools N [--handler sync|fn|suspend]
 *     npx node bench/server.ts --transport http --port N --sessions stateful|stateless --response json|sse --tools N
 *         [--callers]
 *
 * It serves `add {a,b}` (text and `structuredContent {sum}`), `echo {payload}` (text), and N - 2 tools with full
 * schemas; over HTTP at `http://127.0.0.1:N/mcp`. With `--callers` each token is a caller of its own, for an hour.
 */
import { Clock, Effect, Layer } from "effect"
import { McpTransport } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { makeApp } from "./app.ts"
import * as args from "./args.ts"

const HOUR = 3_600_000

const callers: McpTransport.Authenticator = ({ authorization = "" }) =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    id: `issuer ${authorization}`,
    scopes: ["tools"],
    claims: { sub: authorization },
    expiresAt: now + HOUR
  }))

args.era()
const app = makeApp(args.tools(), args.handler())
if (args.anyTransport() === "stdio") app.pipe(McpNode.runStdio)
else {
  const options = { port: args.port(), sessions: args.sessions(), response: args.response() }
  if (args.flag("callers")) {
    app.pipe(Layer.provide(Layer.succeed(McpTransport.Authenticate, callers)), McpNode.runHttp(options))
  } else app.pipe(McpNode.runHttp(options))
}
