/**
 * The house rules of ARCHITECTURE.md, derived from the source: imports, headers, sizes, entries, and what stays out of
 * the library. The linter carries the import rule too; neither reads the other.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix, sep } from "node:path"
import ts from "typescript-6"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

/** From left to right; a folder imports only from its left. "" is src/index.ts. */
const order = [
  ["wire"],
  ["protocol"],
  ["transport"],
  ["peer"],
  ["server", "client"],
  ["auth"],
  ["compose", "testing"],
  ["node"],
  ["cli", ""]
]
const platformFolders = ["node", "cli"]
const actors = ["peer", "server", "client"]
const seams = ["transport/McpTransport.ts", "transport/McpLimits.ts"]

/** Where plain JavaScript may meet the clock, promises and the synchronous runtime, and why. */
const exceptions = [
  { under: "peer/internal/", reason: "the hot path starts and polls fibers by hand" },
  { under: "transport/internal/", reason: "chunks are joined and woken between turns of the loop" },
  { under: "node/", reason: "the platform speaks promises" }
]

interface Module {
  readonly file: string
  readonly text: string
  readonly lines: number
  readonly imports: ReadonlyArray<string>
  readonly uses: ReadonlySet<string>
}

const specifierOf = (node: ts.Node): ts.Node | undefined => {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
    ? node.arguments[0]
    : undefined
}

const moduleOf = (file: string, text: string): Module => {
  const imports: Array<string> = []
  const uses = new Set<string>()
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) imports.push(ts.isStringLiteral(specifier) ? specifier.text : specifier.getText())
    if (node.kind === ts.SyntaxKind.AsyncKeyword) uses.add("async")
    if (ts.isIdentifier(node)) uses.add(node.text)
    if (ts.isPropertyAccessExpression(node)) uses.add(node.getText())
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return { file, text, lines: text.trimEnd().split("\n").length, imports, uses }
}

const modules = new Map(
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(".ts"))
    .toSorted()
    .map((file) => [file, moduleOf(file, readFileSync(join(root, "src", file), "utf8"))])
)
const all = [...modules.values()]

const folderOf = (file: string) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "")
const rankOf = (folder: string) => order.findIndex((folders) => folders.includes(folder))
const isBarrel = (file: string) => /^([a-z]+\/)?index\.ts$/.test(file)
const isPlatform = (specifier: string) => /^(node:|@effect\/platform-node)/.test(specifier)
const resolve = (from: string, specifier: string) => posix.join(posix.dirname(from), specifier)
const packageOf = (specifier: string) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier

/** Why `from` may not import `specifier`; undefined if it may. */
const objection = (from: string, specifier: string): string | undefined => {
  const own = folderOf(from)
  if (isPlatform(specifier) && !platformFolders.includes(own)) return "the platform is for node and cli"
  if (specifier.startsWith("node:")) return undefined
  if (!specifier.startsWith(".")) {
    const name = packageOf(specifier)
    if (!(name in { ...manifest.peerDependencies, ...manifest.dependencies })) return `${name} is not a dependency`
    return /^(effect|@effect\/platform-node)$/.test(specifier) ? "a barrel" : undefined
  }
  const target = resolve(from, specifier)
  const folder = folderOf(target)
  if (!specifier.endsWith(".ts") || target.startsWith("..")) return "not a module of src"
  if (isBarrel(target)) return "a barrel"
  if (folder === own) return undefined
  if (rankOf(folder) < 0 || rankOf(own) < 0) return "a folder without a place in the order"
  if (rankOf(folder) >= rankOf(own)) return `${folder} is not left of ${own || "index"}`
  if (own === "peer" && folder === "protocol") return "the peer does not know the protocol"
  if (actors.includes(own) && folder === "transport" && !seams.includes(target)) return "not a seam of transport"
  return target.includes("/internal/") ? "internal to another folder" : undefined
}

const reachable = (file: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const specifier of modules.get(file)?.imports ?? []) {
    if (specifier.startsWith(".")) reachable(resolve(file, specifier), seen)
  }
  return seen
}

const filesWhere = (holds: (module: Module) => boolean) => all.filter(holds).map((module) => module.file)

describe("imports", () => {
  it("go only to the left", () => {
    expect(all.length).toBeGreaterThan(0)
    const objections = all.flatMap(({ file, imports }) =>
      imports.flatMap((specifier) => {
        const reason = objection(file, specifier)
        return reason === undefined ? [] : [`src/${file} imports ${specifier}: ${reason}`]
      })
    )
    expect(objections).toEqual([])
  })

  it("name a module that exists", () => {
    const missing = all.flatMap(({ file, imports }) =>
      imports
        .filter((specifier) => specifier.startsWith(".") && !modules.has(resolve(file, specifier)))
        .map((specifier) => `src/${file} imports ${specifier}`)
    )
    expect(missing).toEqual([])
  })

  it.each([
    ["wire/JsonRpc.ts", "../protocol/McpError.ts"],
    ["transport/internal/outlet.ts", "../../peer/Peer.ts"],
    ["transport/McpStdio.ts", "node:process"],
    ["peer/Peer.ts", "../protocol/McpError.ts"],
    ["peer/internal/call.ts", "../../transport/McpStdio.ts"],
    ["server/McpServer.ts", "../client/McpClient.ts"],
    ["client/McpClient.ts", "../transport/internal/outlet.ts"],
    ["testing/McpTest.ts", "../server/internal/registry.ts"],
    ["testing/McpTest.ts", "../compose/McpHub.ts"],
    ["server/McpTool.ts", "effect"],
    ["server/McpTool.ts", "vitest"],
    ["server/McpTool.ts", "../index.ts"],
    ["node/McpNode.ts", "@effect/platform-node"],
    ["node/McpNode.ts", "../cli/main.ts"]
  ])("src/%s may not import %s", (file, specifier) => {
    expect(objection(file, specifier)).toBeDefined()
  })

  it.each([
    ["wire/Framing.ts", "./JsonRpc.ts"],
    ["peer/internal/call.ts", "../../transport/McpTransport.ts"],
    ["server/McpServer.ts", "../protocol/methods/tools.ts"],
    ["testing/McpTest.ts", "../transport/McpMemory.ts"],
    ["node/McpNode.ts", "@effect/platform-node/NodeRuntime"],
    ["node/McpNode.ts", "node:fs"],
    ["protocol/McpRevision.ts", "./revisions/index.ts"],
    ["index.ts", "./server/McpServer.ts"]
  ])("src/%s may import %s", (file, specifier) => {
    expect(objection(file, specifier)).toBeUndefined()
  })
})

describe("the root entry", () => {
  it("runs without Node", () => {
    const reached = [...reachable("index.ts")].map((file) => modules.get(file))
    expect(reached.length).toBeGreaterThan(1)
    const bound = reached.filter((module) => module?.imports.some(isPlatform) || module?.uses.has("Buffer"))
    expect(bound.map((module) => module?.file)).toEqual([])
  })

  it("is not alone: Buffer stays out of every folder but node and cli", () => {
    expect(filesWhere(({ file, uses }) => uses.has("Buffer") && !platformFolders.includes(folderOf(file)))).toEqual([])
  })
})

describe("modules", () => {
  it("open with a header of 3 to 10 lines, barrels with one of at least 1", () => {
    const headerOf = (text: string) => /^\/\*[\s\S]*?\*\//.exec(text)?.[0].split("\n").length ?? 0
    const bare = filesWhere(({ file, text }) => {
      const length = headerOf(text)
      return isBarrel(file) ? length < 1 : length < 3 || length > 10
    })
    expect(bare).toEqual([])
  })

  it("are short: none above 400 lines, one in ten above 250", () => {
    expect(filesWhere(({ lines }) => lines > 400)).toEqual([])
    const long = filesWhere(({ lines }) => lines > 250)
    expect(long.length, long.join(", ")).toBeLessThanOrEqual(Math.floor(all.length / 10))
  })

  it.each(["async", "Date.now", "Effect.runSync"])("do without %s", (word) => {
    const excused = ({ file }: Module) => exceptions.some(({ under }) => file.startsWith(under))
    expect(filesWhere((module) => module.uses.has(word) && !excused(module))).toEqual([])
  })
})

describe("package.json", () => {
  it("exports the barrels, every PascalCase module and the chapters, and nothing else", () => {
    const modules = all.flatMap(({ file }) => {
      const stem = file.replace(/\.ts$/, "")
      if (isBarrel(file)) return [[posix.join(".", posix.dirname(file)), stem] as const]
      const name = /^[a-z]+\/([A-Z]\w*)$/.exec(stem)?.[1]
      return name === undefined ? [] : [[name, stem] as const]
    })
    const entries = [
      ...modules,
      ["methods/*", "protocol/methods/*"] as const,
      ["revisions", "protocol/revisions/index"] as const
    ]
    const expected = entries.map(([name, stem]) => [
      name === "." ? name : `./${name}`,
      [
        ["mcp-effect-source", `./src/${stem}.ts`],
        ["types", `./dist/${stem}.d.ts`],
        ["module", `./dist/${stem}.js`],
        ["default", `./dist/bundled/${stem}.js`]
      ]
    ])
    const { "./package.json": own, ...exported } = manifest.exports as Record<string, object>
    const actual = Object.entries(exported).map(([name, conditions]) => [name, Object.entries(conditions)])
    expect(own).toBe("./package.json")
    expect(actual.toSorted()).toEqual(expected.toSorted())
  })
})
