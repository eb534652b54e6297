/**
 * What types cost: 200 tools, their handlers in one merge and 200 typed calls, checked by the compiler users run.
 *
 * The prototype of the public types needed 232 thousand instantiations and 39 thousand types for the same program, besides
 * what its imports needed; twice that is the bound. What checking the library itself needs is not counted: it grows with
 * the library, and users read its declarations. The figures are exact counts, the same on every machine.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"

const root = join(import.meta.dirname, "..", "..")
const TOOLS = 200
const PROTOTYPE = { instantiations: 232_000, types: 39_000 }

/** A tool of 5 parameters and 3 result fields; every second one declares a failure. No two share a type. */
const tool = (index: number): string => {
  const fails = index % 2 === 0
  const failure = `Rejected${index}`
  const given = fails ? `text${index}, count${index}, flag${index}` : `text${index}, count${index}`
  const result = `{ id${index}: text${index}, total${index}: count${index}, kind${index}: "a" }`
  const rejected = `new ${failure}({ why: text${index} })`
  const arrow = `({ ${given} }) =>
    ${fails ? `flag${index} ? Effect.fail(${rejected}) : ` : ""}Effect.succeed(${result})`
  const generator = `Effect.fnUntraced(function* ({ ${given} }) {
    ${fails ? `if (flag${index}) return yield* ${rejected}` : ""}
    return ${result}
  })`
  return `
${fails ? `class ${failure} extends Schema.TaggedError<${failure}>()("${failure}", { why: Schema.String }) {}` : ""}
const Tool${index} = McpTool.make("tool${index}", {
  description: "Tool ${index}",
  parameters: {
    text${index}: Schema.String,
    count${index}: Schema.Int,
    ratio${index}: Schema.Finite,
    flag${index}: Schema.Boolean,
    tags${index}: Schema.optionalKey(Schema.Array(Schema.String))
  },
  success: Schema.Struct({ id${index}: Schema.String, total${index}: Schema.Finite, kind${index}: Schema.Literals(["a", "b"]) }),
  ${fails ? `failure: ${failure}` : ""}
})
const Live${index} = Tool${index}.toLayer(${index % 4 < 2 ? arrow : generator})
export const called${index} = client.call(Tool${index}, { text${index}: "", count${index}: 1, ratio${index}: 0.5, flag${index}: true })
`
}

/** What a program with tools imports: all of the library is checked with it, from its source. */
const imports = `import { Effect, Layer, Schema } from "effect"
import { type McpClient, McpServer, McpTool } from "mcp-effect"
declare const client: McpClient.Service
export const used = [client, Effect, Layer, Schema, McpServer, McpTool]
`

const program = (): string => {
  const indices = Array.from({ length: TOOLS }, (_, index) => index)
  return `${imports}
${indices.map(tool).join("")}
export const Main = Layer.mergeAll(${indices.map((index) => `Live${index}`).join(", ")}).pipe(
  Layer.provide(McpServer.layer({ name: "many", version: "1.0.0" }))
)
`
}

const check = (folder: string) => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc")
  const options = ["-p", folder, "--extendedDiagnostics", "--singleThreaded", "--pretty", "false"]
  const { status, stderr, stdout } = spawnSync(process.execPath, [compiler, ...options], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000
  })
  assert.strictEqual(status, 0, `${stdout}${stderr}`)
  const figure = (name: string) => Number(new RegExp(`^${name}: +(\\d+)$`, "m").exec(stdout)?.[1])
  return { instantiations: figure("Instantiations"), types: figure("Types") }
}

it("200 tools with handlers and calls check within twice the prototype's instantiations and types", () => {
  mkdirSync(join(root, ".tmp"), { recursive: true })
  const folder = mkdtempSync(join(root, ".tmp", "types-cost-"))
  try {
    writeFileSync(join(folder, "tools.ts"), program())
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../../tsconfig.json", include: [], files: ["tools.ts"] })
    )
    const all = check(folder)
    writeFileSync(join(folder, "tools.ts"), imports)
    const library = check(folder)
    const instantiations = all.instantiations - library.instantiations
    const types = all.types - library.types
    console.log(`${TOOLS} tools: ${instantiations} instantiations, ${types} types, besides the library's own`)
    assert.isAtLeast(types, TOOLS)
    assert.isAtMost(instantiations, 2 * PROTOTYPE.instantiations)
    assert.isAtMost(types, 2 * PROTOTYPE.types)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 90_000)
