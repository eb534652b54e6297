/**
 * The payloads that are checked: parameters and results of tools/call, and a list of a hundred tools. Several of each,
 * as `JSON.parse` gives them, so that no two checks in a row see the same object; and one of each that is wrong, which
 * every peer has to refuse.
 */
import { toolCall } from "./load.ts"
import { META } from "./requests.ts"
import { fillers, MODES, SEARCH } from "./tools.ts"

export const KINDS = ["call-meta", "call", "result", "list"] as const
export type Kind = (typeof KINDS)[number]

export interface Payloads {
  readonly right: ReadonlyArray<unknown>
  readonly wrong: unknown
}

const icon = { src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"], theme: "light" }

/** `_meta` of a request of 2026-07-28 with everything that the revision gives a meaning. */
const fullMeta = (i: number) => ({
  ...META,
  progressToken: i,
  "io.modelcontextprotocol/clientInfo": {
    name: "bench",
    title: "The bench",
    version: "1.0.0",
    description: "Measures",
    websiteUrl: "https://example.com",
    icons: [icon]
  },
  "io.modelcontextprotocol/clientCapabilities": {
    roots: {},
    sampling: { context: {}, tools: {} },
    elicitation: { form: {}, url: {} },
    extensions: { "io.modelcontextprotocol/tasks": {} }
  },
  "io.modelcontextprotocol/logLevel": "info",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
})

const result = (i: number) => ({
  resultType: "complete",
  content: [
    { type: "text", text: `Row ${i} of the table`, annotations: { audience: ["user"], priority: 0.5 } },
    { type: "image", data: "iVBORw0KGgoA".repeat(8), mimeType: "image/png" },
    { type: "resource_link", uri: `file:///rows/${i}`, name: `row ${i}`, mimeType: "text/plain", size: 1000 + i }
  ],
  structuredContent: { row: i },
  isError: false,
  _meta: { "io.modelcontextprotocol/serverInfo": { name: "bench", version: "1.0.0" } }
})

const described = (type: string, description: string) => ({ type, description })

const inputSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    query: described("string", SEARCH.query),
    limit: described("number", SEARCH.limit),
    mode: { ...described("string", SEARCH.mode), enum: MODES },
    tags: { ...described("array", SEARCH.tags), items: { type: "string" } },
    after: described("string", SEARCH.after),
    archived: described("boolean", SEARCH.archived)
  },
  required: ["query", "limit", "mode"],
  additionalProperties: false
}

const outputSchema = {
  type: "object",
  properties: {
    total: described("number", SEARCH.total),
    titles: { ...described("array", SEARCH.titles), items: { type: "string" } },
    next: described("string", SEARCH.next)
  },
  required: ["total", "titles"]
}

const list = (i: number) => ({
  resultType: "complete",
  tools: fillers(102).map((tool) => ({
    ...tool,
    title: `Search, version ${i}`,
    inputSchema,
    outputSchema,
    annotations: { readOnlyHint: true, openWorldHint: false },
    icons: [icon]
  })),
  nextCursor: `page-${i}`,
  ttlMs: 60_000,
  cacheScope: "public"
})

const many = (make: (i: number) => object, spoil: (payload: any) => void): Payloads => {
  const copy = (i: number) => JSON.parse(JSON.stringify(make(i)))
  const wrong = copy(0)
  spoil(wrong)
  return { right: Array.from({ length: 16 }, (_, i) => copy(i)), wrong }
}

const namedByNumber = (call: { name: unknown }) => void (call.name = 1)

/** Makes them: hundreds of objects, for the programs that check. */
export const makePayloads = (): { readonly [K in Kind]: Payloads } => ({
  "call-meta": many((i) => ({ ...toolCall("add", i), _meta: fullMeta(i) }), namedByNumber),
  call: many((i) => ({ ...toolCall("add", i), _meta: { progressToken: i } }), namedByNumber),
  result: many(result, ({ content }) => delete content[2].uri),
  list: many(list, ({ tools }) => delete tools[99].name)
})
