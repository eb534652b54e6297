/**
 * A desk that sorts letters by asking the client's model: it has no model of its own, and no key for one. (Deprecated since
 * 2026-07-28, where servers are told to call a model themselves; it works in every revision.)
 */
import { Effect, Layer, Schema } from "effect"
import { McpRequest, McpServer, McpTool } from "mcp-effect"

/** What the model has to say of a letter. What it says instead is an error, and not a letter that nobody answers. */
export const Sorted = Schema.Struct({
  topic: Schema.Literals(["complaint", "order", "praise"]),
  urgent: Schema.Boolean
})

export const Sort = McpTool.make("sort", {
  description: "Say what a letter is about",
  parameters: { letter: Schema.String },
  success: Sorted
})

export const Reply = McpTool.make("reply", {
  description: "Draft a reply to a letter",
  parameters: { letter: Schema.String }
})

const SortLive = Sort.toLayer(
  Effect.fnUntraced(function* ({ letter }) {
    const { sample } = yield* McpRequest
    return yield* sample("sorted", {
      systemPrompt: 'Answer with JSON alone: {"topic": "complaint" | "order" | "praise", "urgent": boolean}',
      messages: letter,
      modelPreferences: { speedPriority: 1 },
      maxTokens: 50,
      schema: Sorted
    })
  })
)

/** Without a schema the model's message comes as it is, with the model's name. */
const ReplyLive = Reply.toLayer(
  Effect.fnUntraced(function* ({ letter }) {
    const { content, model } = yield* (yield* McpRequest).sample("draft", {
      messages: `Thank for this letter: ${letter}`
    })
    const blocks = Array.isArray(content) ? content : [content]
    const text = blocks.map((block) => (block.type === "text" ? block.text : "")).join("")
    return `${text} (by ${model})`
  })
)

export const app = Layer.merge(SortLive, ReplyLive).pipe(
  Layer.provide(McpServer.layer({ name: "desk", version: "1.0.0" }))
)
