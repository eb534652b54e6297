/**
 * Methods of one's own: their names and the schemas of what goes in and comes out. Both sides share them.
 */
import { Schema } from "effect"
import { McpMethod } from "mcp-effect"

export const Lend = McpMethod.request("example.com/lend", {
  params: Schema.Struct({ title: Schema.String, on: Schema.Date }),
  result: Schema.Struct({ due: Schema.Date })
})

export const Returned = McpMethod.notification("example.com/returned", {
  params: Schema.Struct({ title: Schema.String })
})

export const Reminder = McpMethod.notification("example.com/reminder", {
  params: Schema.Struct({ text: Schema.String })
})
