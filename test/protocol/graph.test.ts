/**
 * The graph of the modules under `src/wire` and `src/protocol`: they run nothing, and who serves tools loads the
 * chapters that a server of tools needs.
 *
 * Read from the source: `import type` does not count, since nothing of it is left at run time.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix, sep } from "node:path"
import ts from "typescript-6"
import { describe, expect, it } from "vitest"

const src = join(import.meta.dirname, "../../src")

/** Parts of Effect that are values and functions: schemas, results, data. */
const pure = [
  "Data",
  "Exit",
  "Result",
  "Schema",
  "SchemaAST",
  "SchemaIssue",
  "SchemaParser",
  "SchemaTransformation",
  "encoding/Base64",
  "encoding/Base64Url"
].map((name) => `effect/${name}`)

/** Packages that compute and do nothing else: JSON Schema, and regular expressions in linear time. */
const packages = ["@cfworker/json-schema", "re2js"]

/** Who needs more than that, and why. */
const excused: { readonly [file: string]: { readonly specifier: string; readonly reason: string } } = {
  "protocol/internal/codecs.ts": {
    specifier: "effect/Effect",
    reason: "a tool's own schemas may need services, so decoding them is an Effect that somebody else runs"
  }
}

/** The chapters that a server of tools, and nothing else, may load. */
const needed = [
  "cancellation",
  "discover",
  "lifecycle",
  "logging",
  "pagination",
  "ping",
  "progress",
  "subscriptions",
  "tools"
]

interface Module {
  readonly file: string
  readonly lines: number
  /** What is loaded with it. */
  readonly imports: ReadonlyArray<string>
  /** What is loaded when it says so. */
  readonly later: ReadonlyArray<string>
}

/** `import type` leaves nothing; `import { type A }` leaves `import {}`, which loads the module. */
const isOfTypes = (node: ts.ImportDeclaration | ts.ExportDeclaration): boolean =>
  ts.isExportDeclaration(node) ? node.isTypeOnly : node.importClause?.isTypeOnly === true

const moduleOf = (file: string, text: string): Module => {
  const imports: Array<string> = []
  const later: Array<string> = []
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      if (!isOfTypes(node)) imports.push((node.moduleSpecifier as ts.StringLiteral).text)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      later.push(node.arguments[0]?.getText() ?? "")
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return { file, lines: text.trimEnd().split("\n").length, imports, later }
}

const modules = new Map(
  readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(".ts"))
    .toSorted()
    .map((file) => [file, moduleOf(file, readFileSync(join(src, file), "utf8"))])
)

const resolve = (from: string, specifier: string): string => posix.join(posix.dirname(from), specifier)

/** A module and all that is loaded with it. */
const closureOf = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const specifier of modules.get(file)!.imports) {
    if (specifier.startsWith(".")) closureOf(resolve(file, specifier), seen)
  }
  return seen
}

const under = (...folders: ReadonlyArray<string>): ReadonlyArray<Module> =>
  [...modules.values()].filter(({ file }) => folders.some((folder) => file.startsWith(`${folder}/`)))

const chaptersIn = (files: Iterable<string>): ReadonlyArray<string> =>
  [...files].flatMap((file) => /^protocol\/methods\/(.*)\.ts$/.exec(file)?.[1] ?? []).toSorted()

/** Why a module of the vocabulary may not load another; nothing if it may. */
const objection = (file: string, specifier: string): string | undefined => {
  if (specifier.startsWith(".")) {
    return /^(wire|protocol)\//.test(resolve(file, specifier)) ? undefined : "outside of wire and protocol"
  }
  if (pure.includes(specifier) || excused[file]?.specifier === specifier) return undefined
  return packages.includes(specifier) ? undefined : "not among the parts that only compute"
}

describe("wire and protocol", () => {
  const all = under("wire", "protocol")

  it("load what computes, and nothing that runs", () => {
    expect(all.length).toBeGreaterThan(30)
    const objections = all.flatMap(({ file, imports }) =>
      imports.flatMap((specifier) => {
        const reason = objection(file, specifier)
        return reason === undefined ? [] : [`src/${file} loads ${specifier}: ${reason}`]
      })
    )
    expect(objections).toEqual([])
  })

  it("load everything at the start", () => {
    expect(all.filter(({ later }) => later.length > 0).map(({ file }) => file)).toEqual([])
  })

  it("have no excuse that nobody needs", () => {
    const used = Object.entries(excused).filter(([file, { specifier }]) =>
      modules.get(file)?.imports.includes(specifier)
    )
    expect(used.map(([file]) => file)).toEqual(Object.keys(excused))
    const loaded = new Set(all.flatMap(({ imports }) => imports))
    expect([...pure, ...packages].filter((specifier) => !loaded.has(specifier))).toEqual([])
  })

  it.each([
    ["protocol/methods/tools.ts", "effect/Effect"],
    ["protocol/McpRevision.ts", "effect/Fiber"],
    ["protocol/McpRevision.ts", "effect/Context"],
    ["wire/Framing.ts", "effect/Stream"],
    ["wire/Framing.ts", "node:buffer"],
    ["protocol/McpSchema.ts", "@effect/platform-node/NodeRuntime"],
    ["protocol/McpSchema.ts", "../peer/Peer.ts"]
  ])("src/%s may not load %s", (file, specifier) => {
    expect(objection(file, specifier)).toBeDefined()
  })

  it("are short: revisions below 250 lines, and so all the rest", () => {
    expect(under("protocol", "wire").filter(({ lines }) => lines > 250)).toEqual([])
    expect(under("protocol/revisions").filter(({ lines }) => lines >= 250)).toEqual([])
    const lines = under("protocol").map((module) => module.lines)
    expect(lines.toSorted((a, b) => a - b)[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(150)
  })
})

describe("chapters", () => {
  it("are not loaded by the vocabulary that they share, nor by the revisions", () => {
    for (const file of ["protocol/McpSchema.ts", "protocol/McpContent.ts", "protocol/revisions/index.ts"]) {
      expect(chaptersIn(closureOf(file)), file).toEqual([])
    }
  })

  it.each(["server/McpTool.ts", "server/McpServer.ts", "node/McpNodeServer.ts"])("loaded with src/%s", (file) => {
    const loaded = chaptersIn(closureOf(file))
    expect(loaded.filter((chapter) => !needed.includes(chapter))).toEqual([])
  })

  it("of a server of tools are loaded with it, so that the closure is not empty by mistake", () => {
    expect(chaptersIn(closureOf("node/McpNodeServer.ts"))).toContain("tools")
    expect(chaptersIn(closureOf("protocol/methods/mrtr.ts"))).toEqual([
      "elicitation",
      "mrtr",
      "pagination",
      "roots",
      "sampling",
      "tools"
    ])
  })
})
