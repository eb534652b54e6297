/**
 * The whole server over HTTP under observation: served in this process, on a socket of its own, in one of its modes.
 */
import { Deferred, Effect, Layer, Logger, type Scope } from "effect"
import { McpLimits, McpServer } from "mcp-effect"
import * as EventStore from "mcp-effect/EventStore"
import { McpNode } from "mcp-effect/node"
import { join } from "node:path"
import { directory } from "../../transport/support/children.ts"
import { whole } from "../fixtures/wholeApp.ts"
import { Wire } from "./httpWire.ts"
import { type Message, Rig } from "./rig.ts"

/** How the server serves. */
export interface Mode {
  readonly sessions: "stateful" | "stateless"
  readonly response: "auto" | "sse" | "json"
  /** Streams are kept. */
  readonly events: boolean
}

/** As `Rig`, with what the clients' `fetch` has seen in place of a pipe. */
export class HttpRig extends Rig {
  readonly url: URL
  readonly wire = new Wire()

  constructor(place: string, url: string) {
    super(place, [], false)
    this.url = new URL(url)
  }

  override sent(from: "client" | "server"): ReadonlyArray<Message> {
    return from === "server"
      ? this.wire.said.map(({ message }) => message)
      : this.wire.exchanges.flatMap(({ message }) => message ?? [])
  }
}

/** The handlers of this process write into a journal of this place. */
const journalIn = (place: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => void (process.env["JOURNAL"] = join(place, "journal"))),
    () => Effect.sync(() => void delete process.env["JOURNAL"])
  )

/** Connections that the clients keep for later are not waited for at the end. */
const brief = Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, lastWords: "50 millis" })

/** A server in a mode, of some revisions or of all, while the scope is open. Only one at a time has the journal. */
export const httpRig = (
  { events, ...options }: Mode,
  revisions?: ReadonlyArray<string>
): Effect.Effect<HttpRig, never, Scope.Scope> =>
  Effect.gen(function* () {
    const place = yield* directory
    yield* journalIn(place)
    const listening = yield* Deferred.make<string>()
    const socket = McpNode.layerHttp({ ...options, port: 0, onListening: (url) => Deferred.succeed(listening, url) })
    const app = events ? Layer.provide(whole(revisions), EventStore.layerMemory) : whole(revisions)
    // what its tools break with is told to nobody here
    const quiet = Layer.merge(Logger.layer([]), brief)
    yield* Layer.build(McpServer.serve(app).pipe(Layer.provide(socket), Layer.provide(quiet), Layer.orDie))
    return new HttpRig(place, yield* Deferred.await(listening))
  })
