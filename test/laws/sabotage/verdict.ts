/**
 * What a test run says of a saboteur: caught by its own law, by an assertion, and by no other law.
 *
 * `read` takes the JSON report of the runner apart; `judge` gives the complaints, none when the saboteur does what it
 * should. An assertion is one of the tests' own: an `AssertionError`, or a property whose falsifying failure is one. The
 * check of a distribution may fail beside it, but proves nothing alone. A crash, a time-out, an unhandled error or a file
 * that cannot be loaded proves nothing at all.
 */
import { basename } from "node:path"

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string
      readonly status: string
      readonly failureMessages: ReadonlyArray<string>
    }>
  }>
}

/** How a test failed. */
export type Kind = "assertion" | "distribution" | "time-out" | "crash" | "failure"

export interface Failed {
  readonly test: string
  readonly kind: Kind
  readonly message: string
}

/** One test file of one law. */
export interface File {
  readonly law: number
  readonly passed: number
  readonly failed: ReadonlyArray<Failed>
  /** Why the file as a whole failed: it could not be loaded, or a hook of it failed. */
  readonly broken: string | undefined
}

export interface Outcome {
  readonly files: ReadonlyArray<File>
  readonly unhandled: boolean
}

/** The law that a test file or a patch is of, by its name. */
export const lawOf = (file: string): number => Number(/^(\d\d)-/.exec(basename(file))?.[1] ?? Number.NaN)

/** The falsifying failure of a property stands on a line of its own, after the input. */
const falsified = /^(?:Error: )?Property falsified after [^]*?^Failure: (.*)$/m

const kindOf = (message: string): Kind => {
  if (message.startsWith("TestTimeoutError") || /^Error: (Test|Hook) timed out/.test(message)) return "time-out"
  const failure = falsified.exec(message)?.[1] ?? message
  if (failure.startsWith("AssertionError") || failure === "returned false") return "assertion"
  if (failure.startsWith("Error: Too rare to mean anything")) return "distribution"
  return /^(Type|Reference|Range|Syntax)Error/.test(failure) ? "crash" : "failure"
}

const firstLines = (message: string): string => {
  const failure = falsified.exec(message)?.[1] ?? message.slice(0, message.search(/\n|$/))
  return failure.length > 200 ? `${failure.slice(0, 200)}…` : failure
}

/** Reads the JSON report and what the run printed. */
export const read = (json: string, printed: string): Outcome => ({
  unhandled: /Vitest caught \d+ unhandled error/.test(printed),
  files: (JSON.parse(json) as Report).testResults.map(({ assertionResults, message, name, status }) => {
    const failed = assertionResults
      .filter((test) => test.status === "failed")
      .map(({ failureMessages, fullName }): Failed => {
        const text = failureMessages[0] ?? ""
        return { test: fullName, kind: kindOf(text), message: firstLines(text) }
      })
    return {
      law: lawOf(name),
      passed: assertionResults.filter((test) => test.status === "passed").length,
      failed,
      broken: status === "failed" && failed.length === 0 ? message || "failed without a failing test" : undefined
    }
  })
})

/** An outcome without the tests that failed before anything was patched. */
export const without = (known: Outcome, { files, unhandled }: Outcome): Outcome => {
  const names = new Set(known.files.flatMap(({ failed }) => failed.map(({ test }) => test)))
  return {
    unhandled,
    files: files.map((file) => ({ ...file, failed: file.failed.filter(({ test }) => !names.has(test)) }))
  }
}

const say = ({ kind, message, test }: Failed): string => `"${test}" (${kind}): ${message}`

/** What is wrong with a tree that was not patched. */
export const complaints = ({ files, unhandled }: Outcome): ReadonlyArray<string> => [
  ...(files.length === 0 ? ["no law was tested"] : []),
  ...(unhandled ? ["there was an unhandled error"] : []),
  ...files.flatMap(({ broken, failed, law }) => [
    ...(broken === undefined ? [] : [`law ${law} could not be tested: ${broken}`]),
    ...failed.map((test) => `law ${law}: ${say(test)}`)
  ])
]

/** What is wrong with a saboteur of `law`. */
export const judge = (law: number, outcome: Outcome): ReadonlyArray<string> => {
  const own = outcome.files.filter((file) => file.law === law)
  const failed = own.flatMap((file) => file.failed)
  const others = { unhandled: outcome.unhandled, files: outcome.files.filter((file) => file.law !== law) }
  return [
    ...(own.length === 0 ? [`law ${law} has no test file`] : []),
    ...own.flatMap(({ broken }) => (broken === undefined ? [] : [`its own law could not be tested: ${broken}`])),
    ...(own.length > 0 && failed.length === 0 ? ["its own law did not notice"] : []),
    ...(failed.length > 0 && !failed.some(({ kind }) => kind === "assertion")
      ? ["its own law failed, but by no assertion"]
      : []),
    ...failed.filter(({ kind }) => kind === "time-out" || kind === "crash").map((test) => `its own law: ${say(test)}`),
    ...complaints(others).filter((complaint) => complaint !== "no law was tested")
  ]
}

/** Which tests caught a saboteur. */
export const caughtBy = (law: number, { files }: Outcome): ReadonlyArray<Failed> =>
  files.flatMap((file) => (file.law === law ? file.failed.filter(({ kind }) => kind === "assertion") : []))
