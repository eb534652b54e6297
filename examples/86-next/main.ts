/**
 * Next: a route handler, driven as Next drives it, by a request to the export that is called as its method.
 */
import { Effect } from "effect"
import { McpClient } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { asked, within } from "../fetching.ts"
import * as route from "./app/mcp/route.ts"
import { Price, runtime } from "./server.ts"

const URL = "https://shop.example/mcp"

const next = (request: Request): Response | Promise<Response> => {
  const { method } = request
  return method === "GET" || method === "POST" || method === "DELETE"
    ? route[method](request)
    : new Response(null, { status: 405 })
}

const program = Effect.gen(function* () {
  yield* Effect.addFinalizer(() => runtime.disposeEffect)
  for (const revision of ["2025-06-18", "2025-11-25", "2026-07-28"]) {
    yield* chapter(`In ${revision}`)
    const client = yield* McpClient.connect(URL, { revision })
    yield* expect("a tool", yield* client.call(Price, { item: "tea" }), { cents: 300 })
  }

  yield* chapter("Without sessions")
  for (const method of ["GET", "DELETE"]) {
    const response = yield* asked(next, URL, { method })
    yield* expect(`${method} has nothing to give`, response.status, 405)
  }
})

story("Next", Effect.scoped(program).pipe(Effect.provide(within(next))))
