/**
 * The raw responder: parses JSON, validates nothing, writes the answer by hand. No SDK; it shows what pipes, JSON and
 * the driver allow on this machine (the ceiling of every row), and it is the neutral server that all clients are
 * measured against. Command line: see `../args.ts`.
 */
import * as args from "../args.ts"
import { ADD, ECHO, fillers, MODES, SEARCH } from "../tools.ts"

const modern = args.era() === "modern"
const string = (description: string) => ({ type: "string", description })
const number = (description: string) => ({ type: "number", description })
const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required
})

const list = [
  {
    name: "add",
    description: ADD.description,
    inputSchema: object({ a: number(ADD.a), b: number(ADD.b) }),
    outputSchema: object({ sum: number(ADD.sum) })
  },
  { name: "echo", description: ECHO.description, inputSchema: object({ payload: string(ECHO.payload) }) },
  ...fillers(args.tools()).map(({ description, name }) => ({
    name,
    description,
    inputSchema: object(
      {
        query: string(SEARCH.query),
        limit: number(SEARCH.limit),
        mode: { type: "string", enum: MODES, description: SEARCH.mode },
        tags: { type: "array", items: { type: "string" }, description: SEARCH.tags },
        after: string(SEARCH.after),
        archived: { type: "boolean", description: SEARCH.archived }
      },
      ["query", "limit", "mode"]
    ),
    outputSchema: object(
      {
        total: number(SEARCH.total),
        titles: { type: "array", items: { type: "string" }, description: SEARCH.titles },
        next: string(SEARCH.next)
      },
      ["total", "titles"]
    )
  }))
]

const info = { name: "bench", version: "1.0.0" }
const result = (value: object) => JSON.stringify(modern ? { resultType: "complete", ...value } : value)
const caching = modern ? { ttlMs: 0, cacheScope: "private" } : {}
const EMPTY = result({})
const LIST = result({ tools: list, ...caching })
const INITIALIZE = result({ protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo: info })
const DISCOVER = result({
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: {} },
  serverInfo: info,
  ...caching,
  _meta: { "io.modelcontextprotocol/serverInfo": info }
})
const TYPE = modern ? `"resultType":"complete",` : ""

const answer = (method: string, params: any): string => {
  switch (method) {
    case "tools/call": {
      const given = params.arguments
      if (params.name === "echo") return `{${TYPE}"content":[{"type":"text","text":${JSON.stringify(given.payload)}}]}`
      const sum = given.a + given.b
      return `{${TYPE}"content":[{"type":"text","text":"{\\"sum\\":${sum}}"}],"structuredContent":{"sum":${sum}}}`
    }
    case "tools/list":
      return LIST
    case "initialize":
      return INITIALIZE
    case "server/discover":
      return DISCOVER
    default:
      return EMPTY
  }
}

args.transport()
let rest: Array<Buffer> = []
process.stdin.on("data", (chunk: Buffer) => {
  let from = 0
  let out = ""
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
    let line = chunk.subarray(from, end)
    from = end + 1
    if (rest.length > 0) {
      line = Buffer.concat([...rest, line])
      rest = []
    }
    const message = JSON.parse(line.toString("utf8"))
    if (message.id === undefined) continue
    const body = answer(message.method, message.params)
    out += `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${body}}\n`
  }
  if (from < chunk.length) rest.push(chunk.subarray(from))
  if (out !== "") process.stdout.write(out)
})
