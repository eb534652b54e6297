/**
 * Stdout for the protocol alone.
 *
 * While the Layer lives, `process.stdout.write`, and with it `console.log`, writes to stderr; the real stdout is kept for
 * the `Stdio` service that this Layer provides. Child processes that inherit descriptor 1 are out of its reach.
 */
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { systemError } from "effect/PlatformError"
import * as Stdio from "effect/Stdio"
import { Writable } from "node:stream"

type Write = typeof process.stdout.write

const reserve = Effect.acquireRelease(
  Effect.sync(() => {
    const { stdout } = process
    const write: Write = stdout.write
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

const failed = (method: string) => (cause: unknown) => systemError({ module: "Stdio", method, _tag: "Unknown", cause })

/** Effect's `Stdio`, with the real stdout. */
export const layerReserved: Layer.Layer<Stdio.Stdio> = Layer.effect(
  Stdio.Stdio,
  Effect.map(reserve, ({ stdout, write }) =>
    Stdio.make({
      args: Effect.sync(() => process.argv.slice(2)),
      stdin: NodeStream.fromReadable({
        evaluate: () => process.stdin,
        onError: failed("stdin"),
        closeOnDone: false
      }),
      stdout: () =>
        NodeSink.fromWritable({
          evaluate: () =>
            new Writable({
              decodeStrings: false,
              write: (chunk: string | Uint8Array, encoding, callback) => {
                write.call(stdout, chunk, encoding, callback)
              }
            }),
          onError: failed("stdout"),
          endOnDone: true
        }),
      stderr: () =>
        NodeSink.fromWritable({ evaluate: () => process.stderr, onError: failed("stderr"), endOnDone: false })
    })
  )
)
