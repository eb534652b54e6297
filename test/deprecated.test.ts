/**
 * Deprecated features leave together: roots, sampling and logging live in files that can be removed as one.
 *
 * The modules that know those files are listed here, each with what goes there when they do. The lists are exact: what begins
 * to depend on a deprecated feature fails, and so does a line here that nothing needs any longer. Three ways to depend on one
 * are read from the sources: by an import, by a word of the wire, and by a name.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix, sep } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import ts from "typescript-6"

const src = join(import.meta.dirname, "..", "src")

/** What is removed. */
const isDeprecated = (file: string): boolean =>
  /^(server|client)\/internal\/deprecated\//.test(file) ||
  ["methods/roots.ts", "methods/sampling.ts", "methods/logging.ts"].some((name) => file === `protocol/${name}`) ||
  file === "server/McpLogger.ts"

/** The doors of the house: each of them names the features, and loses a few lines with them. */
const doors: { readonly [file: string]: ReadonlyArray<string> } = {
  "index.ts": ["server/McpLogger.ts"],
  // an input request is one of three, one of which stays
  "protocol/methods/mrtr.ts": ["protocol/methods/roots.ts", "protocol/methods/sampling.ts"],
  // `roots` and `sample` of a request are two members
  "server/McpRequest.ts": [
    "protocol/methods/roots.ts",
    "protocol/methods/sampling.ts",
    "server/internal/deprecated/sampling.ts"
  ],
  "server/Ask.ts": ["server/internal/deprecated/roots.ts", "server/internal/deprecated/sampling.ts"],
  "client/McpHost.ts": ["client/internal/deprecated/roots.ts", "client/internal/deprecated/sampling.ts"],
  // `log` of a request
  "server/internal/requestView.ts": ["server/internal/deprecated/logging.ts"],
  // a chapter of every server, the level of a request, and who is offered none
  "server/McpServer.ts": ["server/internal/deprecated/logging.ts"],
  "server/internal/facts.ts": ["server/internal/deprecated/logging.ts"],
  "server/internal/registry.ts": ["server/internal/deprecated/logging.ts"],
  // `logs` and `setLevel` of a client
  "client/McpClient.ts": ["client/internal/deprecated/logging.ts"],
  "client/internal/service.ts": ["client/internal/deprecated/logging.ts"]
}

/** Where the wire's own words for them stand besides; the revisions are made of such words. */
const words: { readonly [file: string]: ReadonlyArray<string> } = {
  "protocol/methods/mrtr.ts": ["roots/list", "sampling/createMessage"],
  // what a conversation without notifications does not offer
  "server/internal/registry.ts": ["logging"],
  // the key under which places are asked for
  "server/internal/requestView.ts": ["roots"],
  // methods that answer with nothing
  "server/internal/results.ts": ["logging/setLevel"]
}

/** Where something is called by their names, besides the doors: a field, a setting, a capability. */
const named: { readonly [file: string]: string } = {
  "protocol/McpSchema.ts": "the capabilities, the levels, and the key of a level in `_meta`",
  "client/internal/hosts.ts": "who of the hosts is there",
  "server/internal/keeping.ts": "the level of a conversation that is kept",
  "transport/McpTransport.ts": "the level in what a conversation gives to be kept",
  "transport/SessionStore.ts": "the level of a session that is kept"
}

const WORDS = [
  "logging",
  "roots",
  "sampling",
  "logging/setLevel",
  "notifications/message",
  "roots/list",
  "notifications/roots/list_changed",
  "sampling/createMessage"
]
const NAMES = /^(roots|Roots|sampl|Sampl|CreateMessage|ListRoots|logging$|Logging|logLevel|logFloor|[sS]etLevel)/

interface Module {
  readonly file: string
  readonly imports: ReadonlyArray<string>
  readonly words: ReadonlyArray<string>
  readonly names: ReadonlyArray<string>
}

const moduleOf = (file: string): Module => {
  const imports = new Set<string>()
  const words = new Set<string>()
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) {
      if (node.text.startsWith(".")) imports.add(posix.join(posix.dirname(file), node.text))
      else if (WORDS.includes(node.text)) words.add(node.text)
    }
    if (ts.isIdentifier(node) && NAMES.test(node.text)) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, readFileSync(join(src, file), "utf8"), ts.ScriptTarget.Latest, true))
  return { file, imports: [...imports], words: [...words].toSorted(), names: [...names] }
}

const modules = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.split(sep).join("/"))
  .filter((file) => file.endsWith(".ts"))
  .toSorted()
  .map(moduleOf)

const remaining = modules.filter(({ file }) => !isDeprecated(file))
const isRevision = ({ file }: Module): boolean => file.startsWith("protocol/revisions/")

describe("roots, sampling and logging", () => {
  it("are in these files", () => {
    expect(modules.filter(({ file }) => isDeprecated(file)).map(({ file }) => file)).toEqual([
      "client/internal/deprecated/logging.ts",
      "client/internal/deprecated/roots.ts",
      "client/internal/deprecated/sampling.ts",
      "protocol/methods/logging.ts",
      "protocol/methods/roots.ts",
      "protocol/methods/sampling.ts",
      "server/McpLogger.ts",
      "server/internal/deprecated/logging.ts",
      "server/internal/deprecated/roots.ts",
      "server/internal/deprecated/sampling.ts"
    ])
  })

  it("are imported by the doors alone", () => {
    const found = remaining.flatMap(({ file, imports }) => {
      const known = imports.filter(isDeprecated).toSorted()
      return known.length === 0 ? [] : [[file, known] as const]
    })
    expect(Object.fromEntries(found)).toEqual(doors)
  })

  it("are on the wire by their own words in few places", () => {
    const found = remaining.filter((module) => !isRevision(module) && module.words.length > 0)
    expect(Object.fromEntries(found.map((module) => [module.file, module.words]))).toEqual(words)
  })

  it("are named by nobody else", () => {
    const found = remaining.filter(
      (module) => !isRevision(module) && !(module.file in doors) && module.names.length > 0
    )
    const known = found.map(({ file, names }) => (file in named ? file : `${file}: ${names.join(", ")}`))
    expect(known).toEqual(Object.keys(named).toSorted())
  })
})
