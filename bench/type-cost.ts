/**
 * What the types of the vocabulary cost the compiler, read from the published declarations: a file that names the
 * parameters and the result of every method (`named`), and the same with a look at the fields of each (`read`), since
 * types that are only named are hardly made. The counts are exact and the same on every machine.
 */
import { execFile } from "node:child_process"
import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { PeerName } from "./peers.ts"

export const LOOKS = ["named", "read"] as const
export type Look = (typeof LOOKS)[number]

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The modules of all chapters. */
export const chapters = (): Array<string> =>
  readdirSync(path("../src/protocol/methods"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `mcp-effect/methods/${name.slice(0, -3)}`)
    .sort()

interface Program {
  readonly imports: ReadonlyArray<string>
  readonly names: ReadonlyArray<string>
}

const oursProgram = async (): Promise<Program> => {
  const modules = chapters()
  const names: Array<string> = []
  for (const [index, module] of modules.entries()) {
    const rows: { readonly [name: string]: { readonly _tag?: string } } = await import(module)
    for (const [name, row] of Object.entries(rows)) {
      const at = `typeof chapter${index}.${name}`
      if (row._tag === "Request") names.push(`${at}.params.Type`, `${at}.result.Type`)
      if (row._tag === "Notification") names.push(`${at}.params.Type`)
    }
  }
  return { imports: modules.map((module, index) => `import type * as chapter${index} from "${module}"`), names }
}

/** An official SDK: the schemas of one module say what methods there are, another has the types. */
const sdkProgram = async (schemas: string, types: string): Promise<Program> => {
  const all: { readonly [name: string]: any } = await import(schemas)
  const names = Object.entries(all).flatMap(([schema, { shape }]) => {
    const [, name, sort] = /^(.*)(Request|Notification)Schema$/.exec(schema) ?? []
    if (sort === undefined || typeof shape?.method?.value !== "string") return []
    const params = `all.${name}${sort}["params"]`
    if (sort === "Notification") return [params]
    return [params, `all.${`${name}ResultSchema` in all ? `${name}Result` : "EmptyResult"}`]
  })
  return { imports: [`import type * as all from "${types}"`], names }
}

const programOf = (peer: Exclude<PeerName, "bare">): Promise<Program> => {
  if (peer === "ours") return oursProgram()
  return peer === "v1"
    ? sdkProgram("@modelcontextprotocol/sdk/types.js", "@modelcontextprotocol/sdk/types.js")
    : sdkProgram("@modelcontextprotocol/core", "@modelcontextprotocol/server")
}

const READ = "type Read<T> = { readonly [K in keyof T]: keyof T[K] }[keyof T]"

const write = (folder: string, { imports, names }: Program, look: Look): void => {
  const lines = names.map((name, index) =>
    look === "named" ? `export type T${index} = ${name}` : `export declare const t${index}: Read<${name}>`
  )
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/program.ts`, [...imports, ...(look === "read" ? [READ] : []), ...lines, ""].join("\n"))
  const compilerOptions = { customConditions: [], types: [], noUnusedLocals: false }
  const config = { extends: path("../tsconfig.json"), compilerOptions, include: [], files: ["program.ts"] }
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config))
}

const compile = (folder: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const compiler = path("../node_modules/typescript/bin/tsc")
    const args = [compiler, "-p", folder, "--extendedDiagnostics", "--singleThreaded", "--pretty", "false"]
    execFile(process.execPath, args, { timeout: 120_000 }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(new Error(stdout.slice(0, 600) || error.message))
    )
  })

/** Counts of the compiler, and milliseconds of its check and of its whole work. */
export const typeCost = async (peer: Exclude<PeerName, "bare">, look: Look) => {
  const folder = path(`.cache/types/${peer}-${look}`)
  const program = await programOf(peer)
  write(folder, program, look)
  const diagnostics = await compile(folder)
  const figure = (name: string) => Number(new RegExp(`^${name}: +([\\d.]+)s?$`, "m").exec(diagnostics)?.[1])
  return {
    named: program.names.length,
    instantiations: figure("Instantiations"),
    types: figure("Types"),
    checkMs: figure("Check time") * 1000,
    compileMs: figure("Total time") * 1000
  }
}
