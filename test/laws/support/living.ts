/**
 * A server that a test registers on while it runs, and any number of clients that face it.
 *
 * `living` builds one without anything on it; `facing` faces a server that is there already, by any driver. `kinds` says
 * of each kind of thing how it is registered, listed and used, so that a test need not branch on it.
 */
import { Context, Effect, Exit, Layer, Schema, Scope } from "effect"
import { McpLimits, McpPrompt, type McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"
import * as McpTransport from "mcp-effect/McpTransport"
import { McpTest } from "mcp-effect/testing"
import { until } from "./scripted.ts"

/** What is done when a thing is used: it answers with a text. */
export type Does = Effect.Effect<string, never, McpRequest | Scope.Scope>

interface KindOf {
  readonly list: string
  /** The member of the list's result that has the items, and what names an item there. */
  readonly member: string
  readonly key: string
  readonly capability: Capability
  /** How a thing of that name is used: the method and its parameters. */
  use(name: string): readonly [method: string, params: McpTest.Json]
  /** How a thing of that name is called where it is listed. */
  called(name: string): string
  register(name: string, does: Does): Effect.Effect<void, McpServer.NameTaken, McpServer.McpServer | Scope.Scope>
  layer(name: string, does: Does): Layer.Layer<never, never, McpServer.McpServer>
}

export const capabilities = ["tools", "prompts", "resources"] as const
export type Capability = (typeof capabilities)[number]

export const kindNames = ["tool", "prompt", "resource", "template"] as const
export type Kind = (typeof kindNames)[number]

const memo = (name: string) => McpResource.make(`memo:${name}`, { name })
const many = (name: string) => McpResource.template(`${name}://{x}`, { name, parameters: { x: Schema.String } })

export const kinds: { readonly [K in Kind]: KindOf } = {
  tool: {
    list: "tools/list",
    member: "tools",
    key: "name",
    capability: "tools",
    use: (name) => ["tools/call", { name }],
    called: (name) => name,
    register: (name, does) => McpTool.make(name).register(() => does),
    layer: (name, does) => McpTool.make(name).toLayer(() => does)
  },
  prompt: {
    list: "prompts/list",
    member: "prompts",
    key: "name",
    capability: "prompts",
    use: (name) => ["prompts/get", { name }],
    called: (name) => name,
    register: (name, does) => McpPrompt.make(name).register(() => does),
    layer: (name, does) => McpPrompt.make(name).toLayer(() => does)
  },
  resource: {
    list: "resources/list",
    member: "resources",
    key: "uri",
    capability: "resources",
    use: (name) => ["resources/read", { uri: `memo:${name}` }],
    called: (name) => `memo:${name}`,
    register: (name, does) => memo(name).register(does),
    layer: (name, does) => memo(name).toLayer(does)
  },
  template: {
    list: "resources/templates/list",
    member: "resourceTemplates",
    key: "uriTemplate",
    capability: "resources",
    use: (name) => ["resources/read", { uri: `${name}://one` }],
    called: (name) => `${name}://{x}`,
    register: (name, does) => many(name).register(() => does),
    layer: (name, does) => many(name).toLayer(() => does)
  }
}

export interface Living {
  readonly server: McpServer.Service
  readonly acceptor: McpTransport.Acceptor
  /** Runs an effect with the server as far as it goes without waiting. */
  now<A, E>(effect: Effect.Effect<A, E, McpServer.McpServer>): Exit.Exit<A, E> | undefined
}

/** A server with nothing on it but what the Layers bring. */
export const living = Effect.fnUntraced(function* (
  options: Partial<McpServer.Options> = {},
  limits: Partial<McpLimits.Limits> = {},
  items: Layer.Layer<never, never, McpServer.McpServer> = Layer.empty
) {
  let server: McpServer.Service | undefined
  const found = Layer.effectDiscard(
    Effect.map(McpServer.McpServer, (service) => {
      server = service
    })
  )
  const app = Layer.merge(found, items).pipe(
    Layer.provide(McpServer.layer({ name: "living", version: "1.0.0", ...options })),
    Layer.provide(Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, ...limits }))
  )
  const acceptor = yield* McpTest.acceptor(app)
  const context = Context.add(yield* Effect.context<never>(), McpServer.McpServer, server!)
  const living: Living = {
    server: server!,
    acceptor,
    now: (effect) => Effect.runForkWith(context)(effect).pollUnsafe()
  }
  return living
})

/** Faces a server that is there already. */
export const facing = (acceptor: McpTransport.Acceptor, options?: McpTest.RawOptions) =>
  McpTest.raw(
    Layer.effectDiscard(
      Effect.flatMap(McpTransport.McpListener, ({ listen }) =>
        Effect.forkScoped(listen(acceptor), { startImmediately: true })
      )
    ),
    options
  )

/** The reply to a request, if it comes without time passing. */
export const replyTo = Effect.fnUntraced(function* (peer: McpTest.RawPeer, message: McpTest.Json) {
  const find = () =>
    peer.received.map((text) => JSON.parse(text) as McpTest.Json).find(({ id }) => id === message["id"])
  yield* peer.send(message)
  yield* until(() => find() !== undefined)
  return find() ?? {}
})

/** A registration that ends when it is told to. */
export interface Registration {
  readonly exit: Exit.Exit<void, McpServer.NameTaken> | undefined
  /** Begins to end it, and tells whether that has come to its end. */
  end(): () => boolean
}

/** Registers a thing as far as that goes without waiting. */
export const begin = ({ now, server }: Living, kind: Kind, name: string, does: Does): Registration => {
  const scope = Scope.makeUnsafe()
  const exit = now(Scope.provide(kinds[kind].register(name, does), scope))
  return {
    exit,
    end: () => {
      const fiber = Effect.runFork(Effect.provideService(Scope.close(scope, Exit.void), McpServer.McpServer, server))
      return () => fiber.pollUnsafe() !== undefined
    }
  }
}
