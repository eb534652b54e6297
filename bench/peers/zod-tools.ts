/**
 * The tools of the bench as zod schemas and handlers, once for both official SDKs. Names, descriptions and fields are
 * those of `definitions.ts`.
 */
import { z } from "zod"
import { ADD, ECHO, fillers, MODES, SEARCH, SUMMARY, TONES } from "../tools.ts"

const addSchemas = () => ({
  inputSchema: z.object({ a: z.number().describe(ADD.a), b: z.number().describe(ADD.b) }),
  outputSchema: z.object({ sum: z.number().describe(ADD.sum) })
})

const searchSchemas = () => ({
  inputSchema: z.object({
    query: z.string().describe(SEARCH.query),
    limit: z.number().describe(SEARCH.limit),
    mode: z.enum(MODES).describe(SEARCH.mode),
    tags: z.array(z.string()).describe(SEARCH.tags).optional(),
    after: z.string().describe(SEARCH.after).optional(),
    archived: z.boolean().describe(SEARCH.archived).optional()
  }),
  outputSchema: z.object({
    total: z.number().describe(SEARCH.total),
    titles: z.array(z.string()).describe(SEARCH.titles),
    next: z.string().describe(SEARCH.next).optional()
  })
})

/** New schemas for each tool, as an application with so many tools would have. */
export const schemas = (count: number) => ({
  add: addSchemas(),
  echo: { inputSchema: z.object({ payload: z.string().describe(ECHO.payload) }) },
  searches: fillers(count).map((filler) => ({ ...filler, ...searchSchemas() }))
})

/** New schemas for each prompt. */
export const summaryArgs = () => ({
  topic: z.string().describe(SUMMARY.topic),
  tone: z.enum(TONES).describe(SUMMARY.tone).optional()
})

const text = (value: string) => [{ type: "text" as const, text: value }]

export const add = async ({ a, b }: { a: number; b: number }) => ({
  content: text(JSON.stringify({ sum: a + b })),
  structuredContent: { sum: a + b }
})
export const echo = async ({ payload }: { payload: string }) => ({ content: text(payload) })
export const search = async ({ query }: { query: string }) => ({
  content: text(JSON.stringify({ total: 1, titles: [query] })),
  structuredContent: { total: 1, titles: [query] }
})
