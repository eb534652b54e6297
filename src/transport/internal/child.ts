/**
 * A server as a child process: how it is started, watched and ended.
 *
 * The only module that uses Effect's process API. The child leads its own process group. Its stdin is closed by the end
 * of the outgoing sink; then it has `childExit` to leave by itself, `childTerm` after TERM, and is killed. When it
 * leaves early, the incoming stream fails with its exit code and the tail of its stderr.
 */
import * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import * as ChildProcess from "effect/process/ChildProcess"
import type { ChildProcessHandle, ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { McpLimits } from "../McpLimits.ts"
import { type Command, type Inbound, type McpTransport, TransportError } from "../McpTransport.ts"
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

export const spawn = Effect.fnUntraced(function* (
  command: Command,
  environment: Variables
): Effect.fn.Return<Child, TransportError, Scope.Scope | ChildProcessSpawner> {
  const limits = yield* McpLimits
  const handle = yield* Effect.mapError(
    ChildProcess.make(command.command, command.args ?? [], {
      cwd: command.cwd,
      env: variablesOf(command, environment),
      extendEnv: false,
      killSignal: "SIGTERM",
      forceKillAfter: limits.childTerm
    }),
    (cause) => new TransportError({ detail: `"${command.command}" could not be started: ${cause.message}`, cause })
  )

  const tail = new Tail()
  const stderr = yield* PubSub.sliding<string>({ capacity: 1024, replay: TAIL })
  yield* Effect.forkScoped(
    Stream.runForEach(Stream.splitLines(Stream.decodeText(handle.stderr)), (line) => {
      tail.add(line)
      return PubSub.publish(stderr, line)
    })
  )

  // stderr is read until the end of this wait: a child that cannot write there cannot leave
  yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeoutOption(handle.exitCode, limits.childExit)))
  const pipe = lines({ readable: handle.stdout, writable: textSink(handle), maxBytes: limits.messageIn })
  return {
    pid: handle.pid,
    stderr: Stream.fromPubSub(stderr),
    transport: { ...pipe, incoming: explained(pipe, handle, command, tail) }
  }
})

const textSink = (handle: ChildProcessHandle): Sink.Sink<void, string, never, PlatformError> => {
  const encoder = new TextEncoder()
  return Sink.mapInput(handle.stdin, (text: string) => encoder.encode(text))
}

/** The end of stdout is the end of the server: say how it ended. */
const explained = (
  pipe: McpTransport,
  handle: ChildProcessHandle,
  command: Command,
  tail: Tail
): Stream.Stream<Inbound, TransportError> =>
  Stream.concat(
    pipe.incoming,
    Stream.fromEffectDrain(
      Effect.flatMap(Effect.timeoutOption(Effect.result(handle.exitCode), EXIT_CODE_WAIT), (ended) =>
        Effect.suspend(() => {
          const how =
            ended._tag === "None"
              ? "closed its stdout"
              : ended.value._tag === "Success"
                ? `exited with code ${ended.value.success}`
                : "was ended by a signal"
          return Effect.fail(new TransportError({ detail: `The server process "${command.command}" ${how}${tail}` }))
        })
      )
    )
  )
