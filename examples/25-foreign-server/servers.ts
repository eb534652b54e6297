/**
 * How to start two servers that we did not write, and what we expect of their tools. Nothing of them is imported.
 */
import { Effect, FileSystem, Schema } from "effect"
import { McpTool } from "mcp-effect"
import { fileURLToPath } from "node:url"

const program = (name: string): ReadonlyArray<string> => [
  fileURLToPath(import.meta.resolve(`@modelcontextprotocol/${name}/dist/index.js`))
]

/** A graph of what is known, kept in a file: here in one that is gone afterwards. */
export const memory = Effect.map(
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped()),
  (directory) => ({
    command: process.execPath,
    args: program("server-memory"),
    env: { MEMORY_FILE_PATH: `${directory}/memory.jsonl` }
  })
)

/** A server that has some of everything. */
export const everything = { command: process.execPath, args: program("server-everything") }

const Entity = Schema.Struct({
  name: Schema.String,
  entityType: Schema.String,
  observations: Schema.Array(Schema.String)
})

/** A foreign tool by what we need of it: its name, what we give, what we want to have. */
export const CreateEntities = McpTool.make("create_entities", {
  parameters: { entities: Schema.Array(Entity) },
  success: Schema.Struct({ entities: Schema.Array(Entity) })
})

/** Its own failures are texts, so none is declared. */
export const AddObservations = McpTool.make("add_observations", {
  parameters: {
    observations: Schema.Array(Schema.Struct({ entityName: Schema.String, contents: Schema.Array(Schema.String) }))
  }
})
