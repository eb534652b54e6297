/**
 * What a stranger gets: the package is packed from a copy of the sources (so that the build of `prepare` is proven),
 * unpacked into a fresh folder, and every entry is imported and type-checked there.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { install, link, pack, root, run } from "./platforms/packed.ts"

const { exports: entries } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string | Record<string, string>>
}
/** The chapters are exported by a pattern. */
const chapters = readdirSync(join(root, "src/protocol/methods"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => [`mcp-effect/methods/${file.slice(0, -3)}`, false] as const)

const modules = Object.keys(entries)
  .filter((entry) => entry !== "./package.json" && !entry.includes("*"))
  .map((entry) => [`mcp-effect${entry.slice(1)}`, JSON.stringify(entries[entry]).includes("./src/node/")] as const)

const specifiers = [...modules, ...chapters]

const work = mkdtempSync(join(tmpdir(), "mcp-effect-package-"))
const consumer = join(work, "consumer")
let installed: string

const importAll = (names: ReadonlyArray<string>) => {
  const file = join(consumer, "import.mjs")
  const list = names.map((name) => `await import(${JSON.stringify(name)})`).join(", ")
  writeFileSync(file, `const loaded = [${list}]\nconsole.log(loaded.length)\n`)
  return Number(run(consumer, process.execPath, file))
}

describe("the packed package", () => {
  beforeAll(() => {
    installed = install(pack(work), consumer, ["effect", "@types/node"])
  }, 120_000)

  afterAll(() => rmSync(work, { recursive: true, force: true }))

  it("holds the sources, the build and the papers", () => {
    const files = ["LICENSE", "README.md", "CHANGELOG.md", "src/index.ts", "dist/index.js", "dist/index.d.ts"]
    expect(files.filter((file) => !existsSync(join(installed, file)))).toEqual([])
    expect(["test", "node_modules", "src/tsconfig.json"].filter((file) => existsSync(join(installed, file)))).toEqual(
      []
    )
    const targets = Object.values(entries).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry)
    )
    const missing = targets.filter((target) => !target.includes("*") && !existsSync(join(installed, target)))
    expect(missing).toEqual([])
  })

  it("loads every entry that is not Node's with effect alone", () => {
    const portable = specifiers.filter(([, bound]) => !bound).map(([name]) => name)
    expect(portable.length).toBeGreaterThan(0)
    expect(importAll(portable)).toBe(portable.length)
  })

  describe("with @effect/platform-node beside it", () => {
    beforeAll(() => link(consumer, "@effect/platform-node"))

    it("loads every entry", () => {
      const names = specifiers.map(([name]) => name)
      expect(importAll(names)).toBe(names.length)
    })

    it("has types for every entry, without skipping the check of declarations", () => {
      const lines = specifiers.map(([name], index) => `export * as E${index} from ${JSON.stringify(name)}`)
      writeFileSync(join(consumer, "index.ts"), lines.join("\n"))
      const compilerOptions = {
        strict: true,
        exactOptionalPropertyTypes: true,
        module: "NodeNext",
        target: "ES2023",
        lib: ["ES2023", "DOM"],
        types: ["node"],
        noEmit: true,
        skipLibCheck: false
      }
      writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }))
      const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
      expect(run(consumer, process.execPath, tsc, "-p", ".")).toBe("")
    }, 120_000)
  })
})
