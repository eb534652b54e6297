/**
 * A client of servers that are not ours: lists as Streams, calls by name and by a definition of one's own, resources that
 * change, what goes wrong by its reason, and how long to wait.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Stream } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { Listen } from "mcp-effect/methods/subscriptions"
import { McpNode } from "mcp-effect/node"
import { chapter, expect, story } from "../check.ts"
import { AddObservations, CreateEntities, everything, memory } from "./servers.ts"

const names = <A extends { readonly name: string }, E>(list: Stream.Stream<A, E>) =>
  Effect.map(Stream.runCollect(list), (items) => items.map(({ name }) => name))

const GRAPH = "memory://knowledge-graph"
const ada = { name: "Ada", entityType: "person", observations: ["writes programs"] }

const remembering = Effect.gen(function* () {
  yield* chapter("A server that remembers")
  const client = yield* McpClient.connect(yield* memory)
  yield* expect("what it speaks", client.revision, "2025-11-25")

  // a page is asked for when it is needed
  const readers = client.tools().pipe(Stream.filter(({ annotations }) => annotations?.readOnlyHint === true))
  yield* expect("tools that only read", yield* names(readers), ["read_graph", "search_nodes", "open_nodes"])
  yield* expect("resources", yield* names(client.resources()), ["knowledge-graph"])

  const updates = yield* client.updates(GRAPH)
  const { entities } = yield* client.call(CreateEntities, { entities: [ada] })
  yield* expect("a call, decoded by our own definition", entities[0]?.observations, ["writes programs"])
  yield* expect("what has changed by it", yield* Stream.runCollect(Stream.take(updates, 1)), [GRAPH])
  const [graph] = (yield* client.readResource(GRAPH)).contents
  const known = graph !== undefined && "text" in graph ? JSON.parse(graph.text) : undefined
  yield* expect("read as a resource", known, { entities: [ada], relations: [] })
  // the tools have been listed, so this result was checked by the schema that the server gave for it
  const found = yield* client.callTool("search_nodes", { query: "programs" })
  yield* expect("a call by name", found.structuredContent, { entities: [ada], relations: [] })

  yield* chapter("What may go wrong, by its reason")
  const observations = [{ entityName: "Bob", contents: ["is unknown"] }]
  const add = client.call(AddObservations, { observations }).pipe(
    Effect.map(McpContent.textOf),
    Effect.catchReason("McpError", "ToolFailed", ({ content }) => Effect.succeed(McpContent.textOf({ content })))
  )
  yield* expect("the tool failed", yield* add, "Entity with name Bob not found")
  const read = client.readResource("memory://nothing").pipe(
    Effect.map(({ contents }) => contents.length),
    Effect.catchReason("McpError", "Remote", ({ code }) => Effect.succeed(code))
  )
  yield* expect("the server refused", yield* read, -32602)
  const listen = client.request(Listen, { notifications: {} }).pipe(
    Effect.as("listening"),
    Effect.catchReason("McpError", "Unsupported", ({ detail }) => Effect.succeed(detail))
  )
  yield* expect("the revision has no such method", yield* listen, "revision 2025-11-25 has no such method")
  const none = McpClient.connect({ command: "no-such-server" }).pipe(
    Effect.as("connected"),
    Effect.catchReason("McpError", "ConnectFailed", ({ target }) => Effect.succeed(`${target} cannot be started`))
  )
  yield* expect("there is no such server", yield* none, '"no-such-server" cannot be started')
}).pipe(Effect.scoped)

const waiting = Effect.gen(function* () {
  yield* chapter("How long to wait")
  // for all calls of this client, and differently for some methods
  const timeouts = {
    startUp: "10 seconds",
    idle: "5 seconds",
    methods: { "tools/call": { total: "2 seconds" } }
  } as const
  const client = yield* McpClient.connect(everything, { timeouts })
  const work = (duration: number, steps: number, options?: McpClient.CallOptions) =>
    client.callTool("trigger-long-running-operation", { duration, steps }, options).pipe(
      Effect.as("done"),
      Effect.catchReason("McpError", "Timeout", ({ after, limit }) => Effect.succeed(`${limit} limit of ${after} ms`))
    )
  const patient = { timeout: "15 seconds", idleTimeout: "2 seconds" } as const
  const [method, call, silence, reports] = yield* Effect.all(
    [work(60, 1), work(60, 1, { timeout: "200 millis" }), work(60, 1, patient), work(3, 30, patient)],
    { concurrency: "unbounded" }
  )
  yield* expect("so long for this method", method, "total limit of 2000 ms")
  yield* expect("so long for this call", call, "total limit of 200 ms")
  yield* expect("so long in silence", silence, "idle limit of 2000 ms")
  yield* expect("which every report of progress ends", reports, "done")
}).pipe(Effect.scoped)

story(
  "Servers that are not ours",
  Effect.andThen(remembering, waiting).pipe(Effect.provide(McpNode.layer), Effect.provide(NodeServices.layer))
)
