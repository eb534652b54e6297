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
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Peer from "../peer/Peer.ts"
import type * as McpContent from "../protocol/McpContent.ts"
import type { Definition } from "../protocol/McpDefinition.ts"
import { Closed, type McpError, Timeout, Unsupported } from "../protocol/McpError.ts"
import type { Notification, Payload, Request } from "../protocol/McpMethod.ts"
import { dialect } from "../protocol/McpRevision.ts"
import type { Implementation, JsonObject, ServerCapabilities } from "../protocol/McpSchema.ts"
import type { CompleteRequestParams, CompleteResult } from "../protocol/methods/completion.ts"
import type { ProgressNotificationParams } from "../protocol/methods/progress.ts"
import type { GetPromptResult, ListPromptsResult, Prompt } from "../protocol/methods/prompts.ts"
import type {
  ListResourcesResult,
  ListResourceTemplatesResult,
  ReadResourceResult,
  Resource,
  ResourceTemplate
} from "../protocol/methods/resources.ts"
import type { ListToolsResult, Tool } from "../protocol/methods/tools.ts"
import * as revisions from "../protocol/revisions/index.ts"
import { McpLimits } from "../transport/McpLimits.ts"
import {
  gate,
  loopback,
  McpConnector,
  McpListener,
  type McpTransport,
  type Route,
  type Target,
  type TransportError
} from "../transport/McpTransport.ts"
import type * as JsonRpc from "../wire/JsonRpc.ts"
import { attempt } from "./internal/attempt.ts"
import type { Logging } from "./internal/deprecated/logging.ts"
import { makeDispatch } from "./internal/dispatch.ts"
import { fromHandshake, fromTransport, mcpError } from "./internal/errors.ts"
import { type CallOptions, type Identity, Link } from "./internal/link.ts"
import type { PageOptions } from "./internal/lists.ts"
import { tapped } from "./internal/messages.ts"
import { Hosts } from "./internal/hosts.ts"
import { type Agreement, initialize, pinned, probed } from "./internal/negotiate.ts"
import { Notes } from "./internal/notes.ts"
import { Policy, Raising, type Timeouts as TimeoutsOf } from "./internal/policy.ts"
import { makeService } from "./internal/service.ts"

/** How long a client waits. */
export interface Timeouts extends TimeoutsOf {}

export type { CallOptions } from "./internal/link.ts"
export type { PageOptions } from "./internal/lists.ts"
export { type MethodTimeouts, type Raise, Raising } from "./internal/policy.ts"

/** The input argument of a call: it may be left out when every field is optional. */
export type InputArgs<Input> = {} extends Input
  ? [input?: Input, options?: CallOptions]
  : [input: Input, options?: CallOptions]

export interface Service extends Logging {
  /** The date of the protocol revision that both sides speak. */
  readonly revision: string
  /** What the server says of itself; modern servers may say nothing. */
  readonly serverInfo: Implementation | undefined
  readonly capabilities: ServerCapabilities
  /** How to use the server, for the model. */
  readonly instructions: string | undefined

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
  /**
   * Calls a tool by its name. The result is as the server sent it; an error result is a result. One that is not what the
   * tool's output schema says, where that has been listed, is `Undecodable`.
   */
  callTool(name: string, args?: JsonObject, options?: CallOptions): Effect.Effect<McpContent.Result, McpError>
  /** One page of the server's tools. Tools that are not what the revision says are left out, and named in the log. */
  listTools(options?: PageOptions): Effect.Effect<ListToolsResult, McpError>
  /** All tools, page by page; within `McpLimits.pages` and `McpLimits.items`, each cursor once. */
  tools(options?: CallOptions): Stream.Stream<Tool, McpError>

  /** One page of the server's resources. */
  listResources(options?: PageOptions): Effect.Effect<ListResourcesResult, McpError>
  /** All resources, page by page. */
  resources(options?: CallOptions): Stream.Stream<Resource, McpError>
  /** One page of the server's templates of resources. */
  listResourceTemplates(options?: PageOptions): Effect.Effect<ListResourceTemplatesResult, McpError>
  /** All templates of resources, page by page. */
  resourceTemplates(options?: CallOptions): Stream.Stream<ResourceTemplate, McpError>
  /** What is at a URI. */
  readResource(uri: string, options?: CallOptions): Effect.Effect<ReadResourceResult, McpError>
  /** Asks to be told when a resource changes; up to 2025-11-25. `updates` does it in every revision. */
  subscribe(uri: string, options?: CallOptions): Effect.Effect<void, McpError>
  /** Ends what `subscribe` began. */
  unsubscribe(uri: string, options?: CallOptions): Effect.Effect<void, McpError>
  /**
   * The URIs that change, at or below one, in every revision. The watch has begun when the Effect has ended, and lasts as
   * long as the Scope. The Stream ends when the server ends it, and fails when the connection is lost.
   */
  updates(uri: string): Effect.Effect<Stream.Stream<string, McpError>, McpError, Scope.Scope>

  /** One page of the server's prompts. */
  listPrompts(options?: PageOptions): Effect.Effect<ListPromptsResult, McpError>
  /** All prompts, page by page. */
  prompts(options?: CallOptions): Stream.Stream<Prompt, McpError>
  /** The messages of a prompt. The values of its arguments are text. */
  getPrompt(
    name: string,
    args?: { readonly [name: string]: string },
    options?: CallOptions
  ): Effect.Effect<GetPromptResult, McpError>
  /** What an argument of a prompt, or a variable of a template, may become. */
  complete(params: CompleteParams, options?: CallOptions): Effect.Effect<CompleteResult["completion"], McpError>

  /** The lists that change, in every revision. It has begun when the Effect has ended, and lasts as long as the Scope. */
  readonly changes: Effect.Effect<Stream.Stream<"tools" | "prompts" | "resources", McpError>, McpError, Scope.Scope>
  /**
   * Every notification of the server, as it came, from now on; but for progress of our own calls. The oldest are dropped
   * when nobody reads them.
   */
  readonly notifications: Stream.Stream<JsonRpc.Notification>
  /** Runs for every notification of that name, one after the other, until the Scope closes. What does not fit is left out. */
  on<Name extends string, Params extends Payload, R>(
    notification: Notification<Name, Params>,
    handler: (params: Params["Type"]) => Effect.Effect<void, never, R>
  ): Effect.Effect<void, never, Scope.Scope | R>
  /** Every message, of both sides, as JSON text, from now on. */
  readonly messages: Stream.Stream<Message>

  /** Asks whether the server is there: `ping`, in modern revisions `server/discover`. */
  ping(options?: CallOptions): Effect.Effect<void, McpError>
  /** Asks anew what the server is and has: its capabilities, in modern revisions, and its tools. */
  readonly refresh: Effect.Effect<void, McpError>
  /** Reports progress of a request that the server made, up to 2025-11-25. */
  progress(progress: ProgressNotificationParams): Effect.Effect<void, McpError>
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
    ...params: {} extends Params["Type"] ? [params?: Params["Type"]] : [params: Params["Type"]]
  ): Effect.Effect<void, McpError>
}

/** A message on its way, as JSON text. */
export interface Message {
  readonly from: "client" | "server"
  readonly text: string
}

/** What is to be completed, and what is known of the rest. */
export interface CompleteParams {
  readonly ref: CompleteRequestParams["ref"]
  readonly argument: CompleteRequestParams["argument"]
  /** What other arguments are. */
  readonly context?: CompleteRequestParams["context"]
}

/** A connected server as a service. */
export class McpClient extends Context.Service<McpClient, Service>()("mcp-effect/client/McpClient") {}

/** How long clients wait where they do not say it themselves; what it does not say, `McpLimits` says. */
export const Timeouts: Context.Reference<Timeouts> = Context.Reference<Timeouts>("mcp-effect/client/Timeouts", {
  defaultValue: () => ({})
})

export interface ConnectOptions {
  /** What the server is told of this client. Default: this library's name. */
  readonly clientInfo?: Implementation | undefined
  /** The date of the revision to speak, or `auto`: find out, modern first. Default: `auto`. */
  readonly revision?: string | undefined
  /** How long to wait, and where it differs by method. Default: the reference `Timeouts`, then `McpLimits`. */
  readonly timeouts?: Timeouts | undefined
  /** Writes every message to the debug log, without secrets. Default: false. */
  readonly debug?: boolean | undefined
}

const defaultInfo: Implementation = { name: "mcp-effect", version: "0.1.0" }

/** Opens the peer over a transport and agrees on a revision. */
const open = Effect.fnUntraced(function* (
  transport: McpTransport,
  agree: Agree,
  identity: Identity,
  options: ConnectOptions | undefined
) {
  const context = yield* Effect.context<never>()
  const limits = yield* McpLimits
  const notes = new Notes(limits.buffer)
  const policy = new Policy([options?.timeouts ?? {}, yield* Timeouts], limits, yield* Raising)
  let link: Link | undefined
  const core = Peer.make(
    makeDispatch(() => link, identity.hosts, notes.publish, context),
    dialect,
    context
  )
  const messages = yield* tapped(core, limits.buffer, options?.debug === true)
  const running = Peer.run(core, transport, (conversation) => {
    link = new Link(conversation, limits, notes, policy, identity)
  })
  const ended = (exit: Exit.Exit<void, TransportError>) => {
    const lost = lossOf(exit)
    notes.close(lost === undefined ? undefined : mcpError(new Closed({ detail: lost.detail })))
    return messages.close
  }
  const peer = yield* Effect.forkScoped(Effect.onExit(running, ended), { startImmediately: true })
  const agreement = yield* Effect.catchReason(agree(link!, identity), "McpError", "Closed", (closed) =>
    Effect.flatMap(Fiber.await(peer), (exit) => Effect.fail(mcpError(unsupportedIn(exit) ?? closed)))
  )
  link!.serverInfo = agreement.serverInfo
  yield* telling(link!, identity.hosts)
  return { service: makeService(link!, agreement, messages.stream), agreement }
})

/** Tells a server of the changes that it was promised to hear of. */
const telling = (link: Link, hosts: Hosts): Effect.Effect<void, never, Scope.Scope> =>
  Effect.forEach(
    hosts.all,
    ({ changes }) =>
      changes === undefined || link.revision?.client.notifications.has(changes.notification) !== true
        ? Effect.void
        : Effect.forkScoped(
            Stream.runForEach(changes.stream, () => link.notify(changes.notification)),
            { startImmediately: true }
          ),
    { discard: true }
  )

/** The error with which a connection has ended. */
const lossOf = (exit: Exit.Exit<void, TransportError>): TransportError | undefined =>
  Exit.isFailure(exit) ? exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error : undefined

/** What a transport has found out that it cannot do. */
const unsupportedIn = (exit: Exit.Exit<void, TransportError>): Unsupported | undefined => {
  const cause = lossOf(exit)?.cause
  return cause instanceof Unsupported ? cause : undefined
}

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

const connectTransport = (transport: McpTransport, options: ConnectOptions | undefined, agree: Agree) =>
  Effect.gen(function* () {
    const identity = {
      clientInfo: options?.clientInfo ?? defaultInfo,
      hosts: new Hosts(yield* Effect.context<never>())
    }
    return yield* open(transport, agree, identity, options)
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

/** A server that has become another than the one that is remembered. */
const hasChanged = ({ reason }: McpError): boolean => reason._tag === "Remote"

/** Reaches a target: with what is known of its era, else by probing; one that exits when probed is started once more. */
const connectTarget = Effect.fnUntraced(function* (target: Target, options: ConnectOptions | undefined) {
  const connector = yield* McpConnector
  const route = yield* Effect.mapError(connector.route(target), (error) => fromTransport(error, String(target)))
  if (options?.revision !== undefined && options.revision !== "auto") {
    return (yield* connectRoute(route, options, agreementOf(options))).service
  }
  const known = yield* route.verdict.read
  const probing = Effect.catchReason(
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
  if (known !== "legacy") return yield* probing
  const asBefore = Effect.map(connectRoute(route, options, initialize), ({ service }) => service)
  return yield* Effect.catchIf(asBefore, hasChanged, () => probing)
})

const connectRoute = (route: Route, options: ConnectOptions | undefined, agree: Agree) =>
  attempt(
    Effect.flatMap(
      Effect.mapError(route.open, (error) => fromTransport(error, route.name)),
      (transport) =>
        Effect.mapError(connectTransport(transport, options, agree), (error) => fromHandshake(error, route.name))
    )
  )

const limited = <A, E, R>(effect: Effect.Effect<A, E, R>, options: ConnectOptions | undefined) =>
  Effect.gen(function* () {
    const limit = options?.timeouts?.startUp ?? (yield* Timeouts).startUp ?? (yield* McpLimits).startUp
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
