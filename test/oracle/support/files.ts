/**
 * The files that judge: `schema.json` of every revision and the examples of the latest, as the specification has them.
 *
 * They are not part of this repository. `MCP_ORACLE` names their folder, absolute or from the root of the repository; its
 * layout is that of the folder `schema` of the specification's repository. Nothing is read when this module is loaded.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { revisions } from "../../../src/protocol/revisions/index.ts"

export type Json = { readonly [key: string]: unknown }

const root = join(import.meta.dirname, "..", "..", "..")
const folder = resolve(root, process.env["MCP_ORACLE"] ?? "../shared/oracle")

/** The revision that has examples. */
export const EXEMPLARY = "2026-07-28"
const examplesFolder = join(folder, EXEMPLARY, "examples")
const schemaFile = (version: string): string => join(folder, version, "schema.json")

export const versions = revisions.map(({ version }) => version)

/** What to do when files are missing; nothing when all are there. */
export const missing = (): string | undefined => {
  const absent = [...versions.map(schemaFile), examplesFolder].filter((path) => !existsSync(path))
  if (absent.length === 0) return undefined
  return [
    `The oracle needs files of the specification, and did not find:\n  ${absent.join("\n  ")}`,
    "They are schema/<revision>/schema.json and schema/2026-07-28/examples of",
    "github.com/modelcontextprotocol/modelcontextprotocol (last seen at b0f60ba5409db7a6582440a7b473cc0398890f15).",
    "Get them, and name their folder by MCP_ORACLE, absolute or from the root of this repository:",
    "  git clone --depth 1 https://github.com/modelcontextprotocol/modelcontextprotocol ../mcp",
    "  MCP_ORACLE=../mcp/schema npm run oracle"
  ].join("\n")
}

const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"))

/** The schema of a revision. */
export const schemaOf = (version: string): Json => read(schemaFile(version)) as Json

export interface Example {
  /** The name of the folder: that of a definition. */
  readonly definition: string
  readonly file: string
  readonly text: string
}

export const examples = (): ReadonlyArray<Example> =>
  readdirSync(examplesFolder).flatMap((definition) =>
    readdirSync(join(examplesFolder, definition)).map((file) => ({
      definition,
      file,
      text: readFileSync(join(examplesFolder, definition, file), "utf8")
    }))
  )
