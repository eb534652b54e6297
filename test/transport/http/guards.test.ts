/**
 * Who may talk to an endpoint at all: every spelling of `Host` and `Origin`, with the defaults and with each option that
 * lets in more. A guard comes before everything else, and holds for every HTTP method.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "../../laws/support/app.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { type Endpoint, type Headers, modern, modernHeaders, opened, serve } from "./support/endpoint.ts"
import { turns } from "./support/turns.ts"

type Options = Parameters<typeof serve>[1]
type Verdict = "let in" | "host" | "origin"

const discover = request("modern", 1, "server/discover")

/** What becomes of a POST with these headers. */
const verdictOf = (endpoint: Endpoint, headers: Headers): Effect.Effect<Verdict> =>
  Effect.gen(function* () {
    const body = JSON.stringify(discover)
    const answer = yield* endpoint.send({
      headers: { "content-type": "application/json", ...modernHeaders(discover), ...headers },
      body
    })
    if (answer.status === 200) return "let in"
    const { guard } = (yield* assertError(answer, 403, 403, undefined))["data"] as { readonly guard: Verdict }
    return guard
  })

const table = (name: string, options: Options, rows: ReadonlyArray<readonly [Headers, Verdict]>) => {
  describe(name, () => {
    it.effect.each(rows.map(([headers, verdict]) => [JSON.stringify(headers), verdict, headers] as const))(
      "%s: %s",
      ([, verdict, headers]) =>
        Effect.gen(function* () {
          const endpoint = yield* serve(served().app, options)
          assert.strictEqual(yield* verdictOf(endpoint, headers), verdict)
        })
    )
  })
}

const hosts = (verdict: Verdict, ...names: ReadonlyArray<string>) =>
  names.map((host): readonly [Headers, Verdict] => [{ host }, verdict])
const origins = (verdict: Verdict, ...names: ReadonlyArray<string>) =>
  names.map((origin): readonly [Headers, Verdict] => [{ host: "localhost", origin }, verdict])

table("the host, by default", {}, [
  [{}, "let in"],
  ...hosts("let in", "localhost", "localhost:3000", "LocalHost:1", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:3000"),
  ...hosts("host", "evil.example", "evil.example:3000", "evil.example:localhost", "localhost.evil.example"),
  ...hosts(
    "host",
    "127.0.0.1.evil.example",
    "notlocalhost",
    "localhost.",
    "localhost.:3000",
    "localhost:",
    "localhost:x"
  ),
  ...hosts("host", "localhost:1:2", "user@localhost", "localhost@evil.example", "evil.example@localhost:1"),
  ...hosts("host", "localhost/evil", "localhost, evil.example", "evil.example, localhost", "localhost evil.example"),
  ...hosts("host", "http://localhost", "0.0.0.0", "127.1", "2130706433", "0x7f000001", "127.0.0.2", "::1", "[::]"),
  ...hosts("host", "[::ffff:127.0.0.1]", "[::1]evil.example", "[::1", "xn--localhost", "*", "null", "undefined"),
  [{ host: "evil.example", "x-forwarded-host": "localhost" }, "host"],
  [{ host: "evil.example", forwarded: "host=localhost" }, "host"],
  [{ host: "localhost", "x-forwarded-host": "evil.example" }, "let in"]
])

table("the origin, by default", {}, [
  ...origins("let in", "http://localhost", "https://localhost", "http://localhost:5173", "http://LOCALHOST:1"),
  ...origins("let in", "http://127.0.0.1:8080", "http://[::1]", "https://[::1]:3000"),
  ...origins("origin", "null", "", "http://evil.example", "https://evil.example:3000", "http://localhost.evil.example"),
  ...origins("origin", "http://evil.example:80", "http://localhost@evil.example", "http://evil.example@localhost"),
  ...origins("origin", "http://localhost.", "http://localhost:1:2", "http://localhost/", "http://localhost/path"),
  ...origins("origin", "http://localhost#", "http://localhost?", "http://localhost http://evil.example", "http://"),
  ...origins("origin", "localhost", "//localhost", "file://", "file://localhost", "ftp://localhost", "ws://localhost"),
  ...origins("origin", "chrome-extension://abcdefgh", "javascript:alert(1)", "http:localhost", "http://localhost:x"),
  [{ host: "evil.example", origin: "http://localhost" }, "host"],
  [{ host: "evil.example", origin: "http://evil.example" }, "host"]
])

table("hosts", { hosts: ["api.example", "ported.example:8080"] }, [
  ...hosts("let in", "api.example", "API.example:1234", "ported.example:8080", "Ported.Example:8080"),
  ...hosts(
    "host",
    "ported.example",
    "ported.example:80",
    "localhost",
    "sub.api.example",
    "xapi.example",
    "api.example."
  ),
  [{ host: "api.example", origin: "https://api.example" }, "let in"],
  [{ host: "api.example", origin: "https://ported.example:8080" }, "let in"],
  [{ host: "api.example", origin: "https://ported.example" }, "origin"],
  [{ host: "api.example", origin: "http://localhost" }, "origin"]
])

table("origins", { origins: ["https://App.example", "https://other.example:444"] }, [
  ...origins("let in", "https://app.example", "https://other.example:444", "http://localhost:1"),
  ...origins(
    "origin",
    "http://app.example",
    "https://app.example:444",
    "https://other.example",
    "https://sub.app.example"
  ),
  ...origins("origin", "null", "https://app.example.evil.example", "https://app.example/"),
  [{ host: "app.example", origin: "https://app.example" }, "host"]
])

table("publicUrl", { publicUrl: "https://mcp.example/api/mcp" }, [
  ...hosts("let in", "mcp.example", "mcp.example:443", "localhost:3000"),
  ...hosts("host", "example", "mcp.example.evil.example"),
  [{ host: "mcp.example", origin: "https://mcp.example" }, "let in"],
  [{ host: "mcp.example", origin: "https://evil.example" }, "origin"]
])

table("trustedProxy", { publicUrl: "https://mcp.example/mcp", trustedProxy: true }, [
  [{ host: "inside:8080", "x-forwarded-host": "mcp.example" }, "let in"],
  [{ host: "inside:8080", "x-forwarded-host": " mcp.example , inner.example" }, "let in"],
  [{ host: "inside:8080", "x-forwarded-host": "evil.example, mcp.example" }, "host"],
  [{ host: "localhost", "x-forwarded-host": "evil.example" }, "host"],
  [{ host: "localhost" }, "let in"],
  [{ host: "inside:8080" }, "host"]
])

table("allowDnsRebinding", { allowDnsRebinding: true }, [
  ...hosts("let in", "evil.example", "localhost", "localhost.", "user@localhost"),
  // pages of a name that anybody can point here are still other pages
  [{ host: "evil.example", origin: "http://evil.example" }, "origin"],
  [{ host: "localhost", origin: "null" }, "origin"]
])

table("allowCrossSite", { allowCrossSite: true }, [
  ...origins("let in", "http://evil.example", "null", "file://"),
  [{ host: "evil.example", origin: "http://localhost" }, "host"]
])

describe("a guard", () => {
  it.effect("without a header the host is that of the URL", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const send = (url: string) =>
        endpoint.send({
          url,
          headers: { "content-type": "application/json", ...modernHeaders(discover) },
          body: JSON.stringify(discover)
        })
      for (const url of ["http://127.0.0.1:8080/x", "http://[::1]:8080/x", "https://LOCALHOST/x"]) {
        assert.strictEqual((yield* send(url)).status, 200, url)
      }
      for (const url of ["http://evil.example/x", "http://localhost.evil.example/x", "http://127.0.0.2/localhost"]) {
        yield* assertError(yield* send(url), 403, 403, undefined)
      }
    })
  )

  it.effect.each(["POST", "GET", "DELETE", "OPTIONS", "PUT"])("holds for %s", (method) =>
    Effect.gen(function* () {
      const { app } = served()
      const endpoint = yield* serve(app, { cors: true })
      const client = yield* opened(endpoint)
      for (const [headers, guard] of [
        [{ host: "evil.example" }, "host"],
        [{ origin: "https://evil.example" }, "origin"]
      ] as const) {
        const answer = yield* endpoint.send({ method, headers: { accept: "*/*", ...client.headers, ...headers } })
        const error = yield* assertError(answer, 403, 403, undefined)
        assert.deepStrictEqual(error["data"], { guard })
        assert.isUndefined(answer.header("access-control-allow-origin"))
      }
      assert.deepStrictEqual((yield* client.ask(1, "ping"))["result"], {})
    })
  )

  it.effect("comes before anything runs", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const call = request("modern", 1, "tools/call", { name: "sync", arguments: { name: "a" } })
      const answer = yield* modern(endpoint, call, { origin: "https://evil.example" })
      yield* assertError(answer, 403, 403, undefined)
      yield* turns
      assert.deepStrictEqual(record.started, [])
    })
  )
})
