/**
 * What a server on the official SDK v2 can do (`fixtures/official-whole.ts`), in both eras.
 *
 * What an era lacks is asked for too, and is `Unsupported`. Tools that ask the client are refused by the server, which
 * knows that nobody answers; `asking-servers.test.ts` has somebody who does.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import { McpContent, type McpError } from "mcp-effect"
import type { JsonObject } from "mcp-effect/McpSchema"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually, within } from "../../../transport/support/eventually.ts"
import type { Entry } from "../../fixtures/tools.ts"
import { type At, type Foreign, Hostless, type Tests } from "../features.ts"
import {
  atLeast,
  check,
  collected,
  every,
  failsWith,
  given,
  lists,
  refused,
  says,
  tool,
  unsupported
} from "./asking.ts"
import { kinds, named, prompts, readme, resources } from "./officialLists.ts"

type Era = "legacy" | "modern"

const program = join(import.meta.dirname, "..", "..", "fixtures", "official-whole.ts")

/** A tool that always fails. */
const fails = (name: string, message: string): Tests => ({
  [`tool ${name}`]: (at) => failsWith(at, name, {}, message)
})

const answers = (era: Era): Tests => ({
  ...tool("add", {
    ...given({ a: 2.5, b: 40 }),
    seen: (result, { tools }) =>
      Effect.sync(() => {
        assert.deepStrictEqual(result.structuredContent, { sum: 42.5 })
        assert.deepInclude(tools.get("add"), {
          title: "Add",
          description: "Add two numbers",
          annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
          icons: [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }],
          _meta: { "example.com/kind": "demo" }
        })
      }),
    wrong: { a: "one", b: 2 },
    structured: true
  }),
  // a list, where the revision can say that; the SDK puts it into an object where not
  ...tool("count", {
    ...given({ last: 3 }),
    seen: check(({ structuredContent }) =>
      assert.deepStrictEqual(structuredContent, era === "modern" ? [1, 2, 3] : { result: [1, 2, 3] })
    ),
    wrong: { last: 1.5 },
    structured: true
  }),
  ...tool("show", {
    ...given({ kind: "text" }),
    seen: (_, { client }) =>
      Effect.gen(function* () {
        for (const [kind, blocks] of Object.entries(kinds)) {
          const { content } = yield* client.callTool("show", { kind })
          assert.deepStrictEqual<unknown>(content, blocks, kind)
        }
      }),
    wrong: { kind: "smell" }
  }),
  ...fails("refuse", "not today"),
  ...fails("break", "broken"),
  "tools: none by that name": ({ client }) => refused(-32602, client.callTool("none"))
})

/** What the server has written down about a name. */
const journal = ({ place }: At, name: string): ReadonlyArray<Entry["event"]> => {
  const file = join(place, "journal")
  if (!existsSync(file)) return []
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Entry).flatMap((entry) => (entry.name === name ? [entry.event] : []))
}

const work: Tests = {
  ...tool("slow", {
    ...given({ name: "short", steps: 3, pause: 1 }),
    seen: (result, at, args) =>
      Effect.gen(function* () {
        assert.strictEqual(McpContent.textOf(result), "short took 3 steps")
        const seen: Array<string | undefined> = []
        yield* at.client.callTool("slow", args, {
          onProgress: ({ message }) => Effect.sync(() => void seen.push(message))
        })
        assert.deepStrictEqual(seen, ["short 1", "short 2", "short 3"])

        const long = { name: "long", steps: 100_000, pause: 5 }
        const call = yield* Effect.forkChild(at.client.callTool("slow", long))
        yield* eventually("it has started", () => journal(at, "long")[0])
        yield* within("the interrupted call", Fiber.interrupt(call))
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(call)))
        yield* eventually("it was interrupted", () => journal(at, "long")[1])
        assert.deepStrictEqual(journal(at, "long"), ["started", "interrupted"])
      }),
    wrong: { name: "short" }
  })
}

const notice = { level: "notice", data: { of: "some interest" }, logger: "talker" }
const quiet = { level: "debug", data: "quiet" }
const loud = { level: "error", data: "loud" }

/** What `talk` has said to be heard: the log messages come before its reply. */
const talked = (at: At, meta?: JsonObject) =>
  Effect.scoped(
    Effect.gen(function* () {
      const heard = yield* collected(at.client.notifications)
      const result = yield* at.client.callTool("talk", {}, meta === undefined ? {} : { meta })
      assert.strictEqual(McpContent.textOf(result), "talked")
      yield* at.client.ping()
      return heard.map(({ params }) => {
        const { data, level, logger } = params as JsonObject
        return logger === undefined ? { level, data } : { level, data, logger }
      })
    })
  )

const logging: { readonly [E in Era]: Tests } = {
  legacy: {
    "tool talk": (at) =>
      Effect.gen(function* () {
        yield* at.client.setLevel("debug")
        assert.deepStrictEqual<unknown>(yield* talked(at), [quiet, notice, loud])
      }),
    "capability logging": (at) =>
      Effect.gen(function* () {
        const said = yield* collected(at.client.logs)
        yield* at.client.setLevel("error")
        assert.deepStrictEqual<unknown>(yield* talked(at), [loud])
        yield* at.client.setLevel("notice")
        assert.deepStrictEqual<unknown>(yield* talked(at), [notice, loud])
        assert.deepStrictEqual<unknown>(yield* atLeast("log messages", said, 3), [loud, notice, loud])
      })
  },
  modern: {
    "tool talk": (at) => Effect.map(talked(at), (heard) => assert.deepStrictEqual(heard, [])),
    "capability logging": (at) =>
      Effect.gen(function* () {
        const level = (level: string) => ({ "io.modelcontextprotocol/logLevel": level })
        assert.deepStrictEqual<unknown>(yield* talked(at, level("debug")), [quiet, notice, loud])
        assert.deepStrictEqual<unknown>(yield* talked(at, level("error")), [loud])
        const { detail } = yield* unsupported(at.client.setLevel("error"))
        assert.strictEqual(detail, "revision 2026-07-28 has no such method")
      })
  }
}

/** A list that grows and shrinks tells of both, and shows it. */
const grows = (
  what: "tool" | "prompt" | "resource",
  namesOf: (at: At) => Effect.Effect<ReadonlyArray<string>, McpError.McpError>
): Tests => ({
  [`capability ${what}s.listChanged`]: (at) =>
    Effect.gen(function* () {
      const changes = yield* collected(yield* at.client.changes)
      assert.notInclude(yield* namesOf(at), "grown")
      yield* at.client.callTool("grow", { what })
      assert.deepStrictEqual(yield* atLeast("changes", changes), [`${what}s`])
      assert.include(yield* namesOf(at), "grown")
      yield* at.client.callTool("shrink")
      assert.deepStrictEqual(yield* atLeast("changes", changes, 2), [`${what}s`, `${what}s`])
      assert.notInclude(yield* namesOf(at), "grown")
    })
})

const changes = (era: Era): Tests => ({
  ...grows("tool", ({ client }) => Effect.map(Stream.runCollect(client.tools()), named)),
  ...grows("prompt", ({ client }) => Effect.map(Stream.runCollect(client.prompts()), named)),
  ...grows("resource", ({ client }) => Effect.map(Stream.runCollect(client.resources()), named)),
  ...tool("grow", {
    ...given({ what: "tool" }),
    seen: (_, { client }) =>
      Effect.gen(function* () {
        assert.strictEqual(McpContent.textOf(yield* client.callTool("grown")), "grown")
        yield* client.callTool("shrink")
      }),
    wrong: { what: "nothing" }
  }),
  ...tool("shrink", {
    args: ({ client }) =>
      Effect.gen(function* () {
        yield* client.callTool("grow", { what: "prompt" })
        assert.lengthOf((yield* client.getPrompt("grown")).messages, 1)
        return {}
      }),
    seen: (_, { client }) => refused(-32602, client.getPrompt("grown"))
  }),
  ...tool("touch", { ...given({ uri: readme }), seen: says("touched"), wrong: {} }),
  "capability resources.subscribe": ({ client }) =>
    Effect.gen(function* () {
      const heard = yield* collected(client.notifications)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const readmes = yield* collected(yield* client.updates(readme))
          const logos = yield* collected(yield* client.updates("docs://logo"))
          for (const uri of [readme, "docs://both", "docs://logo", readme]) yield* client.callTool("touch", { uri })
          assert.deepStrictEqual(yield* atLeast("updates", readmes, 2), [readme, readme])
          assert.deepStrictEqual(yield* atLeast("updates", logos), ["docs://logo"])
        })
      )
      const before = heard.length
      yield* client.callTool("touch", { uri: readme })
      yield* client.ping()
      assert.strictEqual(heard.length, before, "nobody watches any more")
      if (era === "modern") {
        yield* unsupported(client.subscribe(readme))
        return
      }
      yield* client.subscribe(readme)
      yield* client.callTool("touch", { uri: readme })
      yield* atLeast("notifications", heard, before + 1)
      yield* client.unsubscribe(readme)
    })
})

/** A tool that asks the client, by that method, of which it needs that capability. */
const asks = (era: Era, name: string, method: string, requiredCapabilities: object): Tests => ({
  [`tool ${name}`]: new Hostless((at) =>
    Effect.gen(function* () {
      if (era === "legacy") return yield* failsWith(at, name, {}, `Cannot request input 'it' (${method})`)
      const { data } = yield* refused(-32021, at.client.callTool(name))
      assert.deepStrictEqual(data, { requiredCapabilities })
    })
  )
})

const questions = (era: Era): Tests => ({
  ...asks(era, "ask-user", "elicitation/create", { elicitation: { form: {} } }),
  ...asks(era, "ask-user-elsewhere", "elicitation/create", { elicitation: { url: {} } }),
  ...asks(era, "ask-model", "sampling/createMessage", { sampling: {} }),
  ...asks(era, "ask-roots", "roots/list", { roots: {} }),
  // it asks for nothing but another call: of our client, or, in legacy revisions, of the SDK itself
  ...tool("come-again", { seen: says("came again") })
})

const official = (name: string, revision: string, era: Era): Foreign => ({
  name,
  revision,
  start: (place) => ({
    args: ["--conditions=mcp-effect-source", program],
    env: { JOURNAL: join(place, "journal") }
  }),
  tests: {
    ...every(revision, { name: "official-whole", version: "2.4.0", title: "All of the official SDK" }),
    instructions: ({ client }) => Effect.sync(() => assert.strictEqual(client.instructions, "Use everything")),
    "capability experimental.example.com/trial.on": ({ client }) =>
      Effect.sync(() =>
        assert.deepStrictEqual<unknown>(client.capabilities.experimental, { "example.com/trial": { on: true } })
      ),
    ...lists.tools,
    ...answers(era),
    ...work,
    ...logging[era],
    ...changes(era),
    ...resources,
    ...prompts,
    ...questions(era)
  }
})

export const officialLegacy = official("official v2, legacy", "2025-11-25", "legacy")
export const officialModern = official("official v2, modern", "2026-07-28", "modern")
