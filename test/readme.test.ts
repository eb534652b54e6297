/**
 * The README's programs are what they say: they type-check, and print what their comments promise.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { afterAll, beforeAll } from "vitest"

const root = new URL("../", import.meta.url).pathname
const folder = `${root}.tmp/readme/`

const programs = (): ReadonlyArray<readonly [name: string, code: string]> =>
  [...readFileSync(`${root}README.md`, "utf8").matchAll(/```ts\n\/\/ ([\w.]+\.ts)[^\n]*\n([\s\S]*?)```/g)].map(
    (match) => [match[1]!, match[2]!]
  )

/** The test in the README runs on the sources, not on what is built. */
const VITEST_CONFIG = `
const conditions = ["mcp-effect-source", "module", "node", "development|production"]
export default { resolve: { conditions }, ssr: { resolve: { conditions, externalConditions: conditions } } }
`

const codeLines = (code: string): number =>
  code.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("import ") && !line.startsWith("//")).length

/** Runs a program until it has said something, then ends it; gives what it said in all, and its exit code. */
const untilListening = (program: string) =>
  Effect.callback<{ readonly code: number | null; readonly said: string }>((resume) => {
    const child = spawn(process.execPath, ["--conditions=mcp-effect-source", program], { cwd: root })
    let said = ""
    for (const output of [child.stdout, child.stderr]) {
      output.on("data", (chunk) => {
        said += String(chunk)
        if (/127\.0\.0\.1:\d+/.test(said)) child.kill("SIGTERM")
      })
    }
    child.on("close", (code) => resume(Effect.succeed({ code, said })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

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
    writeFileSync(`${folder}vitest.config.ts`, VITEST_CONFIG)
    writeFileSync(`${folder}tsconfig.json`, JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("has its programs, a server of at most 8 lines and a client of at most 6", () => {
    const found = new Map(programs())
    assert.deepStrictEqual(
      [...found.keys()],
      [
        "add.ts",
        "server.ts",
        "client.ts",
        "notes.ts",
        "asking.ts",
        "calc.ts",
        "http.ts",
        "mounted.ts",
        "edge.ts",
        "add.test.ts",
        "vocabulary.ts"
      ]
    )
    assert.isAtMost(codeLines(found.get("add.ts")!) + codeLines(found.get("server.ts")!), 8)
    assert.isAtMost(codeLines(found.get("client.ts")!), 6)
  })

  it("has programs that type-check", () => {
    execFileSync("npx", ["tsc", "-p", folder, "--noEmit"], { cwd: root, stdio: "pipe" })
  })

  const outputOf = (name: string) =>
    execFileSync(process.execPath, ["--conditions=mcp-effect-source", folder + name], { cwd: root, encoding: "utf8" })

  it("has a client that prints the sum", () => {
    assert.strictEqual(outputOf("client.ts").trim(), "{ sum: 3 }")
  })

  it.each(["notes.ts", "asking.ts", "vocabulary.ts"])("has a %s that prints what its comments say", (name) => {
    const code = new Map(programs()).get(name)!
    const said = code.split("\n").flatMap((line) => (line.startsWith("// ") ? [line.slice(3)] : []))
    assert.isNotEmpty(said)
    assert.deepStrictEqual(outputOf(name).trim().split("\n"), said)
  })

  it.live.each([
    ["http.ts", 0],
    // what Effect's own runner says of a signal
    ["mounted.ts", 130]
  ] as const)("has a %s that listens until it is told to end", ([name, expected]) =>
    Effect.gen(function* () {
      writeFileSync(folder + name, readFileSync(folder + name, "utf8").replace("port: 3000", "port: 0"))
      const { code, said } = yield* untilListening(folder + name)
      assert.match(said, /http:\/\/127\.0\.0\.1:\d+/i)
      assert.strictEqual(code, expected, said)
    })
  )

  it("has an edge.ts that answers requests", () => {
    const ask = `
      import edge from "${folder}edge.ts"
      const ask = (url) => edge.fetch(new Request(url, { method: "POST" }))
      const responses = await Promise.all(["https://calc.example/mcp", "https://evil.example/mcp"].map(ask))
      console.log(...responses.map(({ status }) => status))
      process.exit()`
    const args = ["--conditions=mcp-effect-source", "--input-type=module", "-e", ask]
    const said = execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }).trim().split("\n")
    assert.strictEqual(said.pop(), "415 403")
    // it is reached from outside, by nodes that share no key
    assert.strictEqual(said.length, 1)
    assert.match(said[0]!, /WARN .*stateKeys/)
  })

  it("has a test that passes, and fails when something else is expected", () => {
    const test = `${folder}add.test.ts`
    const outcome = () => spawnSync("npx", ["vitest", "run", "--root", folder], { cwd: root, encoding: "utf8" })
    const passed = outcome()
    assert.include(passed.stdout, "1 passed")
    assert.strictEqual(passed.status, 0)
    writeFileSync(test, readFileSync(test, "utf8").replace("{ sum: 3 }", "{ sum: 4 }"))
    const failed = outcome()
    assert.include(failed.stdout, "1 failed")
    assert.strictEqual(failed.status, 1)
  })
})
