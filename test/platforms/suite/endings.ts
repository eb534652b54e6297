/**
 * What ends, and what changes meanwhile: time limits, cancelling, scopes, registering, watching; in each revision.
 *
 * They look into the world that serves, so it is in this process.
 */
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import { check, type Check } from "./harness.ts"
import type { Place } from "./place.ts"
import { Leave, Wait, world } from "./world.ts"

const fork = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkChild(effect, { startImmediately: true })

const cancelling = (place: Place): ReadonlyArray<Check> => [
  check("leaves work behind, that begins after the reply", (look) =>
    Effect.gen(function* () {
      const made = world()
      const { happened, journal } = made
      const client = yield* place.connect(made)
      yield* client.call(Leave)
      yield* happened("background")
      look.same(
        "order",
        journal.filter((line) => line !== "opened"),
        ["answering", "background"]
      )
    })
  ),
  check("a call that takes too long fails by its limit, and is cancelled", (look) =>
    Effect.gen(function* () {
      const made = world()
      const { happened, journal } = made
      const client = yield* place.connect(made)
      look.same("revision", client.revision, place.revision)
      const error = yield* Effect.flip(client.call(Wait, { name: "one" }, { timeout: "250 millis" }))
      look.same("reason", error._tag === "McpError" ? error.reason._tag : error, "Timeout")
      yield* happened("one released")
      look.that("interrupted", journal.includes("one interrupted"))
    })
  ),
  check("cancels the one that is meant, among many", (look) =>
    Effect.gen(function* () {
      const made = world()
      const { happened, journal, open } = made
      const client = yield* place.connect(made)
      const names = Array.from({ length: 20 }, (_, at) => `call ${at}`)
      const running = yield* Effect.forEach(names, (name) => fork(client.call(Wait, { name })))
      yield* Effect.forEach(names, (name) => happened(`${name} began`))
      yield* Fiber.interrupt(running[7]!)
      yield* happened("call 7 released")
      yield* open
      const exits = yield* Effect.forEach(running, Fiber.await)
      look.same("succeeded", exits.filter(Exit.isSuccess).length, 19)
      look.same(
        "interrupted",
        journal.filter((line) => line.endsWith("interrupted")),
        ["call 7 interrupted"]
      )
    })
  )
]

const scopes = (place: Place): ReadonlyArray<Check> => [
  check("closing its scope ends the calls of a client with a typed error", (look) =>
    Effect.gen(function* () {
      const made = world()
      const { happened, journal } = made
      const scope = yield* Scope.make()
      const client = yield* Scope.provide(place.connect(made), scope)
      const call = yield* fork(Effect.flip(client.call(Wait, { name: "one" })))
      yield* happened("one began")
      yield* Scope.close(scope, Exit.void)
      const error = yield* Fiber.join(call)
      look.same("reason", error._tag === "McpError" ? error.reason._tag : error, "Closed")
      yield* happened("closed")
      look.same("order", journal, ["opened", "one began", "one interrupted", "one released", "closed"])
    })
  ),
  check("a tool comes and goes while the server runs, and clients hear of it", (look) =>
    Effect.gen(function* () {
      const made = world()
      const { server } = made
      const client = yield* place.connect(made)
      const changes = yield* client.changes
      const heard = yield* fork(Stream.runCollect(Stream.take(changes, 1)))
      const scope = yield* Scope.make()
      const registering = McpTool.make("guest").register(() => Effect.succeed("welcome"))
      yield* Effect.provideService(Scope.provide(registering, scope), McpServer.McpServer, yield* server)
      look.same("heard", yield* Fiber.join(heard), ["tools"])
      look.that("works", (yield* client.callTool("guest")).isError !== true)
      yield* Scope.close(scope, Exit.void)
      look.same("gone", (yield* Effect.flip(client.callTool("guest"))).reason._tag, "Remote")
    })
  ),
  check("hears of what it watches, until its scope closes", (look) =>
    Effect.gen(function* () {
      const made = world()
      const { server } = made
      const client = yield* place.connect(made)
      const updates = yield* client.updates("docs://readme")
      const heard = yield* fork(Stream.runCollect(Stream.take(updates, 1)))
      yield* (yield* server).updated("docs://other")
      yield* (yield* server).updated("docs://readme")
      look.same("heard", yield* Fiber.join(heard), ["docs://readme"])
    })
  )
]

/** All of it. */
export const endings = (place: Place): ReadonlyArray<Check> => [...cancelling(place), ...scopes(place)]
