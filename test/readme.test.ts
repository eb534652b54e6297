/**
 * The README's programs are what they say: they type-check, and the client prints what its comment promises.
 */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { afterAll, beforeAll } from "vitest"

const root = new URL("../", import.meta.url).pathname
const folder = `${root}.tmp/readme/`

const programs = (): ReadonlyArray<readonly [name: string, code: string]> =>
  [...readFileSync(`${root}README.md`, "utf8").matchAll(/```ts\n\/\/ (\w+\.ts)[^\n]*\n([\s\S]*?)```/g)].map((match) => [
    match[1]!,
    match[2]!
  ])

const codeLines = (code: string): number =>
  code.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("import ") && !line.startsWith("//")).length

describe("README", () => {
  beforeAll(() => {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const [name, code] of programs()) {
      writeFileSync(
        folder + name,
        code.replace("node server.ts", `node --conditions=mcp-effect-source ${folder}server.ts`)
      )
    }
    writeFileSync(`${folder}tsconfig.json`, JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("has the three programs, a server of at most 8 lines and a client of at most 6", () => {
    const found = new Map(programs())
    assert.deepStrictEqual([...found.keys()], ["add.ts", "server.ts", "client.ts"])
    assert.isAtMost(codeLines(found.get("add.ts")!) + codeLines(found.get("server.ts")!), 8)
    assert.isAtMost(codeLines(found.get("client.ts")!), 6)
  })

  it("has programs that type-check", () => {
    execFileSync("npx", ["tsc", "-p", folder, "--noEmit"], { cwd: root, stdio: "pipe" })
  })

  it("has a client that prints the sum", () => {
    const output = execFileSync(process.execPath, ["--conditions=mcp-effect-source", `${folder}client.ts`], {
      cwd: root,
      encoding: "utf8"
    })
    assert.strictEqual(output.trim(), "{ sum: 3 }")
  })
})
