/**
 * Our server with much to offer, measured as `large-load.ts` says, with default settings. It is served by `launch` on a
 * transport whose other end takes and gives text.
 */
import { Effect, Layer, Queue, Schema, Sink, Stream } from "effect"
import { JsonRpc, McpPrompt, McpResource, McpServer, McpTransport } from "mcp-effect"
import { Add, Echo, makeFillers } from "./definitions.ts"
import { measure, type Served, type Size } from "./large-load.ts"
import { documents, summaries, SUMMARY, TONES } from "./tools.ts"

const makeApp = ({ prompts, resources, tools }: Size) =>
  Layer.mergeAll(
    Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b })),
    Echo.toLayer(({ payload }) => Effect.succeed(payload)),
    ...makeFillers(tools).map((tool) => tool.toLayer(({ query }) => Effect.succeed({ total: 1, titles: [query] }))),
    ...documents(resources).map(({ description, name, text, uri }) =>
      McpResource.make(uri, { name, description, mimeType: "text/plain" }).toLayer(Effect.succeed(text))
    ),
    ...summaries(prompts).map(({ description, name }) =>
      McpPrompt.make(name, {
        description,
        parameters: {
          topic: Schema.String.annotate({ description: SUMMARY.topic }),
          tone: Schema.optionalKey(Schema.Literals(TONES).annotate({ description: SUMMARY.tone }))
        }
      }).toLayer(({ topic }) => Effect.succeed(topic))
    )
  ).pipe(Layer.provide(McpServer.layer({ name: "bench", version: "1.0.0" })))

const via: McpTransport.Exchange = {
  headers: undefined,
  principal: McpTransport.anonymous,
  features: {
    headers: false,
    push: true,
    interim: true,
    serverRequests: true,
    resumable: false,
    disconnectCancels: true
  },
  own: false
}

const build = async (size: Size): Promise<Served> => {
  const input = Effect.runSync(Queue.unbounded<McpTransport.Inbound>())
  let answered: (text: string) => void = () => {}
  const transport: McpTransport.McpTransport = {
    features: via.features,
    incoming: Stream.fromQueue(input),
    outgoing: Sink.forEach(({ kind, text }: McpTransport.Outbound) =>
      Effect.sync(() => {
        if (kind === "reply") answered(text)
      })
    )
  }
  const source = Layer.succeed(McpTransport.McpListenerSource, { listen: (acceptor) => acceptor.run(transport) })
  Effect.runFork(Effect.provide(McpServer.launch(makeApp(size)), source))
  const tell = (text: string): void => {
    Queue.offerUnsafe(input, { message: JsonRpc.decode(text), size: text.length, via })
  }
  return {
    tell,
    ask: (text) =>
      new Promise((resolve) => {
        answered = resolve
        tell(text)
      })
  }
}

await measure(build)
