/**
 * A real directory of files for as long as a Scope is open, and beside it what nobody may read.
 *
 * `root` is what is served. `root/../secret.txt` is outside, and symlinks inside lead there.
 */
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { McpFiles, McpServer } from "mcp-effect"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { quiet } from "./asking.ts"

/** What is in the file outside. */
export const SECRET = "the password is swordfish"
export const bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 1)
export const latin = Uint8Array.of(0x66, 0xfc, 0x72)

const fill = (outside: string): string => {
  const root = join(outside, "root")
  mkdirSync(join(root, "sub", "deep"), { recursive: true })
  mkdirSync(join(outside, "root-beside"))
  writeFileSync(join(outside, "secret.txt"), SECRET)
  writeFileSync(join(outside, "root-beside", "secret.txt"), SECRET)
  const files = {
    "a.md": "# A",
    "empty.txt": "",
    "latin.txt": latin,
    "letters ä b%2f?#.txt": "odd name",
    "picture.PNG": bytes,
    "sub/b.json": "{}",
    "sub/deep/unknown": "no type",
    "z.bin": "x".repeat(100)
  }
  for (const [path, contents] of Object.entries(files)) writeFileSync(join(root, path), contents)
  symlinkSync(join(outside, "secret.txt"), join(root, "link.txt"))
  symlinkSync("../secret.txt", join(root, "relative.txt"))
  symlinkSync(outside, join(root, "out"))
  symlinkSync(join(outside, "root-beside"), join(root, "beside"))
  symlinkSync(join(root, "a.md"), join(root, "inside.md"))
  symlinkSync(join(root, "nowhere"), join(root, "dangling"))
  symlinkSync(root, join(outside, "alias"))
  return root
}

/** Makes the directory; gives where it is. */
export const directory = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-effect-files-"))),
    (outside) => Effect.sync(() => rmSync(outside, { recursive: true, force: true }))
  ),
  (outside) => ({ outside, root: fill(outside) })
)

/** A server of the files in a directory. */
export const serving = (root: string, options: Partial<McpFiles.Options> = {}) =>
  McpFiles.layer({ root, uri: "files:///", ...options }).pipe(
    Layer.provide(McpServer.layer({ name: "files", version: "1.0.0" })),
    Layer.provide(NodeServices.layer),
    Layer.provide(quiet)
  )
