/**
 * The server that endpoints are tried with: the tools of the laws, one whose arguments are mirrored as headers, one that
 * lets go of its connection, a resource that is watched, and a hand on the running server.
 */
import { Deferred, Effect, Layer, Result } from "effect"
import { McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"
import * as McpJsonSchema from "mcp-effect/McpJsonSchema"
import { Record, tools } from "../../../laws/support/app.ts"
import type { App } from "./endpoint.ts"

const annotated = (type: string, name: string) => ({ type, "x-mcp-header": name })

/** Its arguments are mirrored: one at the root of each type, and one inside. */
export const Mirrored = Result.getOrThrow(
  McpJsonSchema.validator({
    type: "object",
    properties: {
      region: annotated("string", "Region"),
      count: annotated("integer", "Count"),
      dry: annotated("boolean", "Dry"),
      where: { type: "object", properties: { deep: annotated("string", "Deep") } },
      plain: { type: "string" },
      needed: { type: "string", maxLength: 3 }
    }
  })
)

export const Doc = McpResource.make("docs://a", { name: "a" })
/** Lets go of its connection, waits for its door, and answers. */
export const Detach = McpTool.make("detach")

export interface Served {
  readonly app: App
  readonly record: Record
  /** The running server. */
  readonly server: Effect.Effect<McpServer.Service>
}

/** One server, with what happened inside it. */
export const served = (options: Partial<McpServer.Options> = {}): Served => {
  const record = new Record()
  const handed = Deferred.makeUnsafe<McpServer.Service>()
  const items = Layer.mergeAll(
    tools(record),
    McpTool.dynamic("mirrored", { input: Mirrored }).toLayer((input) => Effect.succeed(JSON.stringify(input))),
    Detach.toLayer(() =>
      record.watch(
        "detach",
        Effect.gen(function* () {
          const request = yield* McpRequest
          yield* request.detach
          yield* Deferred.await(record.door("detach"))
          return "detached"
        })
      )
    ),
    Doc.toLayer(Effect.succeed("a")),
    Layer.effectDiscard(Effect.flatMap(McpServer.McpServer, (server) => Deferred.succeed(handed, server)))
  )
  const app = Layer.provide(items, McpServer.layer({ name: "http", version: "1.0.0", ...options }))
  return { app, record, server: Deferred.await(handed) }
}
