/**
 * Stdout for the protocol alone.
 *
 * While the Layer lives, `process.stdout.write`, and with it `console.log`, writes to stderr; the real stdout is kept for
 * the `Stdio` service that this Layer provides. A chunk has been written before the next one is asked for, so what
 * gathers meanwhile leaves together. Child processes that inherit descriptor 1 are out of its reach.
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

const sinkOf = (stdout: NodeJS.WriteStream, write: Write): Sink.Sink<void, string | Uint8Array, never, PlatformError> =>
  Sink.forEach((chunk: string | Uint8Array) =>
    Effect.callback<void, PlatformError>((resume) => {
      write.call(stdout, chunk, undefined, (error) => resume(error ? Effect.fail(failed(error)) : Effect.void))
    })
  )

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
