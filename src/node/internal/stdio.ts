/**
 * Stdout for the protocol alone.
 *
 * While the Layer lives, `process.stdout.write`, and with it `console.log`, writes to stderr; the real stdout is kept for
 * the `Stdio` service that this Layer provides. Child processes that inherit descriptor 1 are out of its reach.
 */
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type PlatformError, systemError } from "effect/PlatformError"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"

type Write = typeof process.stdout.write

const reserve = Effect.acquireRelease(
  Effect.sync(() => {
    const { stdout } = process
    const write: Write = stdout.write
    // a reader that is gone is reported by the write itself
    const ignore = () => {}
    stdout.on("error", ignore)
    stdout.write = process.stderr.write.bind(process.stderr)
    return { stdout, write, ignore }
  }),
  ({ ignore, stdout, write }) =>
    Effect.sync(() => {
      stdout.write = write
      stdout.off("error", ignore)
    })
)

const failed = (cause: unknown) => systemError({ module: "Stdio", method: "stdout", _tag: "Unknown", cause })

/** Writes without waiting as long as stdout takes it, then waits for its drain; a reader that is gone fails the next. */
const sinkOf = (
  stdout: NodeJS.WriteStream,
  write: Write
): Sink.Sink<void, string | Uint8Array, never, PlatformError> => {
  let broken: Error | undefined
  const written = (error: Error | null | undefined) => {
    broken ??= error ?? undefined
  }
  const drained = Effect.callback<void, PlatformError>((resume) => {
    const done = () => {
      for (const event of ["drain", "error", "close"]) stdout.off(event, done)
      resume(broken === undefined ? Effect.void : Effect.fail(failed(broken)))
    }
    for (const event of ["drain", "error", "close"]) stdout.on(event, done)
    return Effect.sync(() => {
      for (const event of ["drain", "error", "close"]) stdout.off(event, done)
    })
  })
  return Sink.forEach((chunk: string | Uint8Array) =>
    Effect.suspend(() => {
      if (broken !== undefined) return Effect.fail(failed(broken))
      return write.call(stdout, chunk, undefined, written) ? Effect.void : drained
    })
  )
}

/** Effect's `Stdio`, with the real stdout. */
export const layerReserved: Layer.Layer<Stdio.Stdio> = /* @__PURE__ */ Layer.provide(
  /* @__PURE__ */ Layer.effect(
    Stdio.Stdio,
    /* @__PURE__ */ Effect.gen(function* () {
      const stdio = yield* Stdio.Stdio
      const { stdout, write } = yield* reserve
      return { ...stdio, stdout: () => sinkOf(stdout, write) }
    })
  ),
  NodeStdio.layer
)
