/**
 * The official clients, v1 and v2, as one interface over their promises.
 */
import { Client as ClientV2 } from "@modelcontextprotocol/client"
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport as StdioClientTransportV1 } from "@modelcontextprotocol/sdk/client/stdio.js"
import { Effect, type Scope } from "effect"

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly onprogress?: (progress: { readonly progress: number; readonly message?: string | undefined }) => void
}

export interface OfficialClient {
  readonly listTools: () => Promise<{ readonly tools: ReadonlyArray<{ readonly name: string }> }>
  readonly callTool: (name: string, args: Record<string, unknown>, options?: CallOptions) => Promise<CallResult>
  readonly close: () => Promise<void>
}

export interface CallResult {
  readonly content: unknown
  readonly structuredContent: unknown
}

interface Command {
  readonly command: string
  readonly args: Array<string>
  readonly env: Record<string, string>
}

const info = { name: "official", version: "1.0.0" }
const complete = ({ env, ...command }: Command) => ({
  ...command,
  env: { ...getDefaultEnvironment(), ...env },
  stderr: "inherit" as const
})

const resultOf = (result: { readonly [key: string]: unknown }): CallResult => ({
  content: result["content"],
  structuredContent: result["structuredContent"]
})

const connectV2 = async (command: Command, mode: "legacy" | "auto" | { pin: string }): Promise<OfficialClient> => {
  const client = new ClientV2(info, { versionNegotiation: { mode } })
  await client.connect(new StdioClientTransport(complete(command)))
  return {
    listTools: () => client.listTools(),
    callTool: async (name, args, options) => resultOf(await client.callTool({ name, arguments: args }, options)),
    close: () => client.close()
  }
}

const connectV1 = async (command: Command): Promise<OfficialClient> => {
  const client = new ClientV1(info)
  await client.connect(new StdioClientTransportV1(complete(command)))
  return {
    listTools: () => client.listTools(),
    callTool: async (name, args, options) =>
      resultOf(await client.callTool({ name, arguments: args }, undefined, options)),
    close: () => client.close()
  }
}

/** Every official client, with the revision that it is to find our server speaking. */
export const officialClients = [
  { name: "v2, legacy", revision: "2025-11-25", connect: (to: Command) => connectV2(to, "legacy") },
  { name: "v2, auto", revision: "2026-07-28", connect: (to: Command) => connectV2(to, "auto") },
  { name: "v2, pinned", revision: "2026-07-28", connect: (to: Command) => connectV2(to, { pin: "2026-07-28" }) },
  { name: "v1", revision: "2025-11-25", connect: connectV1 }
] as const

/** A connected client, closed with the scope. */
export const connected = (
  connect: (to: Command) => Promise<OfficialClient>,
  to: Command
): Effect.Effect<OfficialClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => connect(to)),
    (client) => Effect.promise(() => client.close())
  )
