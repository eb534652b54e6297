/**
 * The tools of `server-everything`, its logging, and its tasks by the rows of revision 2025-11-25.
 *
 * The tools that it only has for clients that answer questions (sampling, elicitation, roots) are known from its program;
 * it refuses them to this client, by name.
 */
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { McpContent, type McpError, McpMethod, McpTool } from "mcp-effect"
import { CancelTask, CreateTaskResult, GetTask, GetTaskPayload, ListTasks, type Task } from "mcp-effect/methods/tasks"
import { CallTool } from "mcp-effect/methods/tools"
import { readdirSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type At, Hostless, type Tests } from "../features.ts"
import { atLeast, check, collected, failsWith, given, reasonOf, refused, says, tool } from "./asking.ts"

export const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"))
export const docs = join(dirname(program), "docs")
export const documents = readdirSync(docs)
export const documentUri = (name: string): string => `demo://resource/static/document/${name}`
export const [document = ""] = documents.map(documentUri)

const GetSum = McpTool.make("get-sum", { parameters: { a: Schema.Finite, b: Schema.Finite } })
const Weather = McpTool.make("get-structured-content", {
  parameters: { location: Schema.Literals(["New York", "Chicago", "Los Angeles"]) },
  success: Schema.Struct({ temperature: Schema.Finite, conditions: Schema.String, humidity: Schema.Finite })
})

const answers: Tests = {
  ...tool("echo", { ...given({ message: "naïve ☃" }), seen: says("Echo: naïve ☃"), wrong: {} }),
  ...tool("get-sum", {
    ...given({ a: 2.5, b: 40 }),
    seen: (result, { client }) =>
      Effect.gen(function* () {
        assert.strictEqual(McpContent.textOf(result), "The sum of 2.5 and 40 is 42.5.")
        const known = yield* client.call(GetSum, { a: 1, b: 2 })
        assert.deepStrictEqual(known, { content: [{ type: "text", text: "The sum of 1 and 2 is 3." }] })
      }),
    wrong: { a: "one", b: 2 }
  }),
  ...tool("get-annotated-message", {
    ...given({ messageType: "error", includeImage: true }),
    seen: check(({ content: [text, image, ...rest] }) => {
      const annotations = { priority: 1, audience: ["user", "assistant"] }
      assert.deepStrictEqual<unknown>(text, { type: "text", text: "Error: Operation failed", annotations })
      assert.deepInclude(image, { type: "image", mimeType: "image/png" })
      assert.deepStrictEqual<unknown>(image?.annotations, { priority: 0.5, audience: ["user"] })
      assert.isEmpty(rest)
    }),
    wrong: { messageType: "loud" }
  }),
  ...tool("get-env", {
    seen: check((result) => {
      const seen = JSON.parse(McpContent.textOf(result)) as Record<string, string>
      assert.strictEqual(seen["FOR_EVERYTHING"], "all of it")
      // what this process has besides is not for its servers
      assert.notProperty(seen, "VITEST")
    })
  }),
  ...tool("get-structured-content", {
    ...given({ location: "New York" }),
    seen: (result, { client }) =>
      Effect.gen(function* () {
        const weather = { temperature: 33, conditions: "Cloudy", humidity: 82 }
        assert.deepStrictEqual(result.structuredContent, weather)
        assert.deepStrictEqual(yield* client.call(Weather, { location: "New York" }), weather)
      }),
    wrong: { location: "Atlantis" },
    structured: true
  }),
  ...tool("get-tiny-image", {
    seen: check(({ content }) => {
      assert.deepStrictEqual(
        content.map(({ type }) => type),
        ["text", "image", "text"]
      )
      const image = content[1]
      if (image?.type !== "image") return assert.fail("no image")
      assert.deepStrictEqual([...Buffer.from(image.data, "base64").subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
    })
  }),
  ...tool("trigger-long-running-operation", {
    ...given({ duration: 0.05, steps: 2 }),
    seen: (result, { client }, args) =>
      Effect.gen(function* () {
        const done = "Long running operation completed. Duration: 0.05 seconds, Steps: 2."
        assert.strictEqual(McpContent.textOf(result), done)
        const seen: Array<number> = []
        yield* client.callTool("trigger-long-running-operation", args, {
          onProgress: ({ progress, total }) => Effect.sync(() => void seen.push(progress, total ?? 0))
        })
        assert.deepStrictEqual(seen, [1, 2, 2, 2])
      })
  })
}

const logs: Tests = {
  ...tool("toggle-simulated-logging", {
    args: ({ client }) => Effect.as(client.setLevel("debug"), {}),
    seen: (result, { client }) =>
      Effect.gen(function* () {
        assert.match(McpContent.textOf(result), /^Started /)
        yield* client.callTool("toggle-simulated-logging")
        const said = yield* collected(client.logs)
        // it says one thing of any level at once
        yield* client.callTool("toggle-simulated-logging")
        yield* client.callTool("toggle-simulated-logging")
        const [first] = yield* atLeast("log messages", said)
        assert.match(String(first?.data), /-level message$|level-message$/)
      })
  }),
  "capability logging": ({ client }) =>
    Effect.gen(function* () {
      const said = yield* collected(client.logs)
      // it says of each subscription that it has come, at the level "info"
      yield* client.setLevel("info")
      yield* client.subscribe(document)
      yield* client.setLevel("error")
      yield* client.unsubscribe(document)
      yield* client.subscribe(document)
      yield* client.setLevel("debug")
      yield* client.unsubscribe(document)
      const data = ["Received Subscribe Resource request for URI: ", "Received Unsubscribe Resource request: "]
      assert.deepStrictEqual<unknown>(
        yield* atLeast("log messages", said, 2),
        data.map((text) => ({ level: "info", data: `${text}${document} ` }))
      )
    })
}

/** A tool call that answers with a task. */
const CallAsTask = McpMethod.request("tools/call", { params: CallTool.params, result: CreateTaskResult })
/** What such a task comes to. */
const TaskResult = McpMethod.request("tasks/result", { params: GetTaskPayload.params, result: CallTool.result })
const research = "simulate-research-query"

const begun = ({ client }: At, topic: string): Effect.Effect<Task, McpError.McpError> =>
  Effect.map(
    client.request(CallAsTask, { name: research, arguments: { topic }, task: { ttl: 60_000 } }),
    ({ task }) => task
  )

const tasks: Tests = {
  [`tool ${research}`]: (at) =>
    Effect.gen(function* () {
      const { taskId } = yield* begun(at, "whales")
      // it answers when the task has ended
      const result = yield* at.client.request(TaskResult, { taskId })
      assert.match(McpContent.textOf(result), /^# Research Report: whales/)
      const { status } = yield* at.client.request(GetTask, { taskId })
      assert.strictEqual(status, "completed")
      yield* failsWith(at, research, { topic: "whales" }, "requires task augmentation")
    }),
  [`tool ${research}: wrong arguments`]: (at) =>
    Effect.gen(function* () {
      const task = { ttl: 60_000 }
      const { detail } = yield* refused(-32602, at.client.request(CallAsTask, { name: research, arguments: {}, task }))
      // its SDK finds that the error result which it has made is no task
      assert.include(detail, "Invalid task creation result")
    }),
  "capability tasks.requests.tools.call": (at) =>
    Effect.gen(function* () {
      const { status, taskId } = yield* begun(at, "ants")
      assert.strictEqual(status, "working")
      const early = yield* at.client.request(GetTask, { taskId })
      assert.deepInclude(early, { taskId, status: "working" })
      yield* at.client.request(CancelTask, { taskId })
    }),
  "capability tasks.list": (at) =>
    Effect.gen(function* () {
      const { taskId } = yield* begun(at, "bees")
      const { tasks } = yield* at.client.request(ListTasks)
      assert.include(
        tasks.map((task) => task.taskId),
        taskId
      )
      yield* at.client.request(CancelTask, { taskId })
    }),
  "capability tasks.cancel": (at) =>
    Effect.gen(function* () {
      const { taskId } = yield* begun(at, "wasps")
      const cancelled = yield* at.client.request(CancelTask, { taskId })
      assert.strictEqual(cancelled.status, "cancelled")
      assert.strictEqual((yield* at.client.request(GetTask, { taskId })).status, "cancelled")
      yield* refused(-32602, at.client.request(CancelTask, { taskId }))
      yield* refused(-32602, at.client.request(GetTask, { taskId: "none" }))
    })
}

const made = readdirSync(join(dirname(program), "tools")).flatMap((file) =>
  file === "index.js" ? [] : [basename(file, ".js")]
)
const hosted = (name: string): string => `tool ${name}: only for clients that answer`

const refusals: Tests = Object.fromEntries(
  [
    "get-roots-list",
    "trigger-elicitation-request",
    "trigger-elicitation-request-async",
    "trigger-sampling-request",
    "trigger-sampling-request-async",
    "trigger-url-elicitation"
  ].map((name) => [
    hosted(name),
    new Hostless(({ client }) =>
      Effect.gen(function* () {
        const reason = yield* reasonOf(client.call(McpTool.make(name)))
        if (reason._tag !== "ToolFailed") return assert.fail(reason.message)
        assert.strictEqual(McpContent.textOf(reason), `MCP error -32602: Tool ${name} not found`)
      })
    )
  ])
)

/** Rows of the tools that the program has and does not offer to this client; they are named as its files. */
export const notOffered = (offered: ReadonlyMap<string, unknown>): ReadonlyArray<string> =>
  made.filter((name) => !offered.has(name)).map(hosted)

export const tools: Tests = { ...answers, ...logs, ...tasks, ...refusals }
