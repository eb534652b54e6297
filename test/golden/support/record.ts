/**
 * Records a golden transcript: a client plays a chapter's script against its server, through a tap.
 *
 * Ours records the older revisions, the official ones the younger. What a request is answered with is the tap's business,
 * so refusals are not told apart here.
 */
import { Client as ClientV2 } from "@modelcontextprotocol/client"
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js"
import { Effect, Fiber, type Scope } from "effect"
import { McpClient } from "mcp-effect"
import { find } from "mcp-effect/revisions"
import { z } from "zod"
import { apps } from "./apps.ts"
import { clientInfo, requestOf } from "./rows.ts"
import { scriptOf, type Step } from "./scripts.ts"
import { type Tap, tapped, transportOf } from "./tap.ts"
import type { Chapter, Json, Transcript } from "./transcript.ts"

/** A client as a script plays it. What the server refuses is no failure. */
interface Player {
  readonly ask: (method: string, params: Json, progress: boolean) => Effect.Effect<void>
  /** Opens a subscription and waits for its acknowledgement; gives what closes it. */
  readonly listen: (notifications: Json) => Effect.Effect<Effect.Effect<void>>
}

type Connect = (tap: Tap, revision: string) => Effect.Effect<Player, unknown, Scope.Scope>

const isAcknowledged = ({ method }: Json): boolean => method === "notifications/subscriptions/acknowledged"

const ours: Connect = (tap, revision) =>
  Effect.gen(function* () {
    const client = yield* McpClient.connect(yield* transportOf(tap), { revision, clientInfo })
    return {
      ask: (method, params, progress) =>
        client
          .request(requestOf(method), params, progress ? { onProgress: () => Effect.void } : {})
          .pipe(Effect.exit, Effect.asVoid),
      listen: (notifications) =>
        Effect.gen(function* () {
          const listening = yield* Effect.forkDetach(
            Effect.exit(client.request(requestOf("subscriptions/listen"), { notifications }))
          )
          yield* tap.heard("the acknowledgement", isAcknowledged)
          return Fiber.interrupt(listening)
        })
    }
  })

interface Transport {
  // methods, as the two packages disagree on the types of messages
  onmessage?(message: object): void
  onclose?(): void
  start(): Promise<void>
  send(message: object): Promise<void>
  close(): Promise<void>
}

/** A tap as a transport of the official clients. */
const promised = (tap: Tap): Effect.Effect<Transport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const transport: Transport = {
      start: () => Promise.resolve(),
      send: (message) => Effect.runPromise(tap.send(message as Json)),
      close: () => Promise.resolve(transport.onclose?.())
    }
    yield* Effect.forkScoped(Effect.forever(Effect.map(tap.next, (message) => transport.onmessage?.(message))))
    return transport
  })

const anything = z.looseObject({})

const settled = (ask: () => Promise<unknown>): Effect.Effect<void> => Effect.asVoid(Effect.exit(Effect.tryPromise(ask)))

const optionsOf = (progress: boolean) => (progress ? { onprogress: () => {} } : {})

const officialV2: Connect = (tap, revision) =>
  Effect.gen(function* () {
    const mode = find(revision)?.era === "modern" ? ({ pin: revision } as const) : ("legacy" as const)
    const supported = mode === "legacy" ? { supportedProtocolVersions: [revision] } : {}
    const client = new ClientV2(clientInfo, { versionNegotiation: { mode }, ...supported })
    const transport = yield* promised(tap)
    yield* Effect.promise(() => client.connect(transport))
    return {
      ask: (method, params, progress) =>
        settled(() => client.request({ method, params }, anything, optionsOf(progress))),
      listen: (notifications) =>
        Effect.map(
          Effect.promise(() => client.listen(notifications)),
          (subscription) => Effect.promise(() => subscription.close())
        )
    }
  })

const officialV1: Connect = (tap) =>
  Effect.gen(function* () {
    const client = new ClientV1(clientInfo)
    const transport = yield* promised(tap)
    yield* Effect.promise(() => client.connect(transport))
    return {
      ask: (method, params, progress) =>
        settled(() => client.request({ method, params }, anything, optionsOf(progress))),
      listen: () => Effect.die(new Error("This client has no subscriptions"))
    }
  })

const recorders: { readonly [revision: string]: { readonly name: string; readonly connect: Connect } } = {
  "2024-11-05": { name: "mcp-effect", connect: ours },
  "2025-03-26": { name: "mcp-effect", connect: ours },
  "2025-06-18": { name: "@modelcontextprotocol/client 2.4.0", connect: officialV2 },
  "2025-11-25": { name: "@modelcontextprotocol/sdk 1.32.2", connect: officialV1 },
  "2026-07-28": { name: "@modelcontextprotocol/client 2.4.0", connect: officialV2 }
}

const play = (tap: Tap, player: Player, steps: ReadonlyArray<Step>): Effect.Effect<void> =>
  Effect.gen(function* () {
    let close: Effect.Effect<void> = Effect.void
    for (const step of steps) {
      switch (step._tag) {
        case "Ask": {
          const params = typeof step.params === "function" ? step.params(tap.last()) : step.params
          yield* player.ask(step.method, params, step.progress)
          break
        }
        case "Until":
          yield* tap.heard(step.method, ({ method }) => method === step.method)
          break
        case "Listen":
          close = yield* player.listen(step.notifications)
          break
        case "Unlisten":
          yield* close
      }
    }
  })

/** What is said in a chapter of a revision. */
export const record = (revision: string, chapter: Chapter): Effect.Effect<Transcript, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { connect, name } = recorders[revision]!
      const tap = yield* tapped(apps[chapter])
      const player = yield* connect(tap, revision)
      yield* play(tap, player, scriptOf(chapter, find(revision)!.era))
      const recorded = name === "mcp-effect" ? "mcp-effect client and server" : `${name} with the mcp-effect server`
      return { revision, chapter, recorded, messages: [...tap.messages] }
    })
  )
