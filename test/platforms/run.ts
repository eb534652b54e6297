/**
 * Runs the suite of `suite/` on Node, Bun, Deno and workerd, from the packed package, and compares.
 *
 * `npm run platforms` packs the sources; `npm run platforms -- some.tgz` takes that tarball instead. Each platform
 * has a folder of its own, and they share one server on Node, which their clients reach by a socket.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Data, Duration, Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { consumers } from "./packed.ts"
import { type Command, type Platform, platforms } from "./platforms.ts"
import type { Here } from "./suite/harness.ts"
import { problems, read, type Said, table } from "./verdict.ts"

class Ended extends Data.TaggedError("Ended")<{ readonly message: string }> {}

/** Runs a program to its end; gives what it has printed. */
const output = ({ args, file }: Command, cwd: string): Effect.Effect<string, Ended> =>
  Effect.callback<string, Ended>((resume) => {
    const env = { PATH: process.env["PATH"], HOME: cwd, NO_COLOR: "1" }
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    let [out, err] = ["", ""]
    child.stdout.on("data", (chunk) => (out += String(chunk)))
    child.stderr.on("data", (chunk) => (err += String(chunk)))
    child.on("error", (error) => resume(Effect.fail(new Ended({ message: String(error) }))))
    child.on("close", (code) => {
      const message = `${file} ${args.join(" ")} ended with ${code}\n${out.slice(-2000)}\n${err.slice(-4000)}`
      resume(code === 0 ? Effect.succeed(out) : Effect.fail(new Ended({ message })))
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  }).pipe(
    Effect.timeoutOrElse({
      duration: "2 minutes",
      orElse: () => Effect.fail(new Ended({ message: `${file} ${args.join(" ")} did not end` }))
    })
  )

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? ""

/** The server for the clients of all platforms, until the scope closes; gives where it listens. */
const server = (folder: string) =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, ["suite/server.ts"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    return yield* Effect.callback<URL, Ended>((resume) => {
      let printed = ""
      const onData = (chunk: unknown) => {
        printed += String(chunk)
        const url = /http:\/\/[\w.:]+\/mcp\b/.exec(printed)?.[0]
        if (url !== undefined) resume(Effect.succeed(new URL(url)))
      }
      child.stdout.on("data", onData)
      child.stderr.on("data", onData)
      child.on("close", () => resume(Effect.fail(new Ended({ message: `The server ended:\n${printed}` }))))
    })
  })

/** Runs the suite on a platform, in a folder of its own. */
const said = Effect.fnUntraced(function* (platform: Platform, folder: string, url: URL) {
  const [line = ""] = (yield* output(platform.version, folder)).split("\n")
  const version = /\d\S*/.exec(line)?.[0] ?? line
  const here: Here = { platform: platform.name, url: url.href }
  writeFileSync(join(folder, "suite", "here.ts"), `export const here = ${JSON.stringify(here)}\n`)
  const command = yield* Effect.promise(() => platform.command(folder, url))
  const [duration, outcomes] = yield* Effect.timed(
    Effect.flatMap(output(command, folder), (text) => read(lastLine(text)))
  )
  const all: Said = { platform: platform.name, version, outcomes, seconds: Duration.toSeconds(duration) }
  return all
})

const main = Effect.gen(function* () {
  const work = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-effect-platforms-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const [tarball] = process.argv.slice(2)
  const install = consumers(work, tarball === undefined ? undefined : resolve(tarball))
  const url = yield* server(install("server", ["effect", "@effect/platform-node"]))
  const all = yield* Effect.forEach(
    platforms(),
    (platform) => said(platform, install(platform.name, ["effect"]), url),
    { concurrency: 2 }
  )
  yield* Console.log(table(all))
  const wrong = problems(all)
  for (const problem of wrong) yield* Console.error(problem)
  process.exitCode = wrong.length === 0 ? 0 : 1
})

NodeRuntime.runMain(Effect.scoped(main))
