/**
 * What the raw responder says to a message: no validation, the answer written by hand. It is the same over pipes and
 * over HTTP. Command line: see `../args.ts`.
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

const resultOf = (method: string, params: any): string => {
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

/** The text of the answer to a message; nothing for a notification. */
export const answer = ({ id, method, params }: any): string | undefined =>
  id === undefined ? undefined : `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${resultOf(method, params)}}`
