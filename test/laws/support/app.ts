/**
 * The server that the laws are tried on, and the record of what happened inside it.
 *
 * Its tools suspend, report, fail, die and resist on command; `Record` tells which handlers started, ended, and ran
 * their finalizers, by the name their caller gave them. `messages` builds requests of both eras.
 */
import { Deferred, Effect, Layer, Schema, type Scope } from "effect"
import { McpRequest, McpServer, McpTool } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"

export class Declined extends Schema.TaggedError<Declined>()("Declined", { why: Schema.String }) {}

const Named = { name: Schema.String }

export const Sync = McpTool.make("sync", { parameters: Named, success: Schema.Struct({ name: Schema.String }) })
/** Waits until the test opens the door of its name. */
export const Wait = McpTool.make("wait", { parameters: Named, success: Schema.Struct({ name: Schema.String }) })
/** As `wait`, but cannot be interrupted while it waits. */
export const Stubborn = McpTool.make("stubborn", { parameters: Named })
/** Reports `steps` times, yielding between, and answers. */
export const Report = McpTool.make("report", { parameters: { ...Named, steps: Schema.Int } })
export const Decline = McpTool.make("decline", { parameters: Named, failure: Declined })
export const Die = McpTool.make("die", { parameters: Named })
/** Returns what its own schema does not allow. */
export const Wrong = McpTool.make("wrong", { parameters: Named, success: Schema.Struct({ n: Schema.Int }) })

export class Record {
  readonly started: Array<string> = []
  readonly finalized: Array<string> = []
  readonly ended: Array<string> = []
  readonly #doors = new Map<string, Deferred.Deferred<void>>()

  door(name: string): Deferred.Deferred<void> {
    let door = this.#doors.get(name)
    if (door === undefined) this.#doors.set(name, (door = Deferred.makeUnsafe<void>()))
    return door
  }

  /** Lets the handler of that name go on. */
  open(name: string): Effect.Effect<void> {
    return Effect.asVoid(Deferred.succeed(this.door(name), undefined))
  }

  /** Marks start, end and finalizer of a handler. */
  watch<A, E, R>(name: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      this.started.push(name)
      yield* Effect.addFinalizer(() => Effect.sync(() => void this.finalized.push(name)))
      const value = yield* effect
      this.ended.push(name)
      return value
    })
  }
}

/** The text of the defect that must never leave the process. */
export const SECRET = "the secret of the defect"

/** The tools, recording into `record`. */
export const tools = (record: Record) =>
  Layer.mergeAll(
    Sync.toLayer(({ name }) => Effect.sync(() => (record.started.push(name), record.ended.push(name), { name }))),
    Wait.toLayer(({ name }) => record.watch(name, Effect.as(Deferred.await(record.door(name)), { name }))),
    Stubborn.toLayer(({ name }) =>
      record.watch(name, Effect.as(Effect.uninterruptible(Deferred.await(record.door(name))), "at last"))
    ),
    Report.toLayer(({ name, steps }) =>
      record.watch(
        name,
        Effect.gen(function* () {
          const request = yield* McpRequest
          for (let step = 1; step <= steps; step++) {
            yield* request.progress({ progress: step, total: steps })
            yield* request.log("info", { step })
            yield* Effect.yieldNow
          }
          return "reported"
        })
      )
    ),
    Decline.toLayer(({ name }) => Effect.fail(new Declined({ why: name }))),
    Die.toLayer(() => Effect.die(new Error(SECRET))),
    Wrong.toLayer(() => Effect.succeed({ n: 0.5 }))
  )

/** The server, recording into `record`. */
export const app = (record: Record) =>
  tools(record).pipe(Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })))

export type Era = "legacy" | "modern"
export const eras = ["legacy", "modern"] as const
export const drivers = ["run", "open", "answer"] as const
export const versions = { legacy: "2025-11-25", modern: "2026-07-28" } as const

export const modernMeta = {
  "io.modelcontextprotocol/protocolVersion": versions.modern,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "laws", version: "1.0.0" }
}

/** A request in an era. */
export const request = (
  era: Era,
  id: string | number,
  method: string,
  params: McpTest.Json = {},
  meta: McpTest.Json = {}
): McpTest.Json => ({
  jsonrpc: "2.0",
  id,
  method,
  params: { ...params, _meta: era === "modern" ? { ...modernMeta, ...meta } : meta }
})

export const callTool = (era: Era, id: string | number, name: string, args: McpTest.Json, meta?: McpTest.Json) =>
  request(era, id, "tools/call", { name, arguments: args }, meta)

export const cancel = (requestId: string | number): McpTest.Json => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId }
})

/** Opens a legacy conversation; a modern one needs nothing. */
export const handshake = (peer: McpTest.RawPeer, era: Era, driver: McpTest.Driver = "run"): Effect.Effect<void> =>
  era === "modern" || driver === "answer"
    ? Effect.void
    : Effect.gen(function* () {
        yield* peer.send(
          request("legacy", "handshake", "initialize", {
            protocolVersion: versions.legacy,
            capabilities: {},
            clientInfo: { name: "laws", version: "1.0.0" }
          })
        )
        yield* peer.next
        yield* peer.send({ jsonrpc: "2.0", method: "notifications/initialized" })
      })
