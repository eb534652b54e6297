/**
 * What browsers are told: nothing unless it is asked for, and then what a page needs in order to speak both eras.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "../../laws/support/app.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { modern, opened, serve } from "./support/endpoint.ts"
import { asking } from "./support/people.ts"

const PAGE = "https://app.example"
const origin = { origin: PAGE }
const options = { cors: true, origins: [PAGE] }
const discover = request("modern", 1, "server/discover")

const preflight = (headers: { readonly [name: string]: string } = {}) => ({
  method: "OPTIONS",
  headers: { ...origin, "access-control-request-method": "POST", ...headers }
})

const listed = (text: string | undefined) => (text ?? "").split(",").map((name) => name.trim().toLowerCase())
const about = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith("access-control"))

describe("cors", () => {
  it.effect("is not there unless it is asked for", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, { origins: [PAGE] })
      const asked = yield* endpoint.send(preflight())
      assert.strictEqual(asked.status, 405)
      assert.deepStrictEqual(about(asked.headers), [])
      const answer = yield* modern(endpoint, discover, origin)
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(about(answer.headers), [])
    })
  )

  it.effect("says which methods and headers a page may use", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, options)
      const answer = yield* endpoint.send(preflight())
      assert.strictEqual(answer.status, 204)
      yield* answer.nothing
      assert.strictEqual(answer.header("access-control-allow-origin"), PAGE)
      assert.strictEqual(answer.header("vary"), "Origin")
      assert.sameMembers(listed(answer.header("access-control-allow-methods")), ["post", "get", "delete"])
      const headers = listed(answer.header("access-control-allow-headers"))
      for (const name of [
        "content-type",
        "accept",
        "authorization",
        "mcp-protocol-version",
        "mcp-session-id",
        "mcp-method",
        "mcp-name",
        "last-event-id"
      ]) {
        assert.include(headers, name)
      }
      assert.isUndefined(answer.header("access-control-allow-credentials"))
      assert.isAbove(Number(answer.header("access-control-max-age")), 0)
    })
  )

  it.effect("lets a page send the headers that it asks for: parameters have any name", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, options)
      const wanted = "content-type,mcp-method,mcp-name,mcp-param-region"
      const answer = yield* endpoint.send(preflight({ "access-control-request-headers": wanted }))
      assert.includeMembers(listed(answer.header("access-control-allow-headers")), wanted.split(","))
    })
  )

  it.effect("allows only POST where there are no sessions", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, { ...options, sessions: "stateless" })
      const answer = yield* endpoint.send(preflight())
      assert.deepStrictEqual(listed(answer.header("access-control-allow-methods")), ["post"])
    })
  )

  it.effect("asks nobody who they are before the request itself: a preflight has no credentials", () =>
    Effect.gen(function* () {
      const endpoint = yield* asking(serve(served().app, options))
      assert.strictEqual((yield* endpoint.send(preflight())).status, 204)
      const answer = yield* modern(endpoint, discover, origin)
      yield* assertError(answer, 401, 403, undefined)
      assert.strictEqual(answer.header("access-control-allow-origin"), PAGE)
      assert.include(listed(answer.header("access-control-expose-headers")), "www-authenticate")
    })
  )

  it.effect("a page of another origin is refused, and told nothing", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, options)
      for (const other of ["https://evil.example", "null", "http://app.example"]) {
        const answer = yield* endpoint.send(preflight({ origin: other }))
        assert.strictEqual(answer.status, 403)
        assert.deepStrictEqual(about(answer.headers), [])
      }
    })
  )

  it.effect("lets a page read every answer, and the session", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, options)
      const client = yield* opened(endpoint, { headers: origin })
      const answers = [
        yield* modern(endpoint, discover, origin),
        yield* modern(
          endpoint,
          request("modern", 1, "tools/call", { name: "report", arguments: { name: "a", steps: 1 } }),
          origin
        ),
        yield* client.post(request("legacy", 1, "ping")),
        yield* client.post({ jsonrpc: "2.0", method: "notifications/x" }),
        yield* client.get(),
        yield* client.post("{"),
        yield* endpoint.send({ method: "PUT", headers: origin }),
        yield* client.delete(),
        yield* client.delete()
      ]
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 202, 200, 400, 405, 204, 404]
      )
      for (const answer of answers) {
        assert.strictEqual(answer.header("access-control-allow-origin"), PAGE)
        assert.strictEqual(answer.header("vary"), "Origin")
        assert.include(listed(answer.header("access-control-expose-headers")), "mcp-session-id")
      }
      for (const answer of answers) if (answer.type === "text/event-stream") yield* answer.events.drop
    })
  )

  it.effect("says nothing to whoever is no page", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, options)
      assert.deepStrictEqual(about((yield* modern(endpoint, discover)).headers), [])
      assert.strictEqual((yield* endpoint.send({ method: "OPTIONS" })).status, 405)
    })
  )
})
