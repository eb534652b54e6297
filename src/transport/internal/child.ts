/**
 * A server as a child process: how it is started, watched and ended.
 *
 * The only module that uses Effect's process API. The child leads its own process group. Its stdin is closed by the end
 * of the outgoing sink; then it has `childExit` to leave by itself, `childTerm` after TERM, and is killed. When it
 * leaves early, the incoming stream fails with its exit code and the tail of its stderr.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { PlatformError } from "effect/PlatformError"
import * as ChildProcess from "effect/process/ChildProcess"
import type { ChildProcessHandle, ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { McpLimits } from "../McpLimits.ts"
import { type Command, type McpTransport, TransportError } from "../McpTransport.ts"
import type { Child } from "../McpCommand.ts"
import { lines } from "./lines.ts"

export const inheritedVariables: ReadonlyArray<string> = [
  // POSIX
  "HOME",
  "LANG",
  "LC_ALL",
  "LOGNAME",
  "PATH",
  "SHELL",
  "TERM",
  "TMPDIR",
  "TZ",
  "USER",
  // Windows
  "APPDATA",
  "COMSPEC",
  "HOMEDRIVE",
  "HOMEPATH",
  "LOCALAPPDATA",
  "NUMBER_OF_PROCESSORS",
  "PATHEXT",
  "PROCESSOR_ARCHITECTURE",
  "PROGRAMDATA",
  "PROGRAMFILES",
  "SYSTEMDRIVE",
  "SYSTEMROOT",
  "TEMP",
  "TMP",
  "USERNAME",
  "USERPROFILE",
  "WINDIR"
]

type Variables = { readonly [name: string]: string | undefined }

const variablesOf = (command: Command, environment: Variables): { [name: string]: string } => {
  const variables: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && inheritedVariables.includes(name.toUpperCase())) variables[name] = value
  }
  return { ...variables, ...command.env }
}

/** Lines of stderr that are kept to explain an early exit. */
const TAIL = 20

/** How long an exit code may come after the end of stdout. */
const EXIT_CODE_WAIT = "1 second"

class Tail {
  readonly #lines: Array<string> = []

  add(line: string): void {
    this.#lines.push(line.slice(0, 500))
    if (this.#lines.length > TAIL) this.#lines.shift()
  }

  toString(): string {
    return this.#lines.length === 0 ? "" : `; the last lines of its stderr:\n${this.#lines.join("\n")}`
  }
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

export const spawn = Effect.fnUntraced(function* (
  command: Command,
  environment: Variables
): Effect.fn.Return<Child, TransportError, Scope.Scope | ChildProcessSpawner> {
  const limits = yield* McpLimits
  const failed = (cause: unknown) =>
    Effect.fail(
      new TransportError({
        detail: `"${command.command}" could not be started: ${reasonOf(cause)}`,
        cause
      })
    )
  const handle = yield* ChildProcess.make(command.command, command.args ?? [], {
    cwd: command.cwd,
    env: variablesOf(command, environment),
    extendEnv: false,
    killSignal: "SIGTERM",
    forceKillAfter: limits.childTerm
  }).pipe(
    Effect.catch(failed),
    // some refusals of the system (arguments too long) are thrown
    Effect.catchDefect(failed)
  )

  const tail = new Tail()
  const stderr = yield* PubSub.sliding<string>({ capacity: limits.buffer, replay: TAIL })
  const reader = yield* Effect.forkScoped(
    Stream.runForEach(Stream.splitLines(Stream.decodeText(handle.stderr)), (line) => {
      tail.add(line)
      return PubSub.publish(stderr, line)
    })
  )

  // stderr is read until the end of this wait: a child that cannot write there cannot leave
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeoutOption(handle.exitCode, limits.childExit)))
  const pipe = lines({
    readable: handle.stdout,
    writable: textSink(handle),
    maxBytes: limits.messageIn
  })
  return {
    pid: handle.pid,
    stderr: Stream.fromPubSub(stderr),
    transport: explained(pipe, (otherwise) => ended(handle, command, tail, Fiber.await(reader), otherwise))
  }
})

const textSink = (handle: ChildProcessHandle): Sink.Sink<void, string, never, PlatformError> => {
  const encoder = new TextEncoder()
  return Sink.mapInput(handle.stdin, (text: string) => encoder.encode(text))
}

/** How the server ended, once it has: its exit code, and what it said last. */
const ended = (
  handle: ChildProcessHandle,
  { command }: Command,
  tail: Tail,
  endOfStderr: Effect.Effect<unknown>,
  otherwise: string
): Effect.Effect<never, TransportError> =>
  Effect.gen(function* () {
    const exit = yield* Effect.timeoutOption(Effect.result(handle.exitCode), EXIT_CODE_WAIT)
    yield* Effect.timeoutOption(endOfStderr, EXIT_CODE_WAIT)
    const how =
      exit._tag === "None"
        ? otherwise
        : exit.value._tag === "Success"
          ? `exited with code ${exit.value.success}`
          : "was ended by a signal"
    return yield* new TransportError({ detail: `The server process "${command}" ${how}${tail}` })
  })

/** The end of either pipe is the end of the server: say how it ended. */
const explained = (
  pipe: McpTransport,
  how: (otherwise: string) => Effect.Effect<never, TransportError>
): McpTransport => ({
  ...pipe,
  incoming: Stream.concat(pipe.incoming, Stream.fromEffectDrain(how("closed its stdout"))),
  outgoing: Sink.catch(pipe.outgoing, () => how("closed its stdin"))
})
