/**
 * `McpNode.handle`: requests that somebody else's HTTP server hands over, as Express does, answered by an endpoint that has
 * no router. What an endpoint answers is in the other files; here it is who goes away, and who has read the body before.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { McpServer } from "mcp-effect"
import * as McpHttp from "mcp-effect/McpHttp"
import { McpNode } from "mcp-effect/node"
import type { McpTest } from "mcp-effect/testing"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { callTool, Record, tools } from "../../laws/support/app.ts"
import { eventually } from "../support/eventually.ts"
import { modernHeaders } from "./support/endpoint.ts"
import { sent } from "./support/sockets.ts"

type Answering = (request: IncomingMessage, response: ServerResponse) => Fiber.Fiber<void>

/** Somebody's server of plain Node, which lets `host` decide when the endpoint is asked. */
const hosted = (
  host: (answer: Answering) => (request: IncomingMessage, response: ServerResponse) => void = (answer) => answer
) =>
  Effect.gen(function* () {
    const record = new Record()
    const app = Layer.provide(tools(record), McpServer.layer({ name: "hosted", version: "1.0.0" }))
    const context = yield* Layer.build(Layer.provideMerge(McpServer.serve(app), McpHttp.layerWeb()))
    const fork = Effect.runForkWith(context)
    const fibers: Array<Fiber.Fiber<void>> = []
    const answer: Answering = (request, response) => {
      const fiber = fork(McpNode.handle(request, response))
      fibers.push(fiber)
      return fiber
    }
    const server = yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(host(answer)).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    const { port } = server.address() as AddressInfo
    const post = (message: McpTest.Json) => {
      const headers = { "content-type": "application/json", ...modernHeaders(message) }
      return sent({ host: "127.0.0.1", port, method: "POST", headers }, message)
    }
    return { record, post, fibers }
  })

const wait = (name: string) => callTool("modern", 1, "wait", { name })

describe("McpNode.handle", () => {
  it.live("answers, and has ended when the response has", () =>
    Effect.gen(function* () {
      const { fibers, post } = yield* hosted()
      const { body, status } = yield* post(callTool("modern", 1, "sync", { name: "hello" }))
      assert.strictEqual(status, 200)
      assert.include(body, '"hello"')
      yield* Effect.forEach(fibers, Fiber.join)
      assert.strictEqual(fibers.length, 1)
    })
  )

  it.live("interrupts the handler when the connection is lost before there is a response", () =>
    Effect.gen(function* () {
      const { fibers, post, record } = yield* hosted()
      const lost = yield* Effect.forkChild(post(wait("lost")))
      yield* eventually("the handler runs", () => (record.started.length === 1 ? true : undefined))
      yield* Fiber.interrupt(lost)
      yield* eventually("the handler has ended", () => (record.finalized.length === 1 ? true : undefined))
      yield* Effect.forEach(fibers, Fiber.await)
      assert.deepStrictEqual(record.ended, [])
    })
  )

  it.live("interrupts the handler when it is interrupted itself, and the caller does not wait for ever", () =>
    Effect.gen(function* () {
      const { fibers, post, record } = yield* hosted()
      const asking = yield* Effect.forkChild(Effect.exit(post(wait("given up"))))
      yield* eventually("the handler runs", () => (record.started.length === 1 ? true : undefined))
      yield* Effect.forEach(fibers, Fiber.interrupt)
      assert.deepStrictEqual([record.finalized, record.ended], [["given up"], []])
      const exit = yield* Fiber.join(asking)
      assert.isTrue(exit._tag === "Failure" || exit.value.status >= 500, JSON.stringify(exit))
    })
  )

  it.live("says so when somebody has read the body before", () =>
    Effect.gen(function* () {
      const { post, record } = yield* hosted((answer) => (request, response) => {
        request.resume()
        request.on("end", () => answer(request, response))
      })
      const { body, status } = yield* post(wait("unread"))
      assert.strictEqual(status, 500)
      assert.include(body, "has been read already")
      assert.deepStrictEqual(record.started, [])
    })
  )
})
