/**
 * What differs between the eras where a handler asks: the table of ASKING.md, each row with what shows it.
 *
 * A row is one handler, which takes notes, at one client, which takes notes too; what they have noted in the end is the row's
 * evidence, in either era. The sentences are those of the document, word for word.
 */
import { type Duration, Effect, Schema, type Scope } from "effect"
import { McpHost, type McpRequest } from "mcp-effect"
import type { Failure } from "./interaction.ts"

export type Note = (line: string) => Effect.Effect<void>

export interface Row {
  readonly about: string
  readonly legacy: string
  readonly modern: string
  /** The same in both eras. */
  readonly handler: (request: McpRequest.Service, note: Note) => Effect.Effect<unknown, Failure, Scope.Scope>
  /** How long the user thinks about a question. Default: not at all. */
  readonly thinks?: (message: string) => Duration.Input
  /** The user refuses. */
  readonly refuses?: boolean
  /** In which steps time passes. Default: 100 ms. */
  readonly tick?: Duration.Input
  /** The limit of the tool. */
  readonly timeout?: Duration.Input
  /** What is noted: `asked` and `withdrawn` by the client, `failed` where the call fails, the rest by the handler. */
  readonly notes: { readonly legacy: ReadonlyArray<string>; readonly modern: ReadonlyArray<string> }
}

const form = (message: string) => ({ message, schema: Schema.Struct({ ok: Schema.Boolean }) })
const ask = (request: McpRequest.Service, message = "q") => request.elicit(message, form(message))
const thinks = (duration: Duration.Input) => () => duration

export const matrix: ReadonlyArray<Row> = [
  {
    about: "The handler",
    legacy: "runs once, and waits for each answer",
    modern:
      "is interrupted by a question, and runs again from the top with the answer; questions one after the other are a round each",
    handler: (request, note) =>
      Effect.andThen(note("run"), Effect.andThen(ask(request, "first"), ask(request, "second"))),
    notes: {
      legacy: ["run", "asked first", "asked second"],
      modern: ["run", "asked first", "run", "asked second", "run"]
    }
  },
  {
    about: "A resource that is open across a question",
    legacy: "stays open",
    modern: "is closed before the question leaves, and opened again in the next round",
    handler: (request, note) =>
      Effect.acquireRelease(note("open"), () => note("close")).pipe(
        Effect.andThen(ask(request)),
        Effect.andThen(note("use"))
      ),
    notes: {
      legacy: ["open", "asked q", "use", "close"],
      modern: ["open", "close", "asked q", "open", "use", "close"]
    }
  },
  {
    about: "A side effect before a question",
    legacy: "happens once",
    modern: "happens in every round",
    handler: (request, note) => Effect.andThen(note("effect"), ask(request)),
    notes: { legacy: ["effect", "asked q"], modern: ["effect", "asked q", "effect"] }
  },
  {
    about: "A side effect in `once`",
    legacy: "happens once",
    modern: "happens once; later rounds have its result",
    handler: (request, note) =>
      request.once("effect", Schema.String, Effect.as(note("effect"), "result")).pipe(
        Effect.tap(() => ask(request)),
        Effect.flatMap(note)
      ),
    notes: { legacy: ["effect", "asked q", "result"], modern: ["effect", "asked q", "result"] }
  },
  {
    about: "A `once` that fails",
    legacy: "can be tried again",
    modern: "can be tried again, in the same round or in a later one",
    handler: (request, note) => {
      const failing = request.once("effect", Schema.String, Effect.andThen(note("effect"), Effect.fail("no")))
      return Effect.andThen(Effect.repeat(Effect.ignore(failing), { times: 1 }), ask(request))
    },
    notes: {
      legacy: ["effect", "effect", "asked q"],
      modern: ["effect", "effect", "asked q", "effect", "effect"]
    }
  },
  {
    about: "A question inside of `once`",
    legacy: "is `Unsupported`",
    modern: "is `Unsupported`",
    handler: (request, note) =>
      request
        .once("effect", Schema.Void, Effect.asVoid(ask(request)))
        .pipe(Effect.catchReason("McpError", "Unsupported", () => note("Unsupported"))),
    notes: { legacy: ["Unsupported"], modern: ["Unsupported"] }
  },
  {
    about: "Questions of one turn of the loop",
    legacy: "are on their way at the same time; each answer goes on as it comes",
    modern: "travel together; the handler runs again when all are answered",
    handler: (request, note) =>
      Effect.all(
        ["slow", "fast"].map((message) => Effect.andThen(ask(request, message), note(message))),
        { concurrency: "unbounded" }
      ),
    thinks: (message) => (message === "slow" ? "1 second" : 0),
    notes: {
      legacy: ["asked slow", "asked fast", "fast", "slow"],
      modern: ["asked slow", "asked fast", "slow", "fast"]
    }
  },
  {
    about: "A question that loses a race later",
    legacy: "is taken back, and what has won goes on",
    modern:
      "has won: it has interrupted the handler, and what it raced with; in the next round its answer is there first",
    handler: (request, note) =>
      Effect.flatMap(
        Effect.raceFirst(Effect.as(ask(request), "answer"), Effect.as(Effect.sleep("1 second"), "other")),
        note
      ),
    thinks: thinks("3 seconds"),
    notes: { legacy: ["asked q", "other", "withdrawn q"], modern: ["asked q", "answer"] }
  },
  {
    about: "A handler's own `Effect.timeout` around a question",
    legacy: "goes on while the user thinks, and takes the question back",
    modern: "does not go on while the user thinks",
    handler: (request, note) =>
      Effect.timeoutOrElse(Effect.andThen(ask(request), note("answer")), {
        duration: "1 second",
        orElse: () => note("late")
      }),
    thinks: thinks("3 seconds"),
    notes: { legacy: ["asked q", "late", "withdrawn q"], modern: ["asked q", "answer"] }
  },
  {
    about: "The `timeout` of a tool, prompt or resource",
    legacy: "stands still while the user thinks, and is for all that the handler does",
    modern: "stands still while the user thinks, and is for each round",
    handler: (request, note) =>
      request
        .once("work", Schema.Void, Effect.sleep("700 millis"))
        .pipe(Effect.andThen(ask(request)), Effect.andThen(Effect.sleep("700 millis")), Effect.andThen(note("done"))),
    thinks: thinks("3 seconds"),
    timeout: "1 second",
    notes: { legacy: ["asked q", "failed"], modern: ["asked q", "done"] }
  },
  {
    about: "How long an answer may take",
    legacy: "`McpLimits.total` of the server; then the handler gets `Timeout`",
    modern: "`McpLimits.stateAge` of the server; then the client's next try is refused",
    handler: (request, note) =>
      Effect.andThen(ask(request), note("answer")).pipe(
        Effect.catchReason("McpError", "Timeout", () => note("Timeout"))
      ),
    thinks: thinks("30 minutes"),
    tick: "1 minute",
    notes: { legacy: ["asked q", "Timeout", "withdrawn q"], modern: ["asked q", "answer"] }
  },
  {
    about: "`catchCause`, `retry`, `exit` around a question",
    legacy: "see what the question fails with",
    modern: "see what the question fails with, and nothing of the interruption; finalizers run",
    handler: (request, note) =>
      ask(request).pipe(
        Effect.onInterrupt(() => note("finalizer")),
        Effect.catchCause(() => note("caught")),
        Effect.andThen(note("answer"))
      ),
    notes: { legacy: ["asked q", "answer"], modern: ["finalizer", "asked q", "answer"] }
  },
  {
    about: "A question where the handler cannot be interrupted",
    legacy: "is asked",
    modern: "is `Unsupported`, at once",
    handler: (request, note) =>
      Effect.uninterruptible(ask(request)).pipe(
        Effect.andThen(note("answer")),
        Effect.catchReason("McpError", "Unsupported", () => note("Unsupported"))
      ),
    notes: { legacy: ["asked q", "answer"], modern: ["Unsupported"] }
  },
  {
    about: "What is kept in `request.state`, and `request.id`",
    legacy: "are the same before and after",
    modern: "are those of the round: a new id, and nothing kept",
    handler: (request, note) =>
      Effect.suspend(() => {
        const kept = request.state.size
        request.state.set("key", "value")
        return Effect.andThen(note(`kept ${kept}`), Effect.andThen(ask(request), note(`then ${request.state.size}`)))
      }),
    notes: { legacy: ["kept 0", "asked q", "then 1"], modern: ["kept 0", "asked q", "kept 0", "then 1"] }
  },
  {
    about: "A host that refuses to answer",
    legacy: "is heard by the handler, as `Remote` with the host's code",
    modern: "is heard by the caller, as `Remote` with the same code; the handler does not run again",
    handler: (request, note) =>
      Effect.catchReason(ask(request), "McpError", "Remote", ({ code }) => note(`told ${code}`)),
    refuses: true,
    notes: { legacy: ["asked q", "told -1"], modern: ["asked q", "failed"] }
  }
]

/** What the client of a row does with a form. */
export const answering =
  ({ refuses = false, thinks = () => 0 }: Row, note: Note) =>
  ({ message }: { readonly message: string }): Effect.Effect<McpHost.FormAnswer, McpHost.Refused> =>
    note(`asked ${message}`).pipe(
      Effect.andThen(refuses ? Effect.fail(McpHost.rejected("no")) : Effect.void),
      Effect.andThen(Effect.sleep(thinks(message))),
      Effect.as({ ok: true }),
      Effect.onInterrupt(() => note(`withdrawn ${message}`))
    )
