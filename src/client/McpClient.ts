/**
 * A client: a connection to one server, and its methods as Effects with typed errors.
 *
 * `connect` starts or reaches a server and agrees with it on a revision; the connection lives as long as its Scope, and
 * closing that fails what waits with `Closed` and ends a child process with its whole group. Interrupting a call cancels
 * it at the server. What a call is on the wire, `internal/` knows.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Peer from "../peer/Peer.ts"
import type * as McpContent from "../protocol/McpContent.ts"
import type { Definition } from "../protocol/McpDefinition.ts"
import type { Notification, Payload, Request } from "../protocol/McpMethod.ts"
import { type McpError, Timeout, Undecodable, Unsupported } from "../protocol/McpError.ts"
import type { ClientCapabilities, Implementation, JsonObject, ServerCapabilities } from "../protocol/McpSchema.ts"
import { Discover } from "../protocol/methods/discover.ts"
import { LoggingMessage, type LoggingMessageNotificationParams } from "../protocol/methods/logging.ts"
import { Ping } from "../protocol/methods/ping.ts"
import { ListTools, type ListToolsResult } from "../protocol/methods/tools.ts"
import { dialect } from "../protocol/McpRevision.ts"
import * as revisions from "../protocol/revisions/index.ts"
import { McpLimits } from "../transport/McpLimits.ts"
import {
  gate,
  loopback,
  McpConnector,
  McpListener,
  type McpTransport,
  type Route,
  type Target
} from "../transport/McpTransport.ts"
import type * as JsonRpc from "../wire/JsonRpc.ts"
import { call, callTool } from "./internal/callTool.ts"
import { makeDispatch } from "./internal/dispatch.ts"
import { fromTransport, mcpError } from "./internal/errors.ts"
import { type CallOptions, Link } from "./internal/link.ts"
import { notify, request } from "./internal/methods.ts"
import { type Agreement, type Identity, initialize, pinned, probed } from "./internal/negotiate.ts"

export type { CallOptions } from "./internal/link.ts"

/** The input argument of a call: it may be left out when every field is optional. */
export type InputArgs<Input> = {} extends Input
  ? [input?: Input, options?: CallOptions]
  : [input: Input, options?: CallOptions]

export interface Service {
  /** The date of the protocol revision that both sides speak. */
  readonly revision: string
  /** What the server says of itself; modern servers may say nothing. */
  readonly serverInfo: Implementation | undefined
  readonly capabilities: ServerCapabilities
  /** How to use the server, for the model. */
  readonly instructions: string | undefined
  /** Log messages of the server, from now on. */
  readonly logs: Stream.Stream<LoggingMessageNotificationParams>
  /**
   * Calls a tool by its definition: the input is encoded, the success decoded. Fails with the declared failure, decoded,
   * or with `McpError`.
   */
  call<
    Name extends string,
    Parameters extends Schema.Constraint,
    Success extends Schema.Constraint,
    Failure extends Schema.Constraint
  >(
    tool: Definition<Name, Parameters, Success, Failure>,
    ...input: InputArgs<Parameters["~type.make.in"]>
  ): Effect.Effect<
    Success["Type"],
    Failure["Type"] | McpError,
    Parameters["EncodingServices"] | Success["DecodingServices"] | Failure["DecodingServices"]
  >
  /** Calls a tool by its name. The result is as the server sent it; an error result is a result. */
  callTool(name: string, args?: JsonObject, options?: CallOptions): Effect.Effect<McpContent.Result, McpError>
  /** One page of the server's tools. `cursor` is the `nextCursor` of the page before. */
  listTools(options?: CallOptions & { readonly cursor?: string | undefined }): Effect.Effect<ListToolsResult, McpError>
  /**
   * Sends any request: a method of the specification (`mcp-effect/methods/*`) or one of one's own. The result is checked
   * by the agreed revision, what is one's own by its schema.
   */
  request<Name extends string, Params extends Payload, Result extends Payload>(
    method: Request<Name, Params, Result>,
    ...params: InputArgs<Params["Type"]>
  ): Effect.Effect<Result["Type"], McpError>
  /** Sends a notification, of the specification or one's own. */
  notify<Name extends string, Params extends Payload>(
    notification: Notification<Name, Params>,
    ...params: InputArgs<Params["Type"]>
  ): Effect.Effect<void, McpError>
  /** Every notification of the server, as it came, from now on. The oldest are dropped when nobody reads them. */
  readonly notifications: Stream.Stream<JsonRpc.Notification>
  /** Asks whether the server is there: `ping`, in modern revisions `server/discover`. */
  ping(options?: CallOptions): Effect.Effect<void, McpError>
}

/** A connected server as a service. */
export class McpClient extends Context.Service<McpClient, Service>()("mcp-effect/client/McpClient") {}

export interface ConnectOptions {
  /** What the server is told of this client. Default: this library's name. */
  readonly clientInfo?: Implementation | undefined
  /** The date of the revision to speak, or `auto`: find out, modern first. Default: `auto`. */
  readonly revision?: string | undefined
  /** How long connecting may take. Default: `McpLimits.startUp`. */
  readonly startUpTimeout?: Duration.Input | undefined
}

const defaultInfo: Implementation = { name: "mcp-effect", version: "0.1.0" }

/** Opens the peer over a transport and agrees on a revision. */
const open = Effect.fnUntraced(function* (transport: McpTransport, agree: Agree, identity: Identity) {
  const context = yield* Effect.context<never>()
  const limits = yield* McpLimits
  const logs = yield* PubSub.sliding<LoggingMessageNotificationParams>(limits.buffer)
  const notifications = yield* PubSub.sliding<JsonRpc.Notification>(limits.buffer)
  let link: Link | undefined
  const dispatch = makeDispatch(
    () => link?.revision,
    (message) => {
      PubSub.publishUnsafe(notifications, message)
      if (message.method !== LoggingMessage.name) return
      if ((link?.revision ?? revisions.latestModern).check(LoggingMessage.params, message.params) === undefined) {
        PubSub.publishUnsafe(logs, message.params as LoggingMessageNotificationParams)
      }
    },
    context
  )
  const core = Peer.make(dispatch, dialect, context)
  yield* Effect.forkScoped(
    Effect.ignore(
      Peer.run(core, transport, (conversation) => {
        link = new Link(conversation, limits, identity)
      })
    ),
    { startImmediately: true }
  )
  const agreement = yield* agree(link!, identity)
  const heard = { logs: Stream.fromPubSub(logs), notifications: Stream.fromPubSub(notifications) }
  return { service: serviceOf(link!, agreement, heard), agreement }
})

type Agree = (link: Link, identity: Identity) => Effect.Effect<Agreement, McpError>

const agreementOf = (options: ConnectOptions | undefined): Agree => {
  const wanted = options?.revision ?? "auto"
  if (wanted === "auto") return probed
  const revision = revisions.find(wanted)
  if (revision !== undefined) return (link, identity) => pinned(link, identity, revision)
  const known = revisions.revisions.map(({ version }) => version).join(", ")
  return () =>
    Effect.fail(
      mcpError(new Unsupported({ feature: `Protocol revision ${wanted}`, detail: `this client speaks ${known}` }))
    )
}

const serviceOf = (link: Link, agreement: Agreement, heard: Pick<Service, "logs" | "notifications">): Service => ({
  ...heard,
  revision: agreement.revision.version,
  serverInfo: agreement.serverInfo,
  capabilities: agreement.capabilities,
  instructions: agreement.instructions,
  call: (tool, ...[input, options]) => call(link, tool, input, options) as never,
  callTool: (name, args, options) => callTool(link, name, args, options),
  listTools: (options) => {
    const params = options?.cursor === undefined ? "" : `"cursor":${JSON.stringify(options.cursor)}`
    return Effect.flatMap(link.request(ListTools.name, params, options), (result) => {
      const problem = link.check(ListTools.result, result)
      return problem === undefined
        ? Effect.succeed(result as ListToolsResult)
        : Effect.fail(mcpError(new Undecodable({ method: ListTools.name, detail: problem })))
    })
  },
  request: (method, ...[params, options]) => request(link, method, params, options),
  notify: (notification, ...[params]) => notify(link, notification, params),
  ping: (options) =>
    Effect.asVoid(link.request(agreement.revision.era === "modern" ? Discover.name : Ping.name, "", options))
})

const connectTransport = (transport: McpTransport, options: ConnectOptions | undefined, agree: Agree) =>
  Effect.gen(function* () {
    const identity = { clientInfo: options?.clientInfo ?? defaultInfo, capabilities: {} satisfies ClientCapabilities }
    return yield* open(transport, agree, identity)
  })

const connectLayer = Effect.fnUntraced(function* <ROut, E, R>(
  app: Layer.Layer<ROut, E, R>,
  options: ConnectOptions | undefined
) {
  const [clientEnd, serverEnd] = yield* loopback
  const gated = yield* gate({ listen: (acceptor) => acceptor.run(serverEnd) })
  yield* Layer.build(Layer.provide(app, Layer.succeed(McpListener, gated.listener)))
  yield* Effect.addFinalizer(() => gated.drain)
  yield* gated.open
  return (yield* connectTransport(clientEnd, options, agreementOf(options))).service
})

/** Reaches a target: with what is known of its era, else by probing; one that exits when probed is started once more. */
const connectTarget = Effect.fnUntraced(function* (target: Target, options: ConnectOptions | undefined) {
  const connector = yield* McpConnector
  const route = yield* Effect.mapError(connector.route(target), (error) => fromTransport(error, String(target)))
  if (options?.revision !== undefined && options.revision !== "auto") {
    return (yield* connectRoute(route, options, agreementOf(options))).service
  }
  const known = yield* route.verdict.read
  if (known === "legacy") return (yield* connectRoute(route, options, initialize)).service
  return yield* Effect.catchReason(
    Effect.gen(function* () {
      const { agreement, service } = yield* connectRoute(route, options, probed)
      if (agreement.certain) yield* route.verdict.write(agreement.revision.era)
      return service
    }),
    "McpError",
    "Closed",
    () =>
      Effect.gen(function* () {
        const { service } = yield* connectRoute(route, options, initialize)
        yield* route.verdict.write("legacy")
        return service
      })
  )
})

const connectRoute = (route: Route, options: ConnectOptions | undefined, agree: Agree) =>
  attempt(
    Effect.flatMap(
      Effect.mapError(route.open, (error) => fromTransport(error, route.name)),
      (transport) => connectTransport(transport, options, agree)
    )
  )

/** What an attempt has opened is closed at once when it fails, not when the caller's scope ends. */
const attempt = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(yield* Effect.scope)
      return yield* Effect.onError(restore(Scope.provide(effect, scope)), (cause) =>
        Scope.close(scope, Exit.failCause(cause))
      )
    })
  )

const limited = <A, E, R>(effect: Effect.Effect<A, E, R>, options: ConnectOptions | undefined) =>
  Effect.gen(function* () {
    const { startUp } = yield* McpLimits
    const limit = options?.startUpTimeout ?? startUp
    return yield* Effect.timeoutOrElse(attempt(effect), {
      duration: limit,
      orElse: () =>
        Effect.fail(mcpError(new Timeout({ limit: "start-up", method: "connect", after: Duration.toMillis(limit) })))
    })
  })

/**
 * Connects to a server for as long as the scope is open.
 *
 * The target is a server Layer (served in memory), a transport, or what `McpConnector` can reach: a command line, a
 * command with arguments and variables, a URL. Fails with `ConnectFailed` when the server cannot be reached, `Timeout`
 * when agreeing takes too long, `Unsupported` when there is no common revision, and with the server Layer's own error.
 */
export const connect: {
  <ROut = never, E = never, R = never>(
    target: Layer.Layer<ROut, E, R> | McpTransport,
    options?: ConnectOptions
  ): Effect.Effect<Service, McpError | E, Scope.Scope | Exclude<R, McpListener>>
  (target: Target, options?: ConnectOptions): Effect.Effect<Service, McpError, Scope.Scope | McpConnector>
} = (target: AnyTarget, options?: ConnectOptions): Effect.Effect<Service, never, never> =>
  limited(connectAny(target, options), options) as Effect.Effect<Service>

type AnyTarget = Layer.Layer<never, unknown, unknown> | McpTransport | Target

const connectAny = (
  target: AnyTarget,
  options: ConnectOptions | undefined
): Effect.Effect<Service, unknown, unknown> => {
  if (typeof target === "string" || target instanceof URL || "command" in target) return connectTarget(target, options)
  return "incoming" in target
    ? Effect.map(connectTransport(target, options, agreementOf(options)), ({ service }) => service)
    : connectLayer(target, options)
}

/** A connection as a Layer: `yield* McpClient` where it is provided. */
export const layer: {
  <ROut = never, E = never, R = never>(
    target: Layer.Layer<ROut, E, R> | McpTransport,
    options?: ConnectOptions
  ): Layer.Layer<McpClient, McpError | E, Exclude<R, McpListener>>
  (target: Target, options?: ConnectOptions): Layer.Layer<McpClient, McpError, McpConnector>
} = (target: AnyTarget, options?: ConnectOptions): Layer.Layer<McpClient, never, never> =>
  Layer.effect(McpClient, limited(connectAny(target, options), options)) as Layer.Layer<McpClient>
