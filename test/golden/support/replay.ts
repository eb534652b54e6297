/**
 * Plays golden transcripts: the client's part against our server, the server's part against our client.
 *
 * What the server says to one request (reports, logs, the reply) keeps its order, and so does what it says unasked; how
 * these two fall together is left open. Ids, and what is one (progress tokens), are each side's own.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, type Scope, Stream } from "effect"
import { McpClient } from "mcp-effect"
import { metaKeys } from "mcp-effect/McpSchema"
import { McpTest } from "mcp-effect/testing"
import { eventually, within } from "../../transport/support/eventually.ts"
import type { App } from "./apps.ts"
import { clientInfo, requestOf } from "./rows.ts"
import { isObject, type Json, Names, type Said, type Transcript } from "./transcript.ts"

/** Seconds that a side may take to say what it is to say; it takes none. */
const BOUND = 5

/** What the client says, and what the server says before the client speaks again. */
interface Turn {
  readonly said: Json
  readonly heard: ReadonlyArray<Json>
}

const turnsOf = (messages: ReadonlyArray<Said>): ReadonlyArray<Turn> => {
  const turns: Array<{ readonly said: Json; readonly heard: Array<Json> }> = []
  for (const { from, message } of messages) {
    if (from === "client") turns.push({ said: message, heard: [] })
    else turns.at(-1)!.heard.push(message)
  }
  return turns
}

const unasked = /^notifications\/(resources\/updated|(tools|prompts|resources)\/list_changed)$/

const isUnasked = ({ method }: Json): boolean => typeof method === "string" && unasked.test(method)

const inOrder = (messages: ReadonlyArray<Json>): ReadonlyArray<Json> => [
  ...messages.filter((message) => !isUnasked(message)),
  ...messages.filter(isUnasked)
]

/** What the client said is sent; what the server says is what it said then, and nothing else. */
export const againstServer = (app: App, { messages }: Transcript): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const peer = yield* McpTest.raw(app)
    const names = new Names()
    let heard = 0
    for (const turn of turnsOf(messages)) {
      yield* peer.send(names.restored(turn.said))
      const answers: Array<Json> = []
      for (const _ of turn.heard) {
        answers.push(names.named(yield* within("what the server says", peer.next, BOUND)))
      }
      heard += answers.length
      assert.deepStrictEqual(inOrder(answers), inOrder(turn.heard))
    }
    assert.strictEqual(peer.received.length, heard)
  })

const member = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined)

const without = (object: Json, name: string): Json => {
  const { [name]: _, ...rest } = object
  return rest
}

/** A message of the client without what is its own: ids, progress tokens, reasons, and the objects that then are empty. */
const comparable = ({ method, params = {} }: Json): Json => {
  if (method === "notifications/cancelled") return { method, requestId: member(params, "requestId") }
  const { _meta = {}, ...others } = params as Json
  const meta = without(_meta as Json, "progressToken")
  return { method, params: Object.keys(meta).length === 0 ? others : { ...others, _meta: meta } }
}

/** The ids of the client that plays now, by those that were recorded. */
type Ids = Map<unknown, unknown>

const idMembers: ReadonlyArray<string> = ["id", "progressToken", metaKeys.subscriptionId]

/** A message of the server with the ids of now. */
const withIds = (message: Json, ids: Ids): Json => {
  const walk = (value: unknown): unknown =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).map(([name, inside]) => [
            name,
            idMembers.includes(name) && ids.has(inside) ? ids.get(inside) : walk(inside)
          ])
        )
      : value
  // what is inside of results is data
  const { result, ...envelope } = message
  return {
    ...(walk(envelope) as Json),
    ...(isObject(result) ? { result: { ...result, ...(result["_meta"] ? { _meta: walk(result["_meta"]) } : {}) } } : {})
  }
}

/** What the client says of a call of its own, with the id of now. */
const withCancelled = (said: Json, ids: Ids): Json => {
  const id = member(said["params"], "requestId")
  return id === undefined ? said : { ...said, params: { requestId: ids.get(id) } }
}

const isReplyTo = (id: unknown) => (message: Json) => message["method"] === undefined && message["id"] === id

const opening = (said: Json, index: number): boolean => index === 0 || said["method"] === "notifications/initialized"

/** What a client puts into every `_meta` by itself. */
const envelope: ReadonlyArray<string> = [
  metaKeys.protocolVersion,
  metaKeys.clientInfo,
  metaKeys.clientCapabilities,
  "progressToken"
]

class Playing {
  readonly client: McpClient.Service
  readonly ids: Ids
  readonly calls = new Map<unknown, Fiber.Fiber<Exit.Exit<unknown, unknown>>>()
  readonly reports: Array<unknown> = []

  constructor(client: McpClient.Service, ids: Ids) {
    this.client = client
    this.ids = ids
  }

  /** Lets the client say what was said then, and put about it what it puts about everything. */
  say({ id, method, params }: Json): Effect.Effect<void> {
    if (method === "notifications/cancelled") {
      return Fiber.interrupt(this.calls.get(member(params, "requestId"))!)
    }
    const onProgress = (report: object) => Effect.sync(() => void this.reports.push(report))
    const call = this.client.request(requestOf(String(method)), this.#own((params ?? {}) as Json), { onProgress })
    return Effect.map(Effect.forkDetach(Effect.exit(call), { startImmediately: true }), (fiber) => {
      this.calls.set(id, fiber)
    })
  }

  #own({ _meta, ...params }: Json): Json {
    const meta = Object.entries((_meta ?? {}) as Json).filter(
      ([key, value]) => !envelope.includes(key) || (key === metaKeys.protocolVersion && value !== this.client.revision)
    )
    return meta.length === 0 ? params : { ...params, _meta: Object.fromEntries(meta) }
  }

  /** What the client makes of a reply: its result, or its error. */
  settled(reply: Json): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const exit = yield* within("the call", Fiber.join(this.calls.get(reply["id"])!), BOUND)
      if (Exit.isSuccess(exit)) return assert.deepStrictEqual(exit.value, withIds(reply, this.ids)["result"])
      const [failure] = exit.cause.reasons
      const error = failure?._tag === "Fail" ? failure.error : undefined
      const { code, data, message } = reply["error"] as Json
      const reason = member(error, "reason")
      assert.strictEqual(member(reason, "_tag"), "Remote", String(error))
      assert.strictEqual(member(reason, "code"), code)
      assert.strictEqual(member(reason, "detail"), message)
      assert.deepStrictEqual(member(reason, "data"), data)
    })
  }
}

/** The test says what the server said then; our client says what was said, and takes every answer. */
export const againstClient = ({ messages, revision }: Transcript): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const ids: Ids = new Map()
    const heard: Array<unknown> = []
    const connecting = yield* Effect.forkChild(McpClient.connect(transport, { revision, clientInfo }), {
      startImmediately: true
    })
    const exchange = Effect.fnUntraced(function* (turn: Turn) {
      const said = yield* within(`what the client says: ${JSON.stringify(turn.said)}`, peer.next, BOUND)
      assert.deepStrictEqual(comparable(said), comparable(withCancelled(turn.said, ids)))
      const text = peer.received.at(-1) ?? ""
      assert.strictEqual(JSON.stringify(JSON.parse(text)), text, "a member that is there twice is read as one")
      ids.set(turn.said["id"], said["id"])
      for (const message of turn.heard) yield* peer.send(withIds(message, ids))
    })
    const turns = turnsOf(messages)
    const first = turns.findIndex(({ said }, index) => !opening(said, index))
    for (const turn of turns.slice(0, first)) yield* exchange(turn)
    const playing = new Playing(yield* within("connecting", Fiber.join(connecting), BOUND), ids)
    yield* Effect.forkScoped(
      Stream.runForEach(playing.client.notifications, (message) => Effect.sync(() => void heard.push(message))),
      { startImmediately: true }
    )
    for (const turn of turns.slice(first)) {
      yield* playing.say(turn.said)
      yield* exchange(turn)
      const reply = turn.heard.find(isReplyTo(turn.said["id"]))
      if (reply !== undefined) yield* playing.settled(reply)
    }
    const told = turns.flatMap((turn) => turn.heard.map((message) => withIds(message, ids)))
    const isReport = ({ method }: Json): boolean => method === "notifications/progress"
    // the progress of a call goes to the call
    const others = told.filter((message) => message["method"] !== undefined && !isReport(message))
    yield* eventually("every notification", () => (heard.length >= others.length ? true : undefined), BOUND)
    assert.deepStrictEqual(
      heard.map((message) => [member(message, "method"), member(message, "params")]),
      others.map(({ method, params }) => [method, params])
    )
    assert.deepStrictEqual(
      playing.reports,
      told.filter(isReport).map(({ params }) => params)
    )
  })
