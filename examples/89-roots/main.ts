/**
 * Roots: a client says which places in the file system a server may know, and that they have changed. Told in both eras.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, FileSystem, Layer, Path, SubscriptionRef } from "effect"
import { McpClient, McpHost } from "mcp-effect"
import type { Root } from "mcp-effect/methods/roots"
import { chapter, expect, story } from "../check.ts"
import { app, Count } from "./server.ts"

/** Two places, and a file that is in neither. */
const places = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const parent = yield* fs.makeTempDirectoryScoped()
  yield* fs.makeDirectory(`${parent}/code/deep`, { recursive: true })
  yield* fs.makeDirectory(`${parent}/notes`)
  yield* fs.writeFileString(`${parent}/code/a.ts`, "one\ntwo\n")
  yield* fs.writeFileString(`${parent}/code/deep/b.ts`, "three\n")
  yield* fs.writeFileString(`${parent}/notes/today.md`, "# Today\n\nNothing\n")
  yield* fs.writeFileString(`${parent}/secret.txt`, "sesame\n")
  yield* fs.symlink(`${parent}/secret.txt`, `${parent}/notes/link.txt`)
  const root = (name: string) =>
    Effect.map(path.toFileUrl(`${parent}/${name}`), (url): Root => ({ uri: url.href, name }))
  return { code: yield* root("code"), notes: yield* root("notes") }
})

const workspace = Effect.fnUntraced(function* (revision: string) {
  yield* chapter(`In ${revision}`)
  const { code, notes } = yield* places
  const open = yield* SubscriptionRef.make<ReadonlyArray<Root>>([code])
  const counter = Layer.provide(app, NodeServices.layer)
  const client = yield* Effect.provide(McpClient.connect(counter, { revision }), McpHost.roots(open))
  const inCode = { place: "code", files: 2, lines: 3 }
  yield* expect("one place", yield* client.call(Count), [inCode])

  yield* SubscriptionRef.set(open, [code, notes])
  yield* expect("two places", yield* client.call(Count), [inCode, { place: "notes", files: 1, lines: 3 }])
  yield* SubscriptionRef.set(open, [])
  yield* expect("none", yield* client.call(Count), [])
}, Effect.scoped)

story("Roots", Effect.all([workspace("2025-11-25"), workspace("2026-07-28")]).pipe(Effect.provide(NodeServices.layer)))
