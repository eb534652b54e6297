/**
 * A tool loop: a language model, and the tools of two servers. The model asks, the tools are called through the clients,
 * and what they answer goes back to it, until it asks for nothing more.
 */
import { Effect } from "effect"
import { LanguageModel, Prompt } from "effect/ai"
import { McpClient } from "mcp-effect"
import * as McpToolkit from "mcp-effect/McpToolkit"
import { chapter, expect, story } from "../check.ts"
import { asks, says, scripted } from "./model.ts"
import { Notes, Photos } from "./servers.ts"

/** The loop. A model that asks for ever is stopped after some turns. */
const converse = Effect.fnUntraced(function* (question: string, toolkit: McpToolkit.ServerToolkit) {
  let prompt = Prompt.make(question)
  for (let turn = 0; turn < 8; turn++) {
    const response = yield* LanguageModel.generateText({ prompt, toolkit })
    if (response.toolCalls.length === 0) return response.text
    prompt = Prompt.concat(prompt, Prompt.fromResponseParts(response.content))
  }
  return "I have asked too often"
})

const model = scripted([
  [asks("1", "notes_search", { text: "cover" }), asks("2", "photos_search", { text: "harbour" })],
  [asks("3", "photos_show", { photo: "harbour-1.png" })],
  [asks("4", "notes_append", { note: "plan", line: "harbour-1.png it is" }), asks("5", "notes_search", { txt: "?" })],
  [says("Take harbour-1.png. I could not write it down: the note is locked.")]
])

/** What the model was told of a call: texts and pictures, or why it failed. */
const told = (id: string): unknown => {
  const messages = model.told.at(-1)?.prompt.content ?? []
  const results = messages.flatMap((message) => (message.role === "tool" ? message.content : []))
  const part = results.find((part) => part.type === "tool-result" && part.id === id)
  if (part?.type !== "tool-result") return undefined
  if (part.isFailure) return part.result
  return part.modelOutput?.map((output) => (output.type === "text" ? output.text : [output.mediaType, output.data]))
}

story(
  "A tool loop",
  Effect.gen(function* () {
    const notes = yield* McpClient.connect(Notes)
    const photos = yield* McpClient.connect(Photos)
    const toolkit = McpToolkit.merge(
      yield* McpToolkit.make(notes, { rename: (name) => `notes_${name}` }),
      yield* McpToolkit.make(photos, { rename: (name) => `photos_${name}` })
    )
    const answer = yield* converse("Which photo belongs on the cover?", toolkit)

    yield* chapter("What the model was told")
    const tools = ["notes_search", "notes_append", "photos_search", "photos_show"]
    yield* expect("the tools of both", model.told[0]?.tools, tools)
    yield* expect("what a note says", told("1"), ['["Show the harbour on the cover. Budget: 300 euros"]'])
    yield* expect("what photos there are", told("2"), ["harbour-1.png"])
    yield* expect("a picture, as a picture", told("3"), ["harbour-1.png", ["image/png", "iVBORw=="]])
    yield* expect("what a tool refused", told("4"), 'Locked: The note "plan" is locked; ask its owner')
    const misfit = 'The arguments of tool "search" do not fit its input schema: text: Missing key'
    yield* expect("that arguments were wrong", told("5"), misfit)

    yield* chapter("What it said")
    yield* expect("in how many turns", model.told.length, 4)
    yield* expect("the answer", answer, "Take harbour-1.png. I could not write it down: the note is locked.")
  }).pipe(Effect.provide(model.layer))
)
