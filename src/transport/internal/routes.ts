/**
 * From a target to a way there: command lines and commands become child processes.
 *
 * A string is split into words by POSIX quoting, never through a shell. What was learned about a server's era is kept
 * in memory for an hour, by command, arguments, directory and the names of its variables.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CommandLine from "effect/process/CommandLine"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { type Command, McpConnector, type Route, type Target, TransportError } from "../McpTransport.ts"
import { spawn } from "./child.ts"

const VERDICT_TTL = 60 * 60 * 1000

const isUrl = (target: string | URL): boolean => target instanceof URL || /^https?:\/\//i.test(target)

const parse = (line: string): Result.Result<Command, TransportError> => {
  const words = CommandLine.template(Object.assign([line], { raw: [line] }))
  if (Result.isFailure(words)) {
    return Result.fail(
      new TransportError({
        detail:
          `The command line ${JSON.stringify(line)} cannot be split: ${words.failure.message}; ` +
          "give { command, args } instead"
      })
    )
  }
  const [command, ...args] = words.success.map((word) => (typeof word === "string" ? word : Redacted.value(word)))
  return command === undefined
    ? Result.fail(new TransportError({ detail: "The command line is empty" }))
    : Result.succeed({ command, args })
}

const keyOf = ({ args, command, cwd, env }: Command): string =>
  JSON.stringify([command, args ?? [], cwd ?? "", Object.keys(env ?? {}).sort()])

export const layerRoutes = (environment: {
  readonly [name: string]: string | undefined
}): Layer.Layer<McpConnector, never, ChildProcessSpawner> =>
  Layer.effect(
    McpConnector,
    Effect.gen(function* () {
      const spawner = yield* ChildProcessSpawner
      const verdicts = new Map<string, { readonly era: string; readonly until: number }>()

      const routeOf = (command: Command): Route => {
        const key = keyOf(command)
        return {
          // without the arguments: they may be long, and secret
          name: `"${command.command}"`,
          authContext: "stdio",
          open: Effect.provideService(
            Effect.map(spawn(command, environment), ({ transport }) => transport),
            ChildProcessSpawner,
            spawner
          ),
          verdict: {
            read: Effect.map(Clock.currentTimeMillis, (now) => {
              const verdict = verdicts.get(key)
              return verdict !== undefined && verdict.until > now ? verdict.era : undefined
            }),
            write: (era) =>
              Effect.map(Clock.currentTimeMillis, (now) => {
                verdicts.set(key, { era, until: now + VERDICT_TTL })
              })
          }
        }
      }

      return McpConnector.of({
        route: (target: Target) => {
          if (typeof target !== "string" && !(target instanceof URL)) return Effect.succeed(routeOf(target))
          if (isUrl(target)) {
            return Effect.fail(
              new TransportError({ detail: `There is no HTTP transport yet, so ${String(target)} cannot be reached` })
            )
          }
          return Effect.fromResult(Result.map(parse(String(target)), routeOf))
        }
      })
    })
  )
