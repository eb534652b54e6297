/**
 * Law 9: one boundary, one table per revision.
 *
 * Whatever goes wrong in a handler comes to one of few things on the wire; what a defect says stays in the process, its
 * incident is in the log; a refusal has the code of its revision's table, and is no defect. That nothing else makes
 * error messages or knows codes is derived from the source.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { JsonRpc, McpLimits, McpMiddleware, type McpRevision, McpTransport } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { readdirSync, readFileSync } from "node:fs"
import { join, sep } from "node:path"
import ts from "typescript-6"
import * as revisions from "../../src/protocol/revisions/index.ts"
import { callTool, drivers, eras, handshake, modernMeta, request, versions } from "./support/app.ts"
import { eventually } from "./support/garbage.ts"
import { property, settle } from "./support/law.ts"
import { app, logged, MESSAGE_OUT, mishaps, type Outcome, SECRET } from "./support/mishaps.ts"

const codes = (era: (typeof eras)[number]) => revisions.find(versions[era])!.errors

interface Reply {
  readonly id?: unknown
  readonly result?: { readonly isError?: boolean }
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly incident?: unknown } }
}

const outcomeOf = ({ error, result }: Reply): Outcome => {
  if (error === undefined) return result?.isError === true ? "error result" : "result"
  return error.data?.incident === undefined ? "internal error" : "incident"
}

const tools = [...mishaps.keys()]
const outcomes = [...new Set(mishaps.values())]
const isUuid = (value: unknown) =>
  typeof value === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)

const limits = { ...McpLimits.defaults, messageOut: MESSAGE_OUT }

property(
  "law 9: what goes wrong in a handler comes to one thing on the wire, and a defect's text stays inside",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    calls: Schema.Array(Schema.Literals(tools)).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8)))
  },
  { era: eras, driver: drivers, tool: tools, outcome: outcomes },
  ({ calls, driver, era }, seen) => {
    const log = logged()
    return Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      const peer = yield* McpTest.raw(app, { driver, revision: era === "legacy" ? versions.legacy : undefined })
      yield* handshake(peer, era, driver)
      const before = peer.received.length
      for (const [index, tool] of calls.entries()) {
        seen("tool", tool)
        seen("outcome", mishaps.get(tool)!)
        yield* peer.send(callTool(era, index, tool, { trap: "x" }))
      }
      yield* eventually(() => peer.received.length - before >= calls.length)
      yield* settle
      const said = peer.received.slice(before)
      assert.notInclude(said.join("\n"), SECRET)
      const replies = said.map((text) => JSON.parse(text) as Reply)
      assert.sameMembers(
        replies.map(({ id }) => id),
        [...calls.keys()]
      )
      const incidents: Array<unknown> = []
      for (const reply of replies) {
        const tool = calls[Number(reply.id)]!
        assert.strictEqual(outcomeOf(reply), mishaps.get(tool), `${tool}: ${JSON.stringify(reply)}`)
        if (reply.error === undefined) continue
        assert.strictEqual(reply.error.code, codes(era).Internal, tool)
        if (mishaps.get(tool) !== "incident") continue
        assert.isTrue(isUuid(reply.error.data?.incident), tool)
        assert.deepStrictEqual(Object.keys(reply.error.data!), ["incident"])
        incidents.push(reply.error.data?.incident)
        const entries = log.entries.filter(({ text }) => text.includes(String(reply.error?.data?.incident)))
        assert.deepStrictEqual(
          entries.map(({ level }) => level),
          ["Error"],
          `one entry of the log tells of the incident of ${tool}`
        )
        if (tellsWhy(tool)) assert.include(entries[0]!.text, SECRET, tool)
      }
      assert.strictEqual(new Set(incidents).size, incidents.length)
      assert.strictEqual(log.entries.length, incidents.length, "nothing else is logged")
    }).pipe(Effect.provideService(McpLimits.McpLimits, limits), Effect.provide(log.layer))
  }
)

/** Whether the cause that the log must have holds the secret. */
const tellsWhy = (tool: string): boolean =>
  !["diesOfNothing", "wrong", "circular", "bigint", "circularMeta", "nothing", "trappedFailure"].includes(tool)

const meta = (changes: McpTest.Json): McpTest.Json => ({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/list",
  params: { _meta: { ...modernMeta, ...changes } }
})
const protocolVersion = "io.modelcontextprotocol/protocolVersion"

const faults: ReadonlyArray<
  [McpRevision.Fault, ReadonlyArray<(typeof eras)[number]>, (era: "legacy" | "modern") => McpTest.Json]
> = [
  ["MethodNotFound", eras, (era) => request(era, 1, "no/such/method")],
  ["MethodNotFound", ["legacy"], () => request("legacy", 1, "server/discover")],
  ["MethodNotFound", ["modern"], () => request("modern", 1, "initialize")],
  ["MethodNotFound", ["modern"], () => request("modern", 1, "ping")],
  ["MethodNotFound", eras, (era) => request(era, 1, "constructor")],
  ["InvalidParams", eras, (era) => request(era, 1, "tools/call", { name: 7 })],
  ["InvalidParams", eras, (era) => request(era, 1, "tools/list", { cursor: {} })],
  ["UnknownTool", eras, (era) => callTool(era, 1, "nobody", {})],
  ["UnknownTool", eras, (era) => callTool(era, 1, "__proto__", {})],
  ["InvalidMeta", ["modern"], () => meta({ [protocolVersion]: 7 })],
  ["InvalidMeta", ["modern"], () => meta({ "io.modelcontextprotocol/clientCapabilities": undefined })],
  ["InvalidMeta", ["modern"], () => meta({ "io.modelcontextprotocol/clientInfo": "me" })],
  ["InvalidMeta", ["modern"], () => meta({ "io.modelcontextprotocol/logLevel": "loud" })],
  ["UnsupportedVersion", ["modern"], () => meta({ [protocolVersion]: "1999-01-01" })],
  ["UnsupportedVersion", ["modern"], () => meta({ [protocolVersion]: versions.legacy })],
  ["NotInitialized", ["modern"], () => ({ jsonrpc: "2.0", id: 1, method: "tools/list" })]
]

describe.each(drivers)("law 9: refusals by %s have the code of their revision, and are no defects", (driver) => {
  const rows = faults.flatMap(([fault, spoken, message]) => spoken.map((era) => [fault, era, message(era)] as const))
  for (const [fault, era, message] of rows) {
    const log = logged()
    it.effect(`${fault} in the ${era} era: ${JSON.stringify(message["params"] ?? message["method"])}`, () =>
      Effect.gen(function* () {
        const peer = yield* McpTest.raw(app, { driver, revision: era === "legacy" ? versions.legacy : undefined })
        yield* handshake(peer, era, driver)
        const before = peer.received.length
        yield* peer.send(message)
        yield* eventually(() => peer.received.length > before)
        const reply = JSON.parse(peer.received.at(-1) ?? "{}") as Reply
        assert.strictEqual(reply.id, 1)
        assert.strictEqual(reply.error?.code, codes(era)[fault], JSON.stringify(reply))
        assert.notProperty(reply.error?.data ?? {}, "incident")
        assert.deepStrictEqual(log.entries, [])
      }).pipe(Effect.provide(log.layer))
    )
  }
})

/** Faces an acceptor by a driver; gives what has been said so far. */
const facing = (acceptor: McpTransport.Acceptor, driver: McpTest.Driver, era: (typeof eras)[number]) =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    if (driver === "run") {
      yield* Effect.forkScoped(acceptor.run(transport))
      return { said: peer.received, send: peer.send }
    }
    const said: Array<string> = []
    const via: McpTransport.Exchange = {
      headers: undefined,
      principal: { id: "anonymous", scopes: [], claims: {} },
      features: McpTest.features,
      own: driver === "answer",
      revision: driver === "answer" && era === "legacy" ? versions.legacy : undefined
    }
    const outlet: McpTransport.Outlet = {
      push: (frame) => void said.push(frame.text),
      none: () => {},
      hasRoom: () => true,
      whenRoom: () => () => {}
    }
    const conversation = acceptor.open(outlet, McpTest.features)
    const send = (message: McpTest.Json) => {
      const text = JSON.stringify(message)
      const frame = { message: JsonRpc.decode(text), size: text.length, via }
      return driver === "open"
        ? Effect.sync(() => conversation.receive(frame))
        : Effect.asVoid(
            Effect.forkChild(
              Effect.map(McpTransport.exchanged(acceptor, frame), (answer) => {
                if (answer._tag === "Reply") said.push(answer.frame.text)
              })
            )
          )
    }
    return { said, send }
  })

describe.each(drivers)("law 9: interrupted from outside, by %s", (driver) => {
  it.effect.each(eras)("in the %s era: an internal error that is no incident, and nothing in the log", (era) => {
    const log = logged()
    return Effect.gen(function* () {
      const acceptor = yield* McpTest.acceptor(app)
      const { said, send } = yield* facing(acceptor, driver, era)
      if (era === "legacy" && driver !== "answer") yield* send(initialize)
      yield* eventually(() => said.length > 0 || era === "modern" || driver === "answer")
      const before = said.length
      yield* send(callTool(era, 1, "waits", {}))
      yield* settle
      assert.strictEqual(said.length, before)
      const draining = yield* Effect.forkChild(acceptor.drain)
      yield* eventually(() => draining.pollUnsafe() !== undefined && said.length > before)
      yield* send(callTool(era, 2, "fine", {}))
      yield* eventually(() => said.length > before + 1)
      const [ended, refused] = said.slice(before).map((text) => JSON.parse(text) as Reply)
      assert.strictEqual(ended?.id, 1)
      assert.strictEqual(ended?.error?.code, codes(era).Internal)
      assert.notProperty(ended?.error, "data")
      assert.strictEqual(refused?.id, 2)
      assert.strictEqual(refused?.error?.code, codes(era).Busy)
      assert.deepStrictEqual(log.entries, [])
    }).pipe(Effect.provide(log.layer))
  })
})

const initialize = request("legacy", "handshake", "initialize", {
  protocolVersion: versions.legacy,
  capabilities: {},
  clientInfo: { name: "laws", version: "1.0.0" }
})

const badMiddleware: { readonly [how: string]: () => Effect.Effect<never> } = {
  dies: () => Effect.die(new Error(SECRET)),
  throws: () => {
    throw new Error(SECRET)
  }
}

it.effect.each(Object.keys(badMiddleware))(
  "law 9: a middleware that %s is an incident, and the conversation goes on",
  (how) => {
    const log = logged()
    return Effect.gen(function* () {
      const bad = McpMiddleware.layer((call, next) => (call.name === "fine" ? badMiddleware[how]!() : next))
      const peer = yield* McpTest.raw(Layer.provide(app, bad))
      yield* peer.send(callTool("modern", 1, "fine", {}))
      yield* peer.send(request("modern", 2, "tools/list"))
      yield* eventually(() => peer.received.length === 2)
      const [refused, listed] = peer.received.map((text) => JSON.parse(text) as Reply)
      assert.strictEqual(refused?.id, 1)
      assert.strictEqual(outcomeOf(refused ?? {}), "incident")
      assert.strictEqual(listed?.id, 2)
      assert.notInclude(peer.received.join("\n"), SECRET)
      assert.strictEqual(log.entries.length, 1)
    }).pipe(Effect.provide(log.layer))
  }
)

const root = join(import.meta.dirname, "../../src")
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map((file) => file.split(sep).join("/"))
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({
    file,
    tree: ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true)
  }))

/** The files in which a node of the syntax tree is found, by where it is. */
const where = (found: (node: ts.Node) => boolean): ReadonlyArray<string> => {
  const files = new Set<string>()
  for (const { file, tree } of sources) {
    const visit = (node: ts.Node): void => {
      if (found(node)) files.add(file)
      ts.forEachChild(node, visit)
    }
    visit(tree)
  }
  return [...files].toSorted()
}

const outside = (files: ReadonlyArray<string>, allowed: ReadonlyArray<string>) =>
  files.filter((file) => !allowed.some((place) => file === place || (place.endsWith("/") && file.startsWith(place))))

const boundaries = ["server/internal/boundary.ts", "client/internal/dispatch.ts"]
const readers = ["client/internal/errors.ts", "client/internal/negotiate.ts"]
/** What others call errors has no codes. */
const others = ["protocol/McpJsonSchema.ts", "transport/internal/fetching/http.ts"]
/** Where HTTP statuses stand: three digits, and some of our own codes are called like them. */
const statuses = [
  "transport/McpHttp.ts",
  "transport/internal/http/",
  "transport/internal/fetching/",
  "node/internal/http.ts"
]

describe("law 9: derived from the source", () => {
  const table = new Set(revisions.revisions.flatMap(({ errors }) => Object.values(errors)))

  const numberOf = (node: ts.Node): number | undefined => {
    if (ts.isNumericLiteral(node)) return Number(node.text)
    return ts.isPrefixUnaryExpression(node) &&
      node.operator === ts.SyntaxKind.MinusToken &&
      ts.isNumericLiteral(node.operand)
      ? -Number(node.operand.text)
      : undefined
  }

  /** -1 is a code too (a user who says no), and too common a number to look for. */
  it("codes are written in revisions/ only", () => {
    const having = (holds: (code: number) => boolean) =>
      where((node) => {
        const code = numberOf(node) ?? Number.NaN
        return code !== -1 && holds(code) && table.has(code)
      })
    const negative = having((code) => code < 0)
    assert.include(negative, "protocol/revisions/v2024_11_05.ts")
    assert.deepStrictEqual(outside(negative, ["protocol/revisions/"]), [])
    assert.deepStrictEqual(
      outside(
        having((code) => code >= 0),
        ["protocol/revisions/", ...statuses]
      ),
      []
    )
  })

  it("the table is read where errors are made, and where those of a server are understood", () => {
    const files = where(
      (node) =>
        (ts.isPropertyAccessExpression(node) && node.name.text === "errors") ||
        (ts.isBindingElement(node) && (node.propertyName ?? node.name).getText() === "errors")
    )
    assert.include(files, "server/internal/boundary.ts")
    assert.deepStrictEqual(outside(files, [...boundaries, ...readers, ...others, "protocol/McpRevision.ts"]), [])
  })

  it("error objects are made at the boundary only", () => {
    const files = where((node) => {
      if (!ts.isObjectLiteralExpression(node)) return false
      const names = node.properties.map((property) => property.name?.getText())
      return names.includes("code") && names.includes("message")
    })
    assert.include(files, "server/internal/boundary.ts")
    assert.deepStrictEqual(outside(files, [...boundaries, "wire/JsonRpc.ts", "protocol/methods/errors.ts"]), [])
  })

  it("errors are written in one place of the peer", () => {
    const files = where(
      (node) => ts.isCallExpression(node) && /(^|\.)encode(Failure|Success)$/.test(node.expression.getText())
    )
    assert.deepStrictEqual(files, ["peer/internal/call.ts"])
  })
})
