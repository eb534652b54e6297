/**
 * The user at a terminal, for servers that ask: a form is filled in field by field, a page is shown and never opened.
 *
 * Who asks and what comes first, then whether to answer at all; what has been filled in can be changed before it is sent.
 * Escape, Ctrl+C and the end of the input put the question away. One question has the terminal at a time. What a server says
 * is shown as text only (`terminalText.ts`).
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Terminal from "effect/Terminal"
import * as McpHost from "../../client/McpHost.ts"
import { ElicitRequestFormParams, type ElicitRequestURLParams } from "../../protocol/methods/elicitation.ts"
import { type Asker, askerOf, type Field, type Given, summaryOf } from "./terminalFields.ts"
import { clean, pageOf, quoted } from "./terminalText.ts"

type Filled = { readonly [name: string]: Given }

const whoAsks = ({ server }: McpHost.Asked): string => {
  if (server === undefined) return "A server that does not say who it is asks:"
  const { name, title = name, version } = server
  const known = title === name ? `version ${clean(version)}` : `${clean(name)} ${clean(version)}`
  return `The server "${clean(title)}" (${known}, as it says) asks:`
}

const decline = { value: "decline", title: "Decline" } as const
const cancel = { value: "cancel", title: "Not now" } as const

const fieldsOf = ({ requestedSchema }: ElicitRequestFormParams): ReadonlyArray<Field> =>
  Object.entries(requestedSchema.properties).map(([name, schema]) => ({
    name,
    schema,
    isRequired: requestedSchema.required?.includes(name) === true
  }))

interface Row {
  readonly field: Field
  readonly ask: Asker
}

/** All fields, one after the other, beginning with what they were given before. */
const filling = (rows: ReadonlyArray<Row>, before: Filled): Prompt.Prompt<Filled> =>
  rows.reduce<Prompt.Prompt<Filled>>(
    (soFar, { ask, field: { name, schema } }) =>
      Prompt.flatMap(soFar, (filled) =>
        Prompt.map(ask(before[name] ?? schema.default), (value) => ({ ...filled, [name]: value }))
      ),
    Prompt.succeed({})
  )

const given = (filled: Filled): McpHost.FormAnswer =>
  Object.fromEntries(
    Object.entries(filled).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  )

const answering = (rows: ReadonlyArray<Row>, before: Filled): Prompt.Prompt<McpHost.FormAnswer> =>
  Prompt.flatMap(filling(rows, before), (filled) =>
    Prompt.flatMap(
      Prompt.Select({
        message: "Send it?",
        choices: [{ value: "send", title: "Send" }, { value: "change", title: "Change something" }, decline, cancel]
      }),
      (choice) =>
        choice === "change"
          ? answering(rows, filled)
          : Prompt.succeed<McpHost.FormAnswer>(choice === "send" ? given(filled) : choice)
    )
  )

/** Without fields the user only agrees, or does not. */
const formPrompt = (rows: ReadonlyArray<Row>): Prompt.Prompt<McpHost.FormAnswer> => {
  const isEmpty = rows.length === 0
  return Prompt.flatMap(
    Prompt.Select({
      message: isEmpty ? "Do you agree?" : "Will you answer?",
      choices: [{ value: "yes", title: isEmpty ? "Agree" : "Answer" }, decline, cancel]
    }),
    (choice) => {
      if (choice !== "yes") return Prompt.succeed<McpHost.FormAnswer>(choice)
      return isEmpty ? Prompt.succeed<McpHost.FormAnswer>({}) : answering(rows, {})
    }
  )
}

const pagePrompt: Prompt.Prompt<"accept" | "decline" | "cancel"> = Prompt.Select({
  message: "Will you open it yourself, in a browser? It is not opened for you.",
  choices: [{ value: "accept", title: "Yes" }, decline, cancel]
})

const isForm = Schema.is(ElicitRequestFormParams)

const cannotShow = (detail: string) => Effect.fail(new McpHost.Refused("InvalidParams", detail))

const make = Effect.gen(function* () {
  const terminal = yield* Terminal.Terminal
  const turn = yield* Semaphore.make(1)
  const say = (...lines: ReadonlyArray<string>) =>
    Effect.mapError(
      terminal.display(`${lines.join("\n")}\n`),
      () => new McpHost.Refused("Internal", "This client's terminal cannot be written to")
    )
  /** Escape, Ctrl+C, or an input that has ended. */
  const orCancelled = <A>(prompt: Prompt.Prompt<A>) =>
    Effect.catchTag(Prompt.run(prompt), "QuitError", () => Effect.as(say(""), "cancel" as const))
  const alone = <A, E, R>(asking: Effect.Effect<A, E, R>) =>
    turn.withPermit(Effect.onInterrupt(asking, () => Effect.ignore(say("", "The question is not asked any more."))))

  const form = Effect.fnUntraced(function* (params: ElicitRequestFormParams, asked: McpHost.Asked) {
    if (!isForm(params)) return yield* cannotShow("This client cannot show a form that the specification does not have")
    const fields = fieldsOf(params)
    const rows: Array<Row> = []
    for (const field of fields) {
      const ask = askerOf(field)
      if (ask === undefined) return yield* cannotShow(`This client cannot show the field "${field.name}"`)
      rows.push({ field, ask })
    }
    yield* say("", whoAsks(asked), quoted(params.message), ...fields.map((field) => `  - ${summaryOf(field)}`))
    return yield* orCancelled(formPrompt(rows))
  }, alone)

  const url = Effect.fnUntraced(function* (params: ElicitRequestURLParams, asked: McpHost.Asked) {
    const page = pageOf(params.url)
    if (page === undefined) return yield* cannotShow("A page has a URL with http or https")
    yield* say("", whoAsks(asked), quoted(params.message), "  It wants you to open:", `  ${page.href}`)
    yield* say(`  Host: ${page.host}`, ...page.warnings.map((warning) => `  ! ${warning}`))
    const answer = yield* orCancelled(pagePrompt)
    if (answer === "accept") yield* say(`Open it in your browser: ${page.href}`)
    return answer
  }, alone)

  return McpHost.elicitation({ form, url })
})

/** On any terminal. */
export const layerTerminalForm: Layer.Layer<McpHost.ElicitationHost, never, Prompt.Environment> = Layer.unwrap(make)

/** On this process's terminal. */
export const layerNode: Layer.Layer<McpHost.ElicitationHost> = Layer.provide(
  layerTerminalForm,
  Layer.mergeAll(NodeTerminal.layer, NodeFileSystem.layer, NodePath.layer)
)
