/**
 * `server-everything` over Streamable HTTP, as a process, at a port that was free a moment ago.
 */
import { Effect, Schedule, type Scope } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { within } from "../../transport/support/eventually.ts"
import { listening, urlOf } from "../../transport/support/httpPeer.ts"

export const everything = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"))

const freeUrl = Effect.scoped(
  Effect.map(
    listening(() => {}),
    urlOf
  )
)

export const everythingHttp: Effect.Effect<URL, never, Scope.Scope> = Effect.gen(function* () {
  const url = new URL(yield* freeUrl)
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [everything, "streamableHttp"], {
        env: { ...process.env, PORT: url.port },
        stdio: "ignore"
      })
    ),
    (child) =>
      Effect.callback<void>((resume) => {
        child.on("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )
  const up = Effect.tryPromise(() => fetch(url, { method: "GET" }))
  yield* within("its start", Effect.orDie(Effect.retry(up, Schedule.spaced("50 millis"))))
  return url
})
