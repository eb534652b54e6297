/**
 * A server process that writes to stdout in every way a program or its dependencies would, besides answering.
 *
 * Law 12 runs it as a child: whatever it says is noise but for the protocol. It also tells its environment. Every line of
 * noise begins with NOISE and the text that the caller gave.
 */
import { Console, Effect, Layer, Schema } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { Console as NodeConsole } from "node:console"
import { Readable } from "node:stream"

const bytes = (text: string) => new TextEncoder().encode(text)

const written = (text: string | Uint8Array) =>
  Effect.callback<void>((resume) => void process.stdout.write(text, () => resume(Effect.void)))

const noises: { readonly [kind: string]: (text: string) => Effect.Effect<void> } = {
  "console.log": (text) => Effect.sync(() => console.log(text)),
  "console.info": (text) => Effect.sync(() => console.info(text)),
  "console.dir": (text) => Effect.sync(() => console.dir({ text })),
  "console.table": (text) => Effect.sync(() => console.table([text])),
  "console.error": (text) => Effect.sync(() => console.error(text)),
  "new Console": (text) => Effect.sync(() => new NodeConsole(process.stdout).log(text)),
  "stdout.write": (text) => Effect.sync(() => void process.stdout.write(`${text}\n`)),
  "stdout.write half a line": (text) => Effect.sync(() => void process.stdout.write(text)),
  "stdout.write bytes": (text) => Effect.sync(() => void process.stdout.write(bytes(`${text}\n`))),
  "stdout.write and wait": (text) => Effect.andThen(written(`${text}\n`), written(bytes(`${text}\n`))),
  "stdout.write a message": (text) =>
    Effect.sync(
      () => void process.stdout.write(`{"jsonrpc":"2.0","id":0,"result":{"text":${JSON.stringify(text)}}}\n`)
    ),
  pipe: (text) => Effect.sync(() => void Readable.from([`${text}\n`]).pipe(process.stdout, { end: false })),
  "Effect.log": (text) => Effect.log(text),
  "Effect.logError": (text) => Effect.logError(text),
  "Effect Console": (text) => Console.log(text),
  "import of a module that logs": (text) =>
    Effect.asVoid(
      Effect.promise(() => import(`data:text/javascript,console.log(${encodeURIComponent(JSON.stringify(text))})`))
    ),
  "a timer": (text) => Effect.sync(() => void setTimeout(() => console.log(text), 1)),
  "a defect": (text) => Effect.die(new Error(text))
}

const Noise = McpTool.make("noise", { parameters: { kind: Schema.String, text: Schema.String } })
const Environment = McpTool.make("environment", { success: Schema.Struct({ variables: Schema.Unknown }) })

const Tools = Layer.mergeAll(
  Noise.toLayer(({ kind, text }) =>
    kind === "kinds"
      ? Effect.succeed(JSON.stringify(Object.keys(noises)))
      : Effect.as(noises[kind]!(`NOISE ${text}`), "done")
  ),
  Environment.toLayer(() => Effect.sync(() => ({ variables: { ...process.env } })))
)
const Building = Layer.effectDiscard(
  Effect.andThen(
    Effect.sync(() => console.log("NOISE while building")),
    Effect.addFinalizer(() => Effect.sync(() => console.log("NOISE while ending")))
  )
)

Layer.provide(Layer.merge(Tools, Building), McpServer.layer({ name: "noisy", version: "1.0.0" })).pipe(McpNode.runStdio)

console.log("NOISE after runStdio")
