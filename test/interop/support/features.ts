/**
 * The features of a server that we did not write, as rows: made from what it says of itself and from what it lists, never
 * from what we expect. `tests` of a server are keyed by the same names; `features.test.ts` compares the two.
 *
 * `running` starts a server in a folder of its own and connects our client to it, for as long as the Layer is used.
 */
import { Context, Effect, Layer, type Scope, Stream } from "effect"
import { McpClient, type McpError } from "mcp-effect"
import type { Prompt } from "mcp-effect/methods/prompts"
import type { ResourceTemplate } from "mcp-effect/methods/resources"
import type { Tool } from "mcp-effect/methods/tools"
import { McpNode } from "mcp-effect/node"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A running server, our client of it, and a folder for the two. */
export interface At {
  readonly client: McpClient.Service
  readonly place: string
  readonly tools: ReadonlyMap<string, Tool>
}

export type Body = (at: At) => Effect.Effect<unknown, McpError.McpError, Scope.Scope>

/** What a client without hosts cannot have, since nobody answers for it when a server asks: the test is how it fails. */
export class Hostless {
  readonly body: Body
  constructor(body: Body) {
    this.body = body
  }
}

export interface Tests {
  readonly [row: string]: Body | Hostless
}

export interface Foreign {
  readonly name: string
  /** Default: what the two agree on. */
  readonly revision?: string
  readonly start: (place: string) => {
    readonly args: Array<string>
    readonly env?: { readonly [name: string]: string }
  }
  /** Rows that only this server has, made from what it lists or is made of. */
  readonly rows?: (tools: ReadonlyMap<string, Tool>) => ReadonlyArray<string>
  readonly tests: Tests
}

/** The names of capabilities: `resources.subscribe`, `logging`. What is `false` is none. */
const capabilitiesOf = (value: unknown, path: string): ReadonlyArray<string> => {
  if (value === false) return []
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : []
  return inner.length === 0 ? [path] : inner.flatMap(([name, one]) => capabilitiesOf(one, `${path}.${name}`))
}

const toolRows = ({ inputSchema, name, outputSchema }: Tool): ReadonlyArray<string> => [
  `tool ${name}`,
  ...(inputSchema["required"] === undefined ? [] : [`tool ${name}: wrong arguments`]),
  ...(outputSchema === undefined ? [] : [`tool ${name}: output schema`])
]

const promptRows =
  (completes: boolean) =>
  ({ arguments: args = [], name }: Prompt): ReadonlyArray<string> => [
    `prompt ${name}`,
    ...(args.some(({ required }) => required === true) ? [`prompt ${name}: without its arguments`] : []),
    ...(completes ? args.map((arg) => `prompt ${name}: completion of ${arg.name}`) : [])
  ]

const templateRows =
  (completes: boolean) =>
  ({ uriTemplate }: ResourceTemplate): ReadonlyArray<string> => [
    `template ${uriTemplate}`,
    ...(completes
      ? Array.from(
          uriTemplate.matchAll(/\{\W?(\w+)\}/g),
          ([, name]) => `template ${uriTemplate}: completion of ${name}`
        )
      : [])
  ]

const resourceRows = Effect.fnUntraced(function* (client: McpClient.Service, completes: boolean) {
  const { nextCursor } = yield* client.listResources()
  const templates = yield* Stream.runCollect(client.resourceTemplates())
  return [
    "resources: list",
    "resources: none by that URI",
    ...(nextCursor === undefined ? [] : ["resources: page by page"]),
    ...(yield* Stream.runCollect(client.resources())).map(({ uri }) => `resource ${uri}`),
    ...(templates.length === 0 ? [] : ["templates: list"]),
    ...templates.flatMap(templateRows(completes))
  ]
})

/** Every row of a server. */
const rowsOf = Effect.fnUntraced(function* (client: McpClient.Service, tools: ReadonlyMap<string, Tool>) {
  const { capabilities, instructions, revision } = client
  const completes = capabilities.completions !== undefined
  const prompts = capabilities.prompts === undefined ? [] : yield* Stream.runCollect(client.prompts())
  return [
    `revision ${revision}`,
    "its name",
    ...(instructions === undefined ? [] : ["instructions"]),
    "ping",
    ...Object.entries(capabilities).flatMap(([name, one]) => capabilitiesOf(one, `capability ${name}`)),
    ...(capabilities.tools === undefined ? [] : ["tools: list", "tools: none by that name"]),
    ...Array.from(tools.values()).flatMap(toolRows),
    ...(capabilities.resources === undefined ? [] : yield* resourceRows(client, completes)),
    ...(capabilities.prompts === undefined ? [] : ["prompts: list", "prompts: none by that name"]),
    ...prompts.flatMap(promptRows(completes))
  ]
})

/** A server that runs as long as the Layer is used, and its rows. */
export class Running extends Context.Service<Running, { readonly at: At; readonly rows: ReadonlyArray<string> }>()(
  "interop/Running"
) {}

export const running = ({ revision, rows, start }: Foreign): Layer.Layer<Running, McpError.McpError> =>
  Layer.effect(
    Running,
    Effect.gen(function* () {
      const place = yield* Effect.acquireRelease(
        Effect.sync(() => realpathSync(mkdtempSync(join(tmpdir(), "mcp-effect-features-")))),
        (place) => Effect.sync(() => rmSync(place, { recursive: true, force: true }))
      )
      const client = yield* McpClient.connect({ command: process.execPath, ...start(place) }, { revision })
      const listed = client.capabilities.tools === undefined ? [] : yield* Stream.runCollect(client.tools())
      const tools = new Map(listed.map((tool) => [tool.name, tool]))
      return { at: { client, place, tools }, rows: [...(yield* rowsOf(client, tools)), ...(rows?.(tools) ?? [])] }
    })
  ).pipe(Layer.provide(McpNode.layer))
