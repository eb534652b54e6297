/**
 * Law 13: nothing is lost in silence. Unknown fields and `_meta` survive, through a server and through a client, in every
 * revision; what a revision cannot express is removed by its projection, and by nothing else.
 *
 * Unknown names are drawn from any strings, `__proto__` and the like among them, and their values from any JSON.
 */
import { assert } from "@effect/vitest"
import { Arbitrary, Effect, Fiber, Layer, Schema } from "effect"
import { McpClient, McpContent, McpRequest, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { CallTool } from "mcp-effect/methods/tools"
import { find, latestModern, revisions } from "../../src/protocol/revisions/index.ts"
import { modernMeta } from "./support/app.ts"
import { property } from "./support/law.ts"
import { asWritten, openedIn, survives, Unknown } from "./support/unknown.ts"

const versions = revisions.map(({ version }) => version)

const Say = McpTool.make("say")

property(
  "law 13: through a server",
  { version: Schema.Literals(versions), unknown: Unknown, meta: Unknown },
  { version: versions },
  ({ meta, unknown, version }, seen) =>
    Effect.gen(function* () {
      seen("version", version)
      let received: McpTest.Json = {}
      const result = {
        ...unknown,
        content: [{ ...unknown, ...McpContent.text("said") }],
        _meta: meta
      }
      const app = Say.toLayer(() =>
        Effect.map(McpRequest, (request) => {
          received = request.meta
          return result as never
        })
      ).pipe(Layer.provide(McpServer.layer({ name: "law", version: "1.0.0" })))
      const peer = yield* openedIn(app, version)
      const asked = find(version)?.era === "modern" ? { ...meta, ...modernMeta } : meta
      yield* peer.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "say", _meta: asked } })
      const reply = (yield* peer.next)["result"] as McpTest.Json
      survives(meta, received, "request._meta")
      survives(unknown, reply, "result")
      survives(meta, reply["_meta"], "result._meta")
      survives(unknown, (reply["content"] as ReadonlyArray<McpTest.Json>)[0], "result.content.0")
    })
)

const serverInfo = { name: "law", version: "1.0.0" }

/** Plays a server that speaks one revision, until the client is content. */
const answerAs = Effect.fnUntraced(function* (peer: McpTest.RawPeer, version: string) {
  const modern = find(version)?.era === "modern"
  const probe = yield* peer.next
  const found = { supportedVersions: [version], capabilities: { tools: {} }, _meta: { [serverInfoKey]: serverInfo } }
  const refused = { error: { code: -32601, message: "unknown" } }
  yield* peer.send({ jsonrpc: "2.0", id: probe["id"], ...(modern ? { result: found } : refused) })
  if (modern) return
  const { id } = yield* peer.next
  yield* peer.send({
    jsonrpc: "2.0",
    id,
    result: { protocolVersion: version, capabilities: { tools: {} }, serverInfo }
  })
  yield* peer.next
})
const serverInfoKey = "io.modelcontextprotocol/serverInfo"

property(
  "law 13: through a client",
  { version: Schema.Literals(versions), unknown: Unknown, meta: Unknown },
  { version: versions },
  ({ meta, unknown, version }, seen) =>
    Effect.gen(function* () {
      seen("version", version)
      const { peer, transport } = yield* McpTest.scripted()
      const connecting = yield* Effect.forkScoped(McpClient.connect(transport))
      yield* answerAs(peer, version)
      const client = yield* Fiber.join(connecting)
      const calling = yield* Effect.forkScoped(client.callTool("say", unknown, { meta }))
      const call = yield* peer.next
      const sent = call["params"] as McpTest.Json
      survives(unknown, sent["arguments"], "arguments")
      survives(meta, sent["_meta"], "_meta")
      const result = { ...unknown, content: [{ ...McpContent.text("said"), ...unknown }], _meta: meta }
      yield* peer.send({ jsonrpc: "2.0", id: call["id"], result })
      assert.deepStrictEqual(asWritten(yield* Fiber.join(calling)), asWritten(result))
    })
)

/** What has been there since the first revision. */
const Plain = Arbitrary.schema(revisions[0]!.schema(CallTool.result) as Schema.Codec<McpTest.Json>)

property(
  "law 13: through a projection",
  { version: Schema.Literals(versions), plain: Plain, unknown: Unknown, value: Schema.Unknown, audio: Schema.Boolean },
  { version: versions, changed: ["yes", "no"] },
  ({ audio, plain, unknown, value, version }, seen) =>
    Effect.sync(() => {
      seen("version", version)
      const revision = find(version) ?? latestModern
      const known = { ...unknown, ...plain }
      assert.strictEqual(revision.project(CallTool.result, known), known)
      const sound = McpContent.audio(new Uint8Array([1]), "audio/wav")
      const content = [...(plain["content"] as ReadonlyArray<unknown>), ...(audio ? [{ ...unknown, ...sound }] : [])]
      const newer = { ...known, content, structuredContent: value, _meta: unknown }
      const older = revision.project(CallTool.result, newer) as McpTest.Json
      seen("changed", older === newer ? "no" : "yes")
      survives(unknown, older, "result")
      survives(unknown, older["_meta"], "result._meta")
      assert.lengthOf(older["content"] as ReadonlyArray<unknown>, content.length)
    })
)
