/**
 * A post office: a counter that knows its session, and a parcel that takes so long that the caller hangs up and comes back
 * for the answer.
 */
import { Deferred, Effect, Layer, Schema } from "effect"
import { McpRequest, McpServer, McpTool } from "mcp-effect"

export const Ask = McpTool.make("ask", {
  success: Schema.Struct({ session: Schema.String, client: Schema.String })
})
export const Send = McpTool.make("send", { parameters: { to: Schema.String } })
export const Deliver = McpTool.make("deliver", { parameters: { to: Schema.String } })

const AskLive = Ask.toLayer(() =>
  Effect.map(McpRequest, ({ client, session = "none" }) => ({ session, client: client.info?.name ?? "unknown" }))
)

/** Parcels that are on their way, until they are delivered. */
const parcels = new Map<string, Deferred.Deferred<void>>()

const parcelTo = (to: string): Deferred.Deferred<void> => {
  const parcel = parcels.get(to) ?? Deferred.makeUnsafe<void>()
  parcels.set(to, parcel)
  return parcel
}

const SendLive = Send.toLayer(
  Effect.fnUntraced(function* ({ to }) {
    // from here on the client need not hold the line
    yield* (yield* McpRequest).detach
    yield* Deferred.await(parcelTo(to))
    return `${to} has signed for it`
  })
)

const DeliverLive = Deliver.toLayer(({ to }) => Effect.as(Deferred.succeed(parcelTo(to), undefined), "delivered"))

export const app = Layer.mergeAll(AskLive, SendLive, DeliverLive).pipe(
  Layer.provide(McpServer.layer({ name: "post office", version: "1.0.0" }))
)
