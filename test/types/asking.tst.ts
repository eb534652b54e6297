/**
 * Asking back: what comes of a question, how asking fails, what the schemas of questions need; and what a host needs of the
 * program that it is provided to.
 *
 * The text after an expect-error directive is part of the compiler's message; tstyche compares it.
 */
import { Context, Effect, type Layer, Schema, SubscriptionRef } from "effect"
import {
  Ask,
  McpClient,
  type McpError,
  McpHost,
  McpPrompt,
  McpRequest,
  McpResource,
  type McpServer,
  type McpTool
} from "mcp-effect"
import type { Root } from "mcp-effect/methods/roots"
import type { CreateMessageResult } from "mcp-effect/methods/sampling"
import { describe, expect, it } from "tstyche"
import { Boom, type Database, Hello, type Uses } from "./support/definitions.ts"

declare const request: McpRequest.Service

type Unanswered = McpError.ElicitDeclined | McpError.ElicitCancelled

const Seat = Schema.Struct({ row: Schema.Int, at: Schema.DateTimeUtcFromString })

/** Needs a service to decode, and another to encode. */
declare const Coded: Schema.Codec<string, string, Uses<"decode">, Uses<"encode">>

describe("elicit", () => {
  it("gives what the schema decodes, and keeps apart who has not answered", () => {
    expect(request.elicit("who", { message: "?", schema: Schema.String })).type.toBe<
      Effect.Effect<string, Unanswered | McpError.McpError>
    >()
    expect(request.elicit("seat", { message: "?", schema: Seat })).type.toBe<
      Effect.Effect<typeof Seat.Type, Unanswered | McpError.McpError>
    >()
    expect(request.elicit("colour", { message: "?", schema: Ask.choice({ r: "Red", b: "Blue" }) })).type.toBe<
      Effect.Effect<"r" | "b", Unanswered | McpError.McpError>
    >()
  })

  it("without a schema gives nothing: the user agrees", () => {
    expect(request.elicit("sure", { message: "Sure?" })).type.toBe<
      Effect.Effect<void, Unanswered | McpError.McpError>
    >()
  })

  it("needs what its schema needs to decode, and not to encode", () => {
    expect(request.elicit("coded", { message: "?", schema: Schema.Struct({ coded: Coded }) })).type.toBe<
      Effect.Effect<{ readonly coded: string }, Unanswered | McpError.McpError, Uses<"decode">>
    >()
  })

  it("takes flat forms: texts, numbers, booleans, words, lists of words, each of them optional", () => {
    const Flat = Schema.Struct({
      text: Schema.optionalKey(Schema.String),
      number: Schema.Finite,
      yes: Schema.Boolean,
      word: Schema.Literals(["a", "b"]),
      some: Schema.optionalKey(Schema.Array(Schema.Literals(["a", "b"])))
    })
    expect(request.elicit).type.toBeCallableWith("flat", { message: "?", schema: Flat })
    class Named extends Schema.Class<Named>("Named")({ name: Schema.String }) {}
    expect(request.elicit("named", { message: "?", schema: Named })).type.toBe<
      Effect.Effect<Named, Unanswered | McpError.McpError>
    >()
  })

  it("refuses a nested form in a sentence that names the field, and only that", () => {
    const Nested = Schema.Struct({ a: Schema.Struct({ b: Schema.String }), c: Schema.String })
    // @ts-expect-error An elicitation form is a flat object of strings, numbers, booleans and string lists; not flat"' is missing in type 'Struct<{ readonly a: Struct<{ readonly b: String; }>; readonly c: String; }>' but required in type 'NotFlat<"a">'
    request.elicit("nested", { message: "?", schema: Nested })

    // @ts-expect-error required in type 'NotFlat<"a">'
    Ask.form({ message: "?", schema: Schema.Struct({ a: Schema.optionalKey(Schema.Array(Schema.Finite)) }) })

    // @ts-expect-error required in type 'NotFlat<null>'
    Ask.form({ message: "?", schema: Schema.Null })
  })
})

describe("ask", () => {
  it("gives each answer by its key, and fails with what any of the questions does", () => {
    const asked = request.ask({
      name: Ask.form({ message: "?", schema: Schema.Struct({ name: Schema.String }) }),
      sure: Ask.form({ message: "?" }),
      page: Ask.url({ message: "?", url: "https://example.com" }),
      said: Ask.sample({ messages: "?" }),
      number: Ask.sample({ messages: "?", schema: Schema.Finite }),
      places: Ask.roots
    })
    expect(asked).type.toBe<
      Effect.Effect<
        {
          readonly name: { readonly name: string }
          readonly sure: void
          readonly page: void
          readonly said: CreateMessageResult
          readonly number: number
          readonly places: ReadonlyArray<Root>
        },
        Unanswered | McpError.McpError
      >
    >()
  })

  it("of the model alone does not fail with what only a user can do", () => {
    expect(request.ask({ said: Ask.sample({ messages: "?" }), places: Ask.roots })).type.toBe<
      Effect.Effect<{ readonly said: CreateMessageResult; readonly places: ReadonlyArray<Root> }, McpError.McpError>
    >()
  })

  it("needs what all of its schemas need to decode", () => {
    const asked = request.ask({
      a: Ask.form({ message: "?", schema: Schema.Struct({ coded: Coded }) }),
      b: Ask.sample({ messages: "?", schema: Schema.Struct({ at: Schema.String as unknown as typeof Other }) })
    })
    expect(asked).type.toBe<
      Effect.Effect<
        { readonly a: { readonly coded: string }; readonly b: { readonly at: number } },
        Unanswered | McpError.McpError,
        Uses<"decode"> | Uses<"other">
      >
    >()
  })

  it("takes questions, and nothing else", () => {
    // @ts-expect-error Type 'string' is not assignable to type 'AnyQuestion'
    request.ask({ name: "What is your name?" })
  })
})

declare const Other: Schema.Codec<number, string, Uses<"other">>

describe("sample", () => {
  it("gives the model's message, or what it says by a schema", () => {
    expect(request.sample("said", { messages: "?" })).type.toBe<Effect.Effect<CreateMessageResult, McpError.McpError>>()
    expect(request.sample("seat", { messages: "?", schema: Seat })).type.toBe<
      Effect.Effect<typeof Seat.Type, McpError.McpError>
    >()
    expect(request.sample("coded", { messages: "?", schema: Coded })).type.toBe<
      Effect.Effect<string, McpError.McpError, Uses<"decode">>
    >()
  })

  it("takes schemas that a form could not ask for", () => {
    const Nested = Schema.Struct({ a: Schema.Struct({ b: Schema.Array(Schema.Finite) }) })
    expect(request.sample("nested", { messages: "?", schema: Nested })).type.toBe<
      Effect.Effect<typeof Nested.Type, McpError.McpError>
    >()
  })
})

describe("roots", () => {
  it("are places, or McpError", () => {
    expect(request.roots).type.toBe<Effect.Effect<ReadonlyArray<Root>, McpError.McpError>>()
  })
})

describe("once", () => {
  it("gives what the effect gives, and fails as it does", () => {
    const hold = Effect.flatMap(Effect.service(SeatsOfTest), ({ hold }) => hold)
    expect(request.once("seat", Seat, hold)).type.toBe<Effect.Effect<typeof Seat.Type, Boom, SeatsOfTest>>()
    expect(request.once("told", Schema.Void, Effect.void)).type.toBe<Effect.Effect<void>>()
  })

  it("needs what its schema needs, both ways", () => {
    expect(request.once("coded", Coded, Effect.succeed(""))).type.toBe<
      Effect.Effect<string, never, Uses<"decode"> | Uses<"encode">>
    >()
  })

  it("takes no effect that gives something else", () => {
    // @ts-expect-error Type 'string' is not assignable to type 'number'
    request.once("n", Schema.Finite, Effect.succeed("one"))
  })
})

class SeatsOfTest extends Context.Service<SeatsOfTest, { readonly hold: Effect.Effect<typeof Seat.Type, Boom> }>()(
  "test/Seats"
) {}

describe("a handler", () => {
  const sure = Effect.flatMap(McpRequest, ({ elicit }) => elicit("sure", { message: "Sure?" }))
  const asking = () => Effect.as(sure, "it is done")

  it("may fail with what its questions fail with, without declaring it", () => {
    expect(Hello.toLayer(asking)).type.toBe<Layer.Layer<never, never, McpServer.McpServer>>()
    expect(McpPrompt.make("p").toLayer(asking)).type.toBe<Layer.Layer<never, never, McpServer.McpServer>>()
    const read = McpResource.make("docs://a", { name: "a" }).toLayer(asking())
    expect(read).type.toBe<Layer.Layer<never, never, McpServer.McpServer>>()
    const template = McpResource.template("docs://{id}", { name: "a", parameters: { id: Schema.String } })
    expect(template.toLayer(asking)).type.toBe<Layer.Layer<never, never, McpServer.McpServer>>()
    expect<McpTool.Builtin>().type.toBeAssignableFrom<Unanswered>()
  })

  it("declares its own errors as ever", () => {
    // @ts-expect-error required in type 'UndeclaredFailure<Boom>'
    Hello.toLayer(() => Effect.andThen(sure, Effect.fail(new Boom({ why: "" }))))
  })

  it("needs what the questions need", () => {
    const live = Hello.toLayer(() =>
      Effect.flatMap(McpRequest, ({ elicit }) =>
        elicit("coded", { message: "?", schema: Schema.Struct({ coded: Coded }) })
      ).pipe(Effect.map(({ coded }) => coded))
    )
    expect(live).type.toBe<Layer.Layer<never, never, McpServer.McpServer | Uses<"decode">>>()
  })
})

describe("McpHost", () => {
  const agree = () => Effect.succeed("accept" as const)

  it("gives a host, and needs what its functions need", () => {
    expect(McpHost.elicitation({ url: agree })).type.toBe<Layer.Layer<McpHost.ElicitationHost>>()
    const fromDatabase = McpHost.elicitation({
      form: (form, { server }) => {
        expect(form.message).type.toBe<string>()
        expect(server?.name).type.toBe<string | undefined>()
        return Effect.as(Effect.service(SeatsOfTest), { ok: true })
      },
      url: () => Effect.as(Effect.void as Effect.Effect<void, never, Database>, "accept")
    })
    expect(fromDatabase).type.toBe<Layer.Layer<McpHost.ElicitationHost, never, SeatsOfTest | Database>>()
  })

  it("takes what a form can hold, or that the user does not answer", () => {
    expect(McpHost.elicitation).type.toBeCallableWith({ form: () => Effect.succeed("decline" as const) })
    expect(McpHost.elicitation).type.toBeCallableWith({ form: () => Effect.fail(McpHost.rejected("not now")) })
    // @ts-expect-error Type '{ a: { b: string; }; }' is not assignable to type 'FormAnswer'
    McpHost.elicitation({ form: () => Effect.succeed({ a: { b: "" } }) })
    // @ts-expect-error Type 'Boom' is missing the following properties from type 'Refused'
    McpHost.elicitation({ form: () => Effect.fail(new Boom({ why: "" })) })
  })

  it("takes places that stay, or that change", () => {
    expect(McpHost.roots([{ uri: "file:///a" }])).type.toBe<Layer.Layer<McpHost.RootsHost>>()
    const changing = SubscriptionRef.make<ReadonlyArray<Root>>([])
    expect(Effect.map(changing, McpHost.roots)).type.toBe<Effect.Effect<Layer.Layer<McpHost.RootsHost>>>()
  })

  it("does not show where the client connects", () => {
    const connected = McpClient.connect("node server.ts")
    expect(Effect.provide(connected, McpHost.roots([]))).type.toBe<typeof connected>()
  })
})
