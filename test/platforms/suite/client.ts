/**
 * Our client over HTTP, in each revision: against our handler in this process, and over sockets against a server on Node.
 *
 * In this process `fetch` is the handler, and the world can be looked into. Over sockets it is the runtime's own `fetch`,
 * and the server, which serves all platforms, is known by its answers alone.
 */
import { Effect, Layer } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import { McpClient } from "mcp-effect"
import * as McpHttpClient from "mcp-effect/McpHttpClient"
import { latestModern, revisions } from "mcp-effect/revisions"
import { calls } from "./calls.ts"
import { endings } from "./endings.ts"
import { check, type Check, part } from "./harness.ts"
import { ENDPOINT, fetchOf, type Serve } from "./http.ts"
import type { Place } from "./place.ts"
import { world } from "./world.ts"

/** A connector of its own: what it has found out about one server says nothing of the next. */
const connect = (url: string, revision?: string) =>
  Effect.flatMap(Layer.build(Layer.provide(McpHttpClient.layer(), FetchHttpClient.layer)), (connector) =>
    Effect.provideContext(McpClient.connect(url, revision === undefined ? {} : { revision }), connector)
  )

const inProcess = (serve: Serve, revision?: string) => (made: Parameters<Serve>[0]) =>
  Effect.flatMap(serve(made), (handle) =>
    Effect.provideService(connect(ENDPOINT, revision), FetchHttpClient.Fetch, fetchOf(handle))
  )

const places = (connecting: (revision: string) => Place["connect"]): ReadonlyArray<Place> =>
  revisions.map(({ era, version }) => ({ revision: version, era, connect: connecting(version) }))

const negotiating = (connect: Place["connect"]): Check =>
  check("finds out what the server speaks", (look) =>
    Effect.gen(function* () {
      const client = yield* connect(world())
      look.same("the latest", client.revision, latestModern.version)
    })
  )

/** Against the handler. */
export const clientChecks = (serve: Serve): ReadonlyArray<Check> => [
  ...places((revision) => inProcess(serve, revision)).flatMap((place) =>
    part(place.revision, [...calls(place), ...endings(place)])
  ),
  negotiating(inProcess(serve))
]

/** Over sockets, against the server at that address. */
export const socketChecks = (url: string): ReadonlyArray<Check> => [
  ...places((revision) => () => connect(url, revision)).flatMap((place) => part(place.revision, calls(place))),
  negotiating(() => connect(url))
]
