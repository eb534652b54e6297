/**
 * A terminal that is scripted: it presses keys that were given beforehand and keeps what was written to it.
 *
 * The keys are named by what they do in the form that stands there then. Nothing is drawn.
 */
import { type Cause, Effect, FileSystem, Layer, Option, Path, Queue, Terminal } from "effect"
import * as Prompt from "effect/cli/Prompt"
import { layerTerminalForm } from "../../../src/node/internal/terminalForm.ts"

export const key = (name: string, input?: string): Terminal.UserInput => ({
  input: Option.fromUndefinedOr(input),
  key: { name, ctrl: false, meta: false, shift: false }
})
export const enter = key("return")
export const down = key("down")
export const space = key("space", " ")
export const backspace = key("backspace")
export const type = (text: string) => [...text].map((character) => key(character, character))
export const yes = [enter]
export const decline = [down, enter]
export const notNow = [down, down, enter]
export const send = [enter]
export const change = [down, enter]

/** `end` is what Escape, Ctrl+C and a closed input do. */
export type Keys = ReadonlyArray<Terminal.UserInput | "end">

export interface Screen {
  text: string
}

const terminal = (screen: Screen, keys: Keys) =>
  Layer.effect(
    Terminal.Terminal,
    Effect.map(Queue.make<Terminal.UserInput, Cause.Done>(), (queue) => {
      for (const pressed of keys) {
        if (pressed === "end") Queue.endUnsafe(queue)
        else Queue.offerUnsafe(queue, pressed)
      }
      return Terminal.make({
        columns: Effect.succeed(80),
        rows: Effect.succeed(25),
        size: Effect.never,
        readInput: Effect.succeed(queue),
        readLine: Effect.never,
        display: (text) => Effect.sync(() => void (screen.text += text))
      })
    })
  )

/** The host of a client at such a terminal. */
export const host = (screen: Screen, keys: Keys) =>
  Layer.provide(
    layerTerminalForm,
    Layer.mergeAll(
      terminal(screen, keys),
      FileSystem.layerNoop({}),
      Path.layer,
      Layer.succeed(Prompt.Theme, Prompt.makeTheme({ colors: false }))
    )
  )
