/**
 * From a call to its handler: which revision, which method, are the parameters right, who answers.
 *
 * It is the `Dispatch` of a server's peer. A method that the revision's table lacks, or that this server has nothing
 * for, is "method not found". What is refused here never reaches a handler; what comes back goes to `boundary`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type * as Peer from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import type { Fault } from "../../protocol/McpRevision.ts"
import type { JsonObject, ServerCapabilities } from "../../protocol/McpSchema.ts"
import { Discover } from "../../protocol/methods/discover.ts"
import { Initialize, type InitializeRequestParams } from "../../protocol/methods/lifecycle.ts"
import { SetLevel, type SetLevelRequestParams } from "../../protocol/methods/logging.ts"
import { Ping } from "../../protocol/methods/ping.ts"
import { CallTool, type CallToolRequestParams, ListTools } from "../../protocol/methods/tools.ts"
import { McpGate } from "../McpGate.ts"
import { McpRequest } from "../McpRequest.ts"
import { describe, refuse, settle } from "./boundary.ts"
import { type Facts, factsOf, type Session } from "./facts.ts"
import type { Registry } from "./registry.ts"
import { RequestView } from "./requestView.ts"

const noParams: JsonObject = {}

type Handler = (call: Peer.Call, facts: Facts) => Peer.Task

/** Makes the dispatch of a server; `context` is where what is not a user's handler runs. */
export const makeDispatch = (registry: Registry, context: Context.Context<never>): Peer.Dispatch => {
  const { server } = registry
  const gate = Context.get(context, McpGate)

  const task = (effect: Effect.Effect<unknown, unknown>): Peer.Task => ({ effect, context })
  const fault = (fault: Fault, detail: string): Peer.Task => task(Effect.fail(new McpFault({ fault, detail })))

  const capabilities = (): ServerCapabilities => ({
    logging: {},
    ...(registry.tools.size === 0 ? undefined : { tools: {} })
  })

  const offered = (): JsonObject => ({
    capabilities: capabilities(),
    ...(server.instructions === undefined ? undefined : { instructions: server.instructions })
  })

  const initialize: Handler = (call, { revision }) => {
    const holder = call.holder
    if (holder === undefined)
      return fault("Envelope", '"initialize" opens a conversation; this exchange cannot hold one')
    if (holder.state !== undefined) return fault("Envelope", "This conversation has been initialized already")
    const params = call.params as InitializeRequestParams
    const session: Session = {
      revision,
      clientInfo: params.clientInfo,
      capabilities: params.capabilities,
      logLevel: "info"
    }
    holder.state = session
    return task(Effect.succeed({ protocolVersion: revision.version, serverInfo: server.info, ...offered() }))
  }

  const discover: Handler = () =>
    task(Effect.succeed({ supportedVersions: server.revisions.map(({ version }) => version), ...offered() }))

  const callTool: Handler = (call, facts) => {
    if (registry.tools.size === 0) return notFound(call)
    const params = call.params as CallToolRequestParams
    const tool = registry.tools.get(params.name)
    if (tool === undefined) return fault("UnknownTool", `There is no tool ${JSON.stringify(params.name)}`)
    facts.tool = tool
    const scope = Scope.makeUnsafe()
    const handler = Effect.onExit(tool.run(params.arguments ?? {}, facts.revision), (exit) =>
      scope.state._tag === "Empty" ? Effect.void : Scope.close(scope, exit)
    )
    const request = new RequestView(call, facts)
    return {
      effect:
        gate === undefined
          ? handler
          : Effect.andThen(
              Effect.suspend(() => gate(request)),
              handler
            ),
      context: Context.add(Context.add(tool.context, McpRequest, request), Scope.Scope, scope) as Context.Context<never>
    }
  }

  const setLevel: Handler = (call) => {
    const holder = call.holder
    const session = holder?.state as Session | undefined
    if (holder === undefined || session === undefined) return notFound(call)
    holder.state = { ...session, logLevel: (call.params as SetLevelRequestParams).level } satisfies Session
    return task(Effect.succeed({}))
  }

  const listTools: Handler = (call, facts) =>
    registry.tools.size === 0 ? notFound(call) : task(Effect.succeed(registry.toolList(facts.revision)))

  const methods = new Map<string, { readonly method: AnyRequest; readonly handle: Handler }>()
  const on = (method: AnyRequest, handle: Handler): void => void methods.set(method.name, { method, handle })
  on(Initialize, initialize)
  on(Ping, () => task(Effect.succeed({})))
  on(Discover, discover)
  on(ListTools, listTools)
  on(CallTool, callTool)
  on(SetLevel, setLevel)

  const notFound = (call: Peer.Call): Peer.Task => fault("MethodNotFound", `This server has no method "${call.method}"`)

  return {
    begin(call) {
      const facts = factsOf(call, server.revisions)
      if (facts instanceof McpFault) return task(Effect.fail(facts))
      call.slot = facts
      const { revision } = facts
      const known = revision.client.requests.has(call.method) ? methods.get(call.method) : undefined
      if (known === undefined) return notFound(call)
      facts.method = known.method
      const problem = revision.check(known.method.params, call.params ?? noParams)
      return problem === undefined
        ? known.handle(call, facts)
        : fault("InvalidParams", `The parameters of "${call.method}" do not fit: ${problem}`)
    },
    settle: (call, exit) => settle(registry, call, exit),
    refuse: (fault, detail, _via, holder, malformed) => refuse(fault, detail, holder, malformed),
    batches: (holder) => (holder.state as Session | undefined)?.revision.policy.batches === true,
    describe,
    notification: () => {}
  }
}
