/**
 * A server's tools for a language model: the toolkit is one of `effect/ai`, and adds nothing to what a program needs.
 */
import { Effect, type Stream } from "effect"
import { type AiError, Chat, LanguageModel, type Tool, type Toolkit } from "effect/ai"
import type { McpClient, McpError } from "mcp-effect"
import * as McpToolkit from "mcp-effect/McpToolkit"
import type { Tool as Listed } from "mcp-effect/methods/tools"
import { describe, expect, it } from "tstyche"

declare const client: McpClient.Service
declare const toolkit: McpToolkit.ServerToolkit

describe("McpToolkit.make", () => {
  it("needs nothing but the client", () => {
    expect(McpToolkit.make(client)).type.toBe<Effect.Effect<McpToolkit.ServerToolkit, McpError.McpError>>()
  })

  it("takes which tools, and by which names", () => {
    McpToolkit.make(client, {
      filter: (tool) => {
        expect(tool).type.toBe<Listed>()
        return tool.annotations?.readOnlyHint === true
      },
      rename: (name) => {
        expect(name).type.toBe<string>()
        return `notes_${name}`
      }
    })
    McpToolkit.make(client, {})

    // @ts-expect-error Type 'number' is not assignable to type 'string'
    McpToolkit.make(client, { rename: (name) => name.length })
    // @ts-expect-error 'only' does not exist in type 'Options'
    McpToolkit.make(client, { only: ["add"] })
    // @ts-expect-error is missing the following properties from type 'Service'
    McpToolkit.make({})
  })
})

describe("its toolkit", () => {
  it("is one of effect/ai, with its handlers", () => {
    expect(toolkit).type.toBeAssignableTo<Toolkit.WithHandler<{ readonly [name: string]: McpToolkit.ServerTool }>>()
    expect<McpToolkit.ServerTool>().type.toBeAssignableTo<Tool.Any>()
    expect<Tool.HandlerServices<McpToolkit.ServerTool>>().type.toBe<never>()
    expect<Tool.HandlerError<McpToolkit.ServerTool>>().type.toBe<never>()
  })

  it("may be one with those of other servers", () => {
    expect(McpToolkit.merge(toolkit, toolkit)).type.toBe<McpToolkit.ServerToolkit>()

    // @ts-expect-error Argument of type 'Service' is not assignable to parameter of type 'ServerToolkit'
    McpToolkit.merge(client)
  })

  it("fits a language model, which needs and fails with nothing more", () => {
    const answer = LanguageModel.generateText({ prompt: "Add 1 and 2", toolkit })
    expect<Effect.Services<typeof answer>>().type.toBe<LanguageModel.LanguageModel>()
    expect<Effect.Error<typeof answer>>().type.toBe<AiError.AiError>()
    const stream = LanguageModel.streamText({ prompt: "Add 1 and 2", toolkit })
    expect<Stream.Services<typeof stream>>().type.toBe<LanguageModel.LanguageModel>()
    Effect.flatMap(Chat.empty, (chat) => chat.generateText({ prompt: "Add 1 and 2", toolkit }))
  })

  it("is made before it is given to one: effect/ai lets no toolkit fail", () => {
    const made = McpToolkit.make(client)
    LanguageModel.generateText({ prompt: "Add 1 and 2", toolkit: Effect.orDie(made) })

    // @ts-expect-error No overload matches this call
    LanguageModel.generateText({ prompt: "Add 1 and 2", toolkit: made })
  })
})
