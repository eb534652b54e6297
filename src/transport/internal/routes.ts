/**
 * From a target to a way there: command lines and commands become child processes, URLs are somebody else's.
 *
 * A string is split into words by POSIX quoting, never through a shell. What was learned about a server's era is kept
 * in memory for an hour, by command, arguments, directory and the names of its variables.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CommandLine from "effect/process/CommandLine"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { type Command, McpConnector, type Route, type Target, TransportError } from "../McpTransport.ts"
import { spawn } from "./child.ts"
import { Verdicts } from "./verdicts.ts"

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

const noUrls: Effect.Effect<McpConnector["Service"], TransportError> = Effect.fail(
  new TransportError({ detail: "This connector reaches commands only; McpHttpClient.layer reaches URLs" })
)

/** Who reaches commands; `urls` gives who reaches URLs, and is asked when the first one is to be reached. */
export const layerRoutes = (
  environment: { readonly [name: string]: string | undefined },
  urls: Effect.Effect<McpConnector["Service"], TransportError> = noUrls
): Layer.Layer<McpConnector, never, ChildProcessSpawner> =>
  Layer.effect(
    McpConnector,
    Effect.gen(function* () {
      const spawner = yield* ChildProcessSpawner
      const verdicts = new Verdicts()

      const routeOf = (command: Command): Route => ({
        // without the arguments: they may be long, and secret
        name: `"${command.command}"`,
        authContext: "stdio",
        open: Effect.provideService(
          Effect.map(spawn(command, environment), ({ transport }) => transport),
          ChildProcessSpawner,
          spawner
        ),
        verdict: verdicts.of(keyOf(command))
      })

      return McpConnector.of({
        route: (target: Target) => {
          if (typeof target !== "string" && !(target instanceof URL)) return Effect.succeed(routeOf(target))
          if (isUrl(target)) return Effect.flatMap(urls, (connector) => connector.route(target))
          return Effect.fromResult(Result.map(parse(String(target)), routeOf))
        }
      })
    })
  )
