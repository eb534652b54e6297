/**
 * The client's methods besides calls: what each takes, what may be left out, what it gives. All fail with `McpError` alone,
 * but for what cannot fail.
 */
import { Effect, Schema, type Scope, type Stream } from "effect"
import { type JsonRpc, type McpClient, McpContent, type McpError, McpMethod, type McpSchema } from "mcp-effect"
import { Complete, type CompleteResult } from "mcp-effect/methods/completion"
import { LoggingMessage, type LoggingMessageNotificationParams } from "mcp-effect/methods/logging"
import { Ping } from "mcp-effect/methods/ping"
import { Progress, type ProgressNotificationParams } from "mcp-effect/methods/progress"
import type { GetPromptResult, ListPromptsResult, Prompt } from "mcp-effect/methods/prompts"
import {
  type ListResourcesResult,
  type ListResourceTemplatesResult,
  ReadResource,
  type ReadResourceResult,
  type Resource,
  type ResourceTemplate,
  ResourceUpdated
} from "mcp-effect/methods/resources"
import type { ListToolsResult, Tool } from "mcp-effect/methods/tools"
import { describe, expect, it } from "tstyche"
import { Database } from "./support/definitions.ts"

declare const client: McpClient.Service

type Answer<A> = Effect.Effect<A, McpError.McpError>
type Items<A> = Stream.Stream<A, McpError.McpError>
type Watch<A> = Effect.Effect<Items<A>, McpError.McpError, Scope.Scope>

describe("what a client knows of its server", () => {
  it("is there without asking", () => {
    expect(client.revision).type.toBe<string>()
    expect(client.serverInfo).type.toBe<McpSchema.Implementation | undefined>()
    expect(client.capabilities).type.toBe<McpSchema.ServerCapabilities>()
    expect(client.instructions).type.toBe<string | undefined>()
  })
})

describe("a list", () => {
  it("is asked for by pages, from the first or from a cursor", () => {
    expect(client.listTools()).type.toBe<Answer<ListToolsResult>>()
    expect(client.listResources()).type.toBe<Answer<ListResourcesResult>>()
    expect(client.listResourceTemplates()).type.toBe<Answer<ListResourceTemplatesResult>>()
    expect(client.listPrompts()).type.toBe<Answer<ListPromptsResult>>()
    const options = { cursor: "next", timeout: "1 second", meta: { trace: 1 } } as const
    expect(client.listTools(options)).type.toBe<Answer<ListToolsResult>>()
    expect(client.listResources(options)).type.toBe<Answer<ListResourcesResult>>()
    expect(client.listResourceTemplates(options)).type.toBe<Answer<ListResourceTemplatesResult>>()
    expect(client.listPrompts(options)).type.toBe<Answer<ListPromptsResult>>()
  })

  it("takes the cursor of the page before as it is", () => {
    Effect.flatMap(client.listTools(), ({ nextCursor }) => client.listTools({ cursor: nextCursor }))

    // @ts-expect-error Type 'number' is not assignable to type 'string'
    client.listTools({ cursor: 1 })
    // @ts-expect-error Type '"next"' has no properties in common with type 'PageOptions'
    client.listTools("next")
  })

  it("is a Stream over all pages", () => {
    expect(client.tools()).type.toBe<Items<Tool>>()
    expect(client.resources()).type.toBe<Items<Resource>>()
    expect(client.resourceTemplates()).type.toBe<Items<ResourceTemplate>>()
    expect(client.prompts()).type.toBe<Items<Prompt>>()
    expect(client.tools({ timeout: "1 minute" })).type.toBe<Items<Tool>>()

    // @ts-expect-error 'cursor' does not exist in type 'CallOptions'
    client.tools({ cursor: "next" })
  })
})

describe("reading, getting, completing", () => {
  it("a resource takes its URI", () => {
    expect(client.readResource("docs://a")).type.toBe<Answer<ReadResourceResult>>()
    expect(client.readResource("docs://a", { timeout: "1 second" })).type.toBe<Answer<ReadResourceResult>>()

    // @ts-expect-error is not assignable to parameter of type 'string'
    client.readResource({ uri: "docs://a" })
    // @ts-expect-error Expected 1-2 arguments, but got 0
    client.readResource()
  })

  it("a prompt takes texts, or nothing", () => {
    expect(client.getPrompt("plan")).type.toBe<Answer<GetPromptResult>>()
    expect(client.getPrompt("plan", { id: "1" })).type.toBe<Answer<GetPromptResult>>()
    expect(client.getPrompt("plan", undefined, { timeout: "1 second" })).type.toBe<Answer<GetPromptResult>>()

    // @ts-expect-error Type 'number' is not assignable to type 'string'
    client.getPrompt("plan", { id: 1 })
  })

  it("a completion takes what is completed, with or without what else is known", () => {
    const ref = { type: "ref/prompt", name: "plan" } as const
    const argument = { name: "id", value: "" }
    expect(client.complete({ ref, argument })).type.toBe<Answer<CompleteResult["completion"]>>()
    client.complete({ ref: { type: "ref/resource", uri: "docs://{name}" }, argument })
    client.complete({ ref, argument, context: { arguments: { other: "1" } } }, { timeout: "1 second" })

    // @ts-expect-error Property 'argument' is missing in type
    client.complete({ ref })
    // @ts-expect-error Type '"ref/tool"' is not assignable to type
    client.complete({ ref: { type: "ref/tool", name: "add" }, argument })
  })
})

describe("watching", () => {
  it("is an Effect of a Stream, with a scope", () => {
    expect(client.updates("docs://a")).type.toBe<Watch<string>>()
    expect(client.changes).type.toBe<Watch<"tools" | "prompts" | "resources">>()
  })

  it("of the legacy era answers with nothing", () => {
    expect(client.subscribe("docs://a")).type.toBe<Answer<void>>()
    expect(client.unsubscribe("docs://a", { timeout: "1 second" })).type.toBe<Answer<void>>()
  })

  it("of what is said unasked cannot fail", () => {
    expect(client.logs).type.toBe<Stream.Stream<LoggingMessageNotificationParams>>()
    expect(client.notifications).type.toBe<Stream.Stream<JsonRpc.Notification>>()
    expect(client.messages).type.toBe<Stream.Stream<McpClient.Message>>()
    expect<McpClient.Message["from"]>().type.toBe<"client" | "server">()
  })

  it("one notification takes a handler that cannot fail, and may need services", () => {
    const heard = client.on(ResourceUpdated, ({ uri }) => {
      expect(uri).type.toBe<string>()
      return Effect.void
    })
    expect(heard).type.toBe<Effect.Effect<void, never, Scope.Scope>>()
    const stored = client.on(LoggingMessage, ({ level }) => Effect.map(Database, () => void level))
    expect(stored).type.toBe<Effect.Effect<void, never, Scope.Scope | Database>>()

    // @ts-expect-error is not assignable to type 'Effect<void, never, never>'
    client.on(LoggingMessage, () => Effect.fail("no"))
    // @ts-expect-error Argument of type 'Request<"ping"
    client.on(Ping, () => Effect.void)
  })
})

describe("keeping in touch", () => {
  it("answers with nothing", () => {
    expect(client.ping()).type.toBe<Answer<void>>()
    expect(client.ping({ timeout: "1 second" })).type.toBe<Answer<void>>()
    expect(client.refresh).type.toBe<Answer<void>>()
    expect(client.setLevel("debug")).type.toBe<Answer<void>>()
    expect(client.progress({ progressToken: 1, progress: 1, total: 2, message: "half" })).type.toBe<Answer<void>>()

    // @ts-expect-error Argument of type '"loud"' is not assignable to parameter of type
    client.setLevel("loud")
    // @ts-expect-error Property 'progressToken' is missing in type
    client.progress({ progress: 1 })
  })
})

describe("any other method", () => {
  const Lend = McpMethod.request("example.com/lend", {
    params: Schema.Struct({ title: Schema.String, on: Schema.Date }),
    result: Schema.Struct({ due: Schema.Date })
  })
  const Count = McpMethod.request("example.com/count", {
    params: Schema.Struct({ of: Schema.optionalKey(Schema.String) }),
    result: Schema.Struct({ count: Schema.Int })
  })
  const Returned = McpMethod.notification("example.com/returned", { params: Schema.Struct({ title: Schema.String }) })

  it("is asked for by its row, of the specification", () => {
    expect(client.request(ReadResource, { uri: "docs://a" })).type.toBe<Answer<ReadResourceResult>>()
    expect(client.request(Ping)).type.toBeAssignableTo<Answer<object>>()

    // @ts-expect-error Property 'uri' is missing in type '{}'
    client.request(ReadResource, {})
    // @ts-expect-error Expected 2-3 arguments, but got 1
    client.request(Complete)
    // @ts-expect-error Argument of type 'Notification<
    client.request(Progress, { progressToken: 1, progress: 1 })
  })

  it("or one's own, decoded", () => {
    const due = client.request(Lend, { title: "Solaris", on: new Date(0) }, { timeout: "1 second", idleTimeout: 5 })
    expect(due).type.toBe<Answer<{ readonly due: Date }>>()
    expect(client.request(Count)).type.toBe<Answer<{ readonly count: number }>>()
    expect(client.request(Count, undefined, { meta: { trace: 1 } })).type.toBe<Answer<{ readonly count: number }>>()

    // @ts-expect-error Type 'string' is not assignable to type 'Date'
    client.request(Lend, { title: "Solaris", on: "1970-01-01" })
  })

  it("or is told, by a notification", () => {
    expect(client.notify(Returned, { title: "Solaris" })).type.toBe<Answer<void>>()

    // @ts-expect-error Expected 2 arguments, but got 1
    client.notify(Returned)
    // @ts-expect-error Argument of type 'Request<
    client.notify(Lend, { title: "Solaris", on: new Date(0) })
  })
})

describe("the options of a call", () => {
  it("hand progress to a handler that cannot fail", () => {
    client.callTool(
      "add",
      {},
      {
        onProgress: (progress) => {
          expect(progress).type.toBe<ProgressNotificationParams>()
          return Effect.void
        }
      }
    )
    // @ts-expect-error is not assignable to type 'Effect<void, never, never>'
    client.callTool("add", {}, { onProgress: () => Effect.fail("no") })
    // @ts-expect-error Type '"soon"' is not assignable to type
    client.callTool("add", {}, { timeout: "soon" })
  })

  it("give content that a text can be had of", () => {
    expect(Effect.map(client.callTool("add"), McpContent.textOf)).type.toBe<Answer<string>>()
  })
})
