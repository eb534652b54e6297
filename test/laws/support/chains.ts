/**
 * Callers of a server that asks back, as raw messages: whoever they say they are, with whatever state they like.
 *
 * A caller shows forms, and knows of each call what came of it. `waitFor` gives what is sealed and opened on other threads
 * the time to come back, and ends.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import * as JsonRpc from "mcp-effect/JsonRpc"
import type * as McpTransport from "mcp-effect/McpTransport"
import { McpTest } from "mcp-effect/testing"
import { type Era, modernMeta, request, versions } from "./app.ts"
import { settle } from "./law.ts"

export const forms = { elicitation: { form: {} } }

/** The `_meta` of a modern caller that can be asked. */
export const askable = { ...modernMeta, "io.modelcontextprotocol/clientCapabilities": forms }

export const principal = (id: string): McpTransport.Principal => ({ id, scopes: [], claims: {} })

/** A conversation as one principal. */
export interface Caller {
  readonly received: ReadonlyArray<McpTest.Json>
  send(message: McpTest.Json): void
  /** The reply to a request of that id, if it has come. */
  reply(id: unknown): McpTest.Json | undefined
}

/** Waits until something is so: not for ever, but longer than any other thread takes. */
export const waitFor = (condition: () => boolean): Effect.Effect<boolean> =>
  Effect.suspend(() =>
    condition()
      ? Effect.succeed(true)
      : Effect.map(Effect.repeat(settle, { until: condition, times: 5_000 }), condition)
  )

export const caller = (acceptor: McpTransport.Acceptor, who = "anybody") =>
  Effect.gen(function* () {
    const received: Array<McpTest.Json> = []
    const via = {
      headers: undefined,
      principal: principal(who),
      features: McpTest.features,
      own: false,
      revision: undefined
    }
    const conversation = acceptor.open(
      {
        push: (frame) => {
          received.push(JSON.parse(frame.text) as McpTest.Json)
          frame.receipt?.handed()
        },
        none: () => {},
        hasRoom: () => true,
        whenRoom: () => () => {}
      },
      McpTest.features
    )
    yield* Effect.addFinalizer(() => conversation.close("The test is over"))
    const caller: Caller = {
      received,
      send: (message) => {
        const text = JSON.stringify(message)
        conversation.receive({ message: JsonRpc.decode(text), size: text.length, via })
      },
      reply: (id) => received.find((message) => message["id"] === id && !("method" in message))
    }
    return caller
  })

/** Sends a request and gives its reply. */
export const replied = (caller: Caller, message: McpTest.Json): Effect.Effect<McpTest.Json> =>
  Effect.gen(function* () {
    caller.send(message)
    const id = message["id"]
    assert.isTrue(yield* waitFor(() => caller.reply(id) !== undefined), `${JSON.stringify(message)} is left waiting`)
    return caller.reply(id)!
  })

/** Opens a legacy conversation of a client that shows forms. */
export const introduced = (caller: Caller, era: Era): Effect.Effect<void> =>
  era === "modern"
    ? Effect.void
    : Effect.gen(function* () {
        const clientInfo = { name: "laws", version: "1.0.0" }
        const params = { protocolVersion: versions.legacy, capabilities: { elicitation: {} }, clientInfo }
        yield* replied(caller, request("legacy", "handshake", "initialize", params))
        caller.send({ jsonrpc: "2.0", method: "notifications/initialized" })
      })

/** The members of a retry. */
export interface Round {
  readonly requestState?: string
  readonly inputResponses?: McpTest.Json
}

/** A call in either era, by a client that shows forms. */
export const calling = (era: Era, id: string, name: string, args: McpTest.Json, round: Round = {}): McpTest.Json =>
  request(era, id, "tools/call", { name, arguments: args, ...round }, era === "modern" ? askable : {})

export interface Asks {
  readonly state: string
  readonly keys: ReadonlyArray<string>
  /** The text of each question. */
  readonly messages: ReadonlyArray<string>
}

/** What a reply asks for; nothing when it is the end. */
export const asks = (reply: McpTest.Json): Asks | undefined => {
  const result = reply["result"] as
    | {
        readonly resultType?: string
        readonly requestState: string
        readonly inputRequests: { readonly [key: string]: { readonly params: { readonly message: string } } }
      }
    | undefined
  if (result?.resultType !== "input_required") return undefined
  const requests = Object.entries(result.inputRequests)
  return {
    state: result.requestState,
    keys: requests.map(([key]) => key),
    messages: requests.map(([, { params }]) => params.message)
  }
}

/** The text of a tool's result. */
export const textOf = (reply: McpTest.Json): string | undefined =>
  (reply["result"] as { readonly content?: ReadonlyArray<{ readonly text: string }> } | undefined)?.content?.[0]?.text

/** Why a state was not taken: the code, and the reason beside it. */
export const refusalOf = (reply: McpTest.Json): readonly [number | undefined, unknown] => {
  const error = reply["error"] as { readonly code: number; readonly data?: { readonly state?: unknown } } | undefined
  return [error?.code, error?.data?.state]
}

export const accept = (content: McpTest.Json): McpTest.Json => ({ action: "accept", content })
