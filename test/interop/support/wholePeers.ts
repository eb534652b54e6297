/**
 * The official clients with all of their methods, as one interface: promises as Effects, what they throw as `Refused`.
 *
 * Results are given as each client gives them, after its own checks. What a client does not have is missing here too.
 */
import { Client as ClientV2 } from "@modelcontextprotocol/client"
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport as StdioClientTransportV1 } from "@modelcontextprotocol/sdk/client/stdio.js"
import {
  LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema
} from "@modelcontextprotocol/sdk/types.js"
import { Data, Effect, type Scope } from "effect"
import type { LoggingLevel } from "mcp-effect/McpSchema"
import type { CallOptions } from "./officialClients.ts"
import type { Rig } from "./rig.ts"

/** What a client threw. */
export class Refused extends Data.TaggedError("Refused")<{
  readonly code: unknown
  readonly data: unknown
  readonly message: string
}> {}

export type Result = { readonly [member: string]: unknown }
export type List = "tools" | "prompts" | "resources" | "resourceTemplates"

export interface Page {
  readonly items: ReadonlyArray<Result>
  readonly nextCursor: string | undefined
}

export type Asked<A = Result> = Effect.Effect<A, Refused>

export interface Listening {
  readonly honoured: Result
  readonly close: Effect.Effect<void>
  /** How it ended, once it has. */
  readonly closed: Effect.Effect<string>
}

export interface Peer {
  readonly info: {
    readonly server: unknown
    readonly instructions: string | undefined
    readonly capabilities: unknown
    readonly revision: string | undefined
  }
  readonly page: (list: List, cursor: string | undefined) => Asked<Page>
  /** All pages, as the client collects them by itself. */
  readonly all: ((list: List) => Asked<ReadonlyArray<Result>>) | undefined
  readonly call: (name: string, args?: Result, options?: CallOptions, meta?: Result) => Asked
  readonly read: (uri: string) => Asked
  readonly prompt: (name: string, args?: { readonly [name: string]: string }) => Asked
  readonly complete: (
    ref:
      | { readonly type: "ref/prompt"; readonly name: string }
      | { readonly type: "ref/resource"; readonly uri: string },
    argument: { readonly name: string; readonly value: string },
    context?: { readonly [name: string]: string }
  ) => Asked
  readonly subscribe: (uri: string) => Asked
  readonly unsubscribe: (uri: string) => Asked
  readonly setLevel: (level: LoggingLevel) => Asked
  readonly ping: Asked
  readonly listen: ((filter: Result) => Asked<Listening>) | undefined
  /** The notifications that the client has handed to its handlers, in order; a test may empty it. */
  readonly heard: Array<{ readonly method: string; readonly params: Result }>
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Result)[name] : undefined

export const asked = <A>(ask: () => Promise<A>): Asked<A> =>
  Effect.tryPromise({
    try: ask,
    catch: (error) =>
      new Refused({
        code: member(error, "code"),
        data: member(error, "data"),
        message: String(member(error, "message"))
      })
  })

const given = <Value extends object>(value: Value): { [K in keyof Value]?: Exclude<Value[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never

const pageOf = (list: List, ask: () => Promise<Result>): Asked<Page> =>
  Effect.map(asked(ask), (result) => ({
    items: result[list] as ReadonlyArray<Result>,
    nextCursor: result["nextCursor"] as string | undefined
  }))

const info = { name: "official", version: "1.0.0" }

export type ModeV2 = "legacy" | "auto" | { readonly pin: string }

const commandOf = ({ command: { env, ...command } }: Rig) => ({
  ...command,
  env: { ...getDefaultEnvironment(), ...env },
  // the server logs what its tools fail with
  stderr: "ignore" as const
})

const notifications = [
  "notifications/message",
  "notifications/resources/updated",
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed"
] as const

/** What is asked of both clients in the same words. */
const common = (client: ClientV1 | ClientV2) =>
  ({
    read: (uri) => asked(() => client.readResource({ uri })),
    prompt: (name, args) => asked(() => client.getPrompt({ name, ...given({ arguments: args }) })),
    complete: (ref, argument, context) =>
      asked(() => client.complete({ ref, argument, ...given({ context: context && { arguments: context } }) })),
    subscribe: (uri) => asked(() => client.subscribeResource({ uri })),
    unsubscribe: (uri) => asked(() => client.unsubscribeResource({ uri })),
    setLevel: (level) => asked(() => client.setLoggingLevel(level)),
    ping: asked(() => client.ping())
  }) satisfies Partial<Peer>

/** Client v2 on a transport of its own. */
export const peerV2 = (
  mode: ModeV2,
  transport: () => Parameters<ClientV2["connect"]>[0]
): Effect.Effect<Peer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const client = new ClientV2(info, { versionNegotiation: { mode } })
    const heard: Array<{ readonly method: string; readonly params: Result }> = []
    for (const method of notifications) {
      client.setNotificationHandler(method, ({ params }) => void heard.push({ method, params: params ?? {} }))
    }
    yield* Effect.acquireRelease(
      Effect.promise(() => client.connect(transport())),
      () => Effect.promise(() => client.close())
    )
    const pages: { readonly [L in List]: (params: { readonly cursor?: string }) => Promise<Result> } = {
      tools: (params) => client.request({ method: "tools/list", params }),
      prompts: (params) => client.request({ method: "prompts/list", params }),
      resources: (params) => client.request({ method: "resources/list", params }),
      resourceTemplates: (params) => client.request({ method: "resources/templates/list", params })
    }
    const all: { readonly [L in List]: () => Promise<ReadonlyArray<Result>> } = {
      tools: async () => (await client.listTools()).tools,
      prompts: async () => (await client.listPrompts()).prompts,
      resources: async () => (await client.listResources()).resources,
      resourceTemplates: async () => (await client.listResourceTemplates()).resourceTemplates
    }
    return {
      info: {
        server: client.getServerVersion(),
        instructions: client.getInstructions(),
        capabilities: client.getServerCapabilities(),
        revision: client.getNegotiatedProtocolVersion()
      },
      ...common(client),
      heard,
      page: (list, cursor) => pageOf(list, () => pages[list](given({ cursor }))),
      all: (list) => asked(all[list]),
      call: (name, args, options, meta) =>
        asked(() => client.callTool({ name, ...given({ arguments: args, _meta: meta }) }, options)),
      listen: (filter) =>
        Effect.map(
          asked(() => client.listen(filter)),
          (subscription) => ({
            honoured: subscription.honoredFilter as Result,
            close: Effect.promise(() => subscription.close()),
            closed: Effect.promise(() => subscription.closed)
          })
        )
    }
  })

/** Client v1 on a transport of its own. */
export const peerV1 = (transport: () => Parameters<ClientV1["connect"]>[0]): Effect.Effect<Peer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const client = new ClientV1(info)
    const heard: Array<{ readonly method: string; readonly params: Result }> = []
    const hear = (message: { readonly method: string; readonly params?: Result | undefined }): void =>
      void heard.push({ method: message.method, params: message.params ?? {} })
    client.setNotificationHandler(LoggingMessageNotificationSchema, hear)
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, hear)
    client.setNotificationHandler(ToolListChangedNotificationSchema, hear)
    client.setNotificationHandler(PromptListChangedNotificationSchema, hear)
    client.setNotificationHandler(ResourceListChangedNotificationSchema, hear)
    yield* Effect.acquireRelease(
      Effect.promise(() => client.connect(transport())),
      () => Effect.promise(() => client.close())
    )
    const pages: { readonly [L in List]: (params: { readonly cursor?: string }) => Promise<Result> } = {
      tools: (params) => client.listTools(params),
      prompts: (params) => client.listPrompts(params),
      resources: (params) => client.listResources(params),
      resourceTemplates: (params) => client.listResourceTemplates(params)
    }
    return {
      info: {
        server: client.getServerVersion(),
        instructions: client.getInstructions(),
        capabilities: client.getServerCapabilities(),
        revision: undefined
      },
      ...common(client),
      heard,
      page: (list, cursor) => pageOf(list, () => pages[list](given({ cursor }))),
      all: undefined,
      call: (name, args, options, meta) =>
        asked(() => client.callTool({ name, ...given({ arguments: args, _meta: meta }) }, undefined, options)),
      listen: undefined
    }
  })

const connectV2 = (mode: ModeV2) => (rig: Rig) => peerV2(mode, () => new StdioClientTransport(commandOf(rig)))
const connectV1 = (rig: Rig) => peerV1(() => new StdioClientTransportV1(commandOf(rig)))

/** Every client; v2 gives the code of a resource that is not there as that of 2026-07-28, whatever was sent. */
export const peers = [
  {
    name: "v2, legacy",
    era: "legacy",
    revision: "2025-11-25",
    codes: { sent: -32002, seen: -32602 },
    connect: connectV2("legacy")
  },
  {
    name: "v2, modern",
    era: "modern",
    revision: "2026-07-28",
    codes: { sent: -32602, seen: -32602 },
    connect: connectV2({ pin: "2026-07-28" })
  },
  { name: "v1", era: "legacy", revision: "2025-11-25", codes: { sent: -32002, seen: -32002 }, connect: connectV1 }
] as const

export type PeerName = (typeof peers)[number]["name"]
