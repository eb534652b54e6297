/**
 * The official client v2, with handlers for elicitation, sampling and roots, answers our server: in both eras, on stdio and
 * in every mode over HTTP. The other direction is in `asking-servers.test.ts`.
 *
 * What a question says is judged where it arrives, by what the client gives to its handlers; what an answer was understood
 * as, by the result.
 */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import {
  agreeable,
  type Answering,
  answering,
  eras,
  type EraName,
  type PlaceName,
  places,
  root
} from "./support/askingClients.ts"
import type { Result } from "./support/wholePeers.ts"
import { refusal, textOf } from "./support/wholeSteps.ts"

const names = Object.keys(places) as ReadonlyArray<PlaceName>
const both = Object.keys(eras) as ReadonlyArray<EraName>
/** A server of a session asks on the stream of the call; where there is neither, nobody can be asked. */
const canAsk = (place: PlaceName, era: EraName): boolean =>
  era === "modern" || (place !== "HTTP, stateless" && place !== "HTTP, JSON only")

const ada = { name: "Ada", age: 30, size: "l", likes: ["tea"] }

const form = {
  type: "object",
  properties: {
    name: { type: "string", title: "Name" },
    age: { type: "integer", default: 30 },
    size: {
      type: "string",
      oneOf: [
        { const: "s", title: "Small" },
        { const: "l", title: "Large" }
      ]
    },
    likes: { type: "array", default: ["tea"], items: { type: "string", enum: ["tea", "coffee"] } }
  },
  required: ["name", "age", "size", "likes"]
}

/** The one question that was asked. */
const only = <A>(asked: ReadonlyArray<A>): A => {
  assert.strictEqual(asked.length, 1)
  return asked[0] ?? assert.fail("nothing was asked")
}

/** What the tool answered with, which is no error. */
const valueOf = (result: Result): unknown => {
  assert.isNotTrue(result["isError"], String(textOf(result)))
  return result["structuredContent"]
}

class Connected extends Context.Service<Connected, Answering>()("asking/Connected") {}

/** The client, which has not been asked yet, and answers everything. */
const fresh = Effect.tap(Connected, ({ answers, asked }) =>
  Effect.sync(() => {
    asked.length = 0
    Object.assign(answers, agreeable)
  })
)

for (const [place, era] of names.flatMap((place) => both.map((era) => [place, era] as const))) {
  const connected = Layer.effect(Connected, answering(place, era))
  layer(connected, { excludeTestServices: true })(`the official client (${era}) and our server (${place})`, (it) => {
    if (!canAsk(place, era)) {
      it.effect("nobody can be asked, and it is said at once", () =>
        Effect.gen(function* () {
          const client = yield* fresh
          for (const name of ["register", "visit", "think", "look", "together"]) {
            const said = Effect.match(client.call(name), {
              onSuccess: (result) => [result["isError"], textOf(result)],
              onFailure: ({ message }) => [true, message]
            })
            const [isError, text] = yield* said
            assert.isTrue(isError, name)
            assert.match(String(text), /nothing can be asked on this connection/)
          }
          assert.deepStrictEqual(client.asked, [])
        })
      )
      return
    }

    it.effect("a form, with the defaults that the client fills in", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        assert.strictEqual(client.revision, eras[era].revision)
        assert.deepStrictEqual(valueOf(yield* client.call("register")), ada)
        const { method, params } = only(client.asked)
        assert.strictEqual(method, "elicitation/create")
        assert.strictEqual(params["message"], "Who are you?")
        assert.deepStrictEqual(params["requestedSchema"], form)
      })
    )

    it.effect("a question without fields: agreed to, declined, put away", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        for (const [action, said] of [
          ["accept", "It is agreed."],
          ["decline", 'The user declined to answer "agree"'],
          ["cancel", 'The user did not answer "agree"']
        ] as const) {
          client.answers.form = () => ({ action })
          const result = yield* client.call("agree")
          assert.strictEqual(result["isError"] ?? false, action !== "accept", action)
          assert.strictEqual(textOf(result), said)
        }
      })
    )

    it.effect("a page", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        assert.strictEqual(textOf(yield* client.call("visit")), "The page was opened.")
        const { params } = only(client.asked)
        assert.deepInclude(params, { mode: "url", message: "Pay there", url: "https://example.com/pay" })
        client.answers.page = () => ({ action: "decline" })
        assert.isTrue((yield* client.call("visit"))["isError"])
      })
    )

    it.effect("the model, whose reply is read by a schema", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        assert.deepStrictEqual(valueOf(yield* client.call("think")), { sum: 42 })
        const { method, params } = only(client.asked)
        assert.strictEqual(method, "sampling/createMessage")
        assert.deepInclude(params, { systemPrompt: "Answer with JSON.", maxTokens: 20 })
        assert.deepStrictEqual(params["messages"], [
          { role: "user", content: { type: "text", text: "What is 40 and 2?" } }
        ])
        client.answers.model = () => "forty-two"
        assert.isTrue((yield* client.call("think"))["isError"])
      })
    )

    it.effect("the roots", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        assert.deepStrictEqual(valueOf(yield* client.call("look")), { uris: [root.uri] })
        assert.strictEqual(only(client.asked).method, "roots/list")
      })
    )

    it.effect("all of them at once", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        const expected = { person: ada, sum: { sum: 42 }, uris: { uris: [root.uri] } }
        assert.deepStrictEqual(valueOf(yield* client.call("together")), expected)
        const methods = client.asked.map(({ method }) => method).toSorted()
        assert.deepStrictEqual(methods, ["elicitation/create", "roots/list", "sampling/createMessage"])
      })
    )

    // a modern handler begins anew with each of three rounds
    const begun = era === "modern" ? 3 : 1
    const booked = { seat: "w1", name: "Ada", held: 1, begun }

    it.effect("two questions, and what runs once between them", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        assert.deepStrictEqual(valueOf(yield* client.call("book", { ride: "morning" })), booked)
        const messages = client.asked.map(({ params }) => params["message"])
        assert.deepStrictEqual(messages, ["Where?", "Who sits on w1?"])
      })
    )

    it.effect("several calls at once have their own answers", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        const rides = ["noon", "evening", "night"]
        const book = (ride: string) => client.call("book", { ride })
        const results = yield* Effect.forEach(rides, book, { concurrency: "unbounded" })
        assert.deepStrictEqual(results.map(valueOf), [booked, booked, booked])
      })
    )

    it.effect("in a prompt and in a resource", () =>
      Effect.gen(function* () {
        const client = yield* fresh
        const { messages } = yield* client.prompt("greet")
        assert.deepStrictEqual(messages, [{ role: "user", content: { type: "text", text: "Greet Ada." } }])
        const uri = "people://asked"
        const { contents } = yield* client.read(uri)
        assert.deepStrictEqual(contents, [{ uri, mimeType: "application/json", text: JSON.stringify(ada) }])
        assert.strictEqual(client.asked.length, 2)
        client.answers.form = () => ({ action: "decline" })
        for (const ask of [client.read(uri), client.prompt("greet")]) {
          assert.match((yield* refusal(ask)).message, /The user declined to answer "user"/)
        }
      })
    )

    it.effect("a client that cannot be asked is not", () =>
      Effect.gen(function* () {
        const client = yield* answering(place, era, { elicitation: { form: {} } })
        for (const name of ["visit", "think", "look", "together"]) {
          const { code, data } = yield* refusal(client.call(name))
          assert.strictEqual(code, era === "modern" ? -32021 : -32602, name)
          assert.property(data, "requiredCapabilities")
        }
        assert.deepStrictEqual(client.asked, [])
      })
    )
  })
}
