/**
 * The tools as mcp-effect definitions, without handlers: the server gives them handlers, the client calls them. Only
 * the public root entry is used.
 */
import { Schema } from "effect"
import { McpTool } from "mcp-effect"
import { ADD, ECHO, fillers, MODES, SEARCH } from "./tools.ts"

export const Add = McpTool.make("add", {
  description: ADD.description,
  parameters: {
    a: Schema.Finite.annotate({ description: ADD.a }),
    b: Schema.Finite.annotate({ description: ADD.b })
  },
  success: Schema.Struct({ sum: Schema.Finite.annotate({ description: ADD.sum }) })
})

export const Echo = McpTool.make("echo", {
  description: ECHO.description,
  parameters: { payload: Schema.String.annotate({ description: ECHO.payload }) }
})

/** The N - 2 tools that fill the list, each with its own schemas. */
export const makeFillers = (tools: number) =>
  fillers(tools).map(({ description, name }) =>
    McpTool.make(name, {
      description,
      parameters: {
        query: Schema.String.annotate({ description: SEARCH.query }),
        limit: Schema.Finite.annotate({ description: SEARCH.limit }),
        mode: Schema.Literals(MODES).annotate({ description: SEARCH.mode }),
        tags: Schema.optionalKey(Schema.Array(Schema.String).annotate({ description: SEARCH.tags })),
        after: Schema.optionalKey(Schema.String.annotate({ description: SEARCH.after })),
        archived: Schema.optionalKey(Schema.Boolean.annotate({ description: SEARCH.archived }))
      },
      success: Schema.Struct({
        total: Schema.Finite.annotate({ description: SEARCH.total }),
        titles: Schema.Array(Schema.String).annotate({ description: SEARCH.titles }),
        next: Schema.optionalKey(Schema.String.annotate({ description: SEARCH.next }))
      })
    })
  )
