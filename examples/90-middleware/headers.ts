/**
 * One call as a transport with headers would bring it: `McpTest.acceptor` is what such a transport is handed.
 */
import { Effect, Schema } from "effect"
import { JsonRpc, McpTransport } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { app } from "./server.ts"

const read = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

/** Calls a tool with headers, in an exchange of its own; gives the reply. */
export const callWith = Effect.fnUntraced(function* (headers: { readonly [name: string]: string }, name: string) {
  const acceptor = yield* McpTest.acceptor(app)
  const principal = { id: "anonymous", scopes: [], claims: {} }
  const via: McpTransport.Exchange = { headers, principal, features: McpTest.features, own: true }
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "a guest", version: "1.0.0" }
  }
  const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, _meta } })
  const answer = yield* McpTransport.exchanged(acceptor, { message: JsonRpc.decode(text), size: text.length, via })
  return answer._tag === "Reply" ? yield* read(answer.frame.text) : {}
}, Effect.scoped)
