/**
 * Prompts: arguments are text that schemas decode, what a handler may return, and what its Layer needs.
 *
 * The text after an expect-error directive is part of the compiler's message; tstyche compares it.
 */
import { Effect, type Layer, Schema, type Scope } from "effect"
import { McpContent, McpError, McpPrompt, McpRequest, type McpServer } from "mcp-effect"
import { describe, expect, it } from "tstyche"
import type { Uses } from "./support/definitions.ts"
import { Boom, Coded, CurrentUser, Database, Review, ReviewLive } from "./support/definitions.ts"

type Registration<R> = Layer.Layer<never, never, McpServer.McpServer | R>

const said = Effect.as(Database, "said")
declare const codes: Effect.Effect<ReadonlyArray<string>, never, Database>
declare const styles: Effect.Effect<ReadonlyArray<"kind">, never, CurrentUser>

describe("McpPrompt.make", () => {
  it("has its name and its fields in its type", () => {
    expect(Review).type.toBe<
      McpPrompt.McpPrompt<
        "review",
        { readonly code: Schema.String; readonly style: Schema.Literals<readonly ["strict", "kind"]> }
      >
    >()
    expect(Review.name).type.toBe<"review">()
    expect(McpPrompt.make("hello")).type.toBe<McpPrompt.McpPrompt<"hello", {}>>()
  })

  it("takes arguments whose encoded side is text", () => {
    McpPrompt.make("x", { parameters: { at: Schema.DateTimeUtcFromString, n: Schema.optionalKey(Schema.String) } })

    // @ts-expect-error Type 'Finite' is not assignable to type 'TextSchema'
    McpPrompt.make("x", { parameters: { n: Schema.Finite } })
    // @ts-expect-error is not assignable to type 'TextSchema'
    McpPrompt.make("x", { parameters: { tags: Schema.Array(Schema.String) } })
    // @ts-expect-error Type 'StringConstructor' is missing the following properties
    McpPrompt.make("x", { parameters: { n: String } })
  })
})

describe("the handler", () => {
  it("gets its arguments, decoded", () => {
    Review.toLayer((input) => {
      expect(input).type.toBe<{ readonly code: string; readonly style: "strict" | "kind" }>()
      return Effect.succeed(input.code)
    })
    McpPrompt.make("since", {
      parameters: { day: Schema.FiniteFromString, note: Schema.optionalKey(Schema.String) }
    }).toLayer(
      Effect.fnUntraced(function* (input) {
        expect(input).type.toBe<{ readonly day: number; readonly note?: string }>()
        return yield* Effect.succeed(`${input.day}`)
      })
    )
    McpPrompt.make("hello").toLayer((input) => {
      expect(input).type.toBe<{}>()
      return Effect.succeed("hello")
    })
  })

  it("returns a text, messages or a result", () => {
    Review.toLayer(() => Effect.succeed(McpPrompt.user("a")))
    Review.toLayer(() => Effect.succeed([McpPrompt.user("a"), McpPrompt.assistant(McpContent.text("b"))]))
    Review.toLayer(() => Effect.succeed({ description: "d", messages: [McpPrompt.user("a")] }))
    Review.toLayer(() => Effect.succeed([{ role: "user", content: { type: "text", text: "a" } }]))

    // @ts-expect-error Type 'number' is not assignable to type 'Output'
    Review.toLayer(() => Effect.succeed(1))
    // @ts-expect-error Type '"system"' is not assignable to type '"user" | "assistant"'
    Review.toLayer(() => Effect.succeed([{ role: "system", content: { type: "text", text: "a" } }]))
  })

  it("may refuse, and fails with no other error", () => {
    Review.toLayer(() => Effect.fail(new McpError.McpFault({ fault: "InvalidParams", detail: "" })))
    Review.toLayer(() => Effect.fail(new McpError.McpError({ reason: new McpError.Closed({ detail: "" }) })))

    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError | Unanswered'
    Review.toLayer(() => Effect.fail(new Boom({ why: "" })))
    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError | Unanswered'
    Review.register(() => Effect.fail(new Boom({ why: "" })))
  })
})

describe("what a prompt needs", () => {
  it("is the server and what its handler needs, without request and scope", () => {
    expect(ReviewLive).type.toBe<Registration<never>>()
    const handler = () =>
      Effect.gen(function* () {
        const request = yield* McpRequest
        yield* Effect.addFinalizer(() => request.log("info", "made"))
        return yield* said
      })
    expect(Review.toLayer(handler)).type.toBe<Registration<Database>>()
    expect(Review.register(handler)).type.toBe<
      Effect.Effect<void, McpServer.NameTaken, McpServer.McpServer | Scope.Scope | Database>
    >()
  })

  it("is what decodes its arguments", () => {
    const Services = McpPrompt.make("services", { parameters: Coded.parameters.fields })
    expect(Services.toLayer(({ value }) => Effect.succeed(value))).type.toBe<Registration<Uses<"decode parameters">>>()
  })

  it("is what completes its arguments", () => {
    expect(Review.toLayer(() => said, { complete: { code: () => Effect.as(CurrentUser, ["a"]) } })).type.toBe<
      Registration<Database | CurrentUser>
    >()
  })

  it("is what all its completers need", () => {
    const live = Review.toLayer(() => Effect.succeed(""), {
      complete: { code: () => codes, style: () => styles }
    })
    expect(live).type.toBe<Registration<Database | CurrentUser>>()
  })
})

describe("completing an argument", () => {
  it("gives values of its type", () => {
    Review.toLayer(() => said, {
      complete: {
        style: (typed, context) => {
          expect(typed).type.toBe<string>()
          expect(context.arguments).type.toBe<{ readonly code?: string; readonly style?: string }>()
          return Effect.succeed(["strict"])
        }
      }
    })

    // @ts-expect-error Type '"rude"' is not assignable to type
    Review.toLayer(() => said, { complete: { style: () => Effect.succeed(["rude"]) } })
    // @ts-expect-error 'other' does not exist in type 'Completers<
    Review.toLayer(() => said, { complete: { other: () => Effect.succeed([""]) } })
    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError'
    Review.toLayer(() => said, { complete: { code: () => Effect.fail(new Boom({ why: "" })) } })
  })
})
