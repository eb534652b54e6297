/**
 * HTTP: one line to serve, and a client that needs a URL in place of a command. The story is the same in both eras: what
 * is reported on the way, what is watched, and who is not let in.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Option, Stream } from "effect"
import * as ChildProcess from "effect/process/ChildProcess"
import { McpClient } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { fileURLToPath } from "node:url"
import { chapter, expect, story } from "../check.ts"
import { nearby } from "../nearby.ts"
import { app, Bake } from "./server.ts"

const visit = Effect.fnUntraced(function* (url: string, revision: string) {
  const client = yield* McpClient.connect(url, { revision })
  const said: Array<string | undefined> = []
  const onProgress: McpClient.CallOptions["onProgress"] = ({ message }) => Effect.sync(() => void said.push(message))
  const updates = yield* client.updates("bakery://window")
  const baked = yield* client.call(Bake, { cake: `apple pie of ${revision}` }, { onProgress })
  yield* expect("the answer", baked.cake, `apple pie of ${revision}`)
  yield* expect("what was said on the way", said, ["mixing", "in the oven"])
  const changed = yield* Stream.runHead(updates)
  yield* expect("what has changed by it", Option.getOrUndefined(changed), "bakery://window")
}, Effect.scoped)

const byUrl = Effect.gen(function* () {
  const url = yield* McpNode.serveHttp(app, { port: 0 })
  for (const revision of ["2025-11-25", "2026-07-28"]) {
    yield* chapter(`By URL, in ${revision}`)
    yield* visit(url, revision).pipe(Effect.provide(nearby()))
  }

  yield* chapter("With headers")
  let table = 6
  // an Effect is run for every request; for a secret there is `Redacted.make("Bearer …")`
  const headers = { "x-table": Effect.sync(() => `table ${++table}`) }
  const served = Effect.flatMap(McpClient.connect(url), (client) => client.call(Bake, { cake: "strudel" }))
  const strudel = yield* Effect.provide(served, nearby({ headers }))
  yield* expect("the handler has read one", strudel.table, `table ${table}`)

  yield* chapter("Who is not let in")
  const asked = (path: string, init?: RequestInit) => Effect.promise(() => fetch(new URL(path, url), init))
  const page = yield* asked("/mcp", { method: "POST", headers: { origin: "https://evil.example" } })
  yield* expect("a page of somebody's, in a browser", page.status, 403)
  const health = yield* asked("/health")
  yield* expect("who asks whether it is there", health.status, 200)
})

const asProgram = Effect.gen(function* () {
  yield* chapter("As a program of its own, in one line")
  const program = fileURLToPath(new URL("program.ts", import.meta.url))
  const bakery = yield* ChildProcess.make(process.execPath, ["--conditions=mcp-effect-source", program], {
    env: { PORT: "0" },
    extendEnv: true
  })
  const lines = bakery.stdout.pipe(Stream.decodeText(), Stream.splitLines)
  const said = Option.getOrElse(yield* Stream.runHead(lines), () => "nothing")
  const url = said.replace("The MCP server listens at ", "")
  yield* expect("where it is", new URL(url).pathname, "/mcp")
  const client = yield* McpClient.connect(url)
  yield* expect("it bakes as well", (yield* client.call(Bake, { cake: "bread" })).cake, "bread")
  yield* bakery.kill()
  yield* expect("after SIGTERM it ends with code", Number(yield* bakery.exitCode), 0)
}).pipe(Effect.provide(nearby()))

story("HTTP", Effect.andThen(byUrl, asProgram).pipe(Effect.provide(NodeServices.layer)))
