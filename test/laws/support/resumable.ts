/**
 * Clients of a resumable server, and what each of their streams must have delivered.
 *
 * A `Talk` is a request whose handler says what the test tells it to. A `Client` has one session and remembers of every
 * stream it has seen an event of how far it has come; every event that arrives is held against that: in order, without a
 * gap, never twice, and of this session only. `Model` knows what was said, so that in the end nothing may be missing but
 * what the server has called lost.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Layer, Queue, Schema } from "effect"
import { EventStore, McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "./app.ts"
import { settle } from "./law.ts"
import { type Heard, type Session, waiting, type Web, WHO } from "./web.ts"

type Order = "say" | "detach" | "finish"

/** A request whose handler does as it is told. */
export class Talk {
  readonly name: string
  readonly orders = Queue.unbounded<Order>().pipe(Effect.runSync)
  /** What it has said so far, the reply too. */
  readonly said: Array<string> = []
  readonly started = Deferred.makeUnsafe<void>()
  told = false
  /** Its reply has come as one message, which is no stream. */
  alone = false

  constructor(name: string) {
    this.name = name
  }

  order(order: Order): void {
    if (this.told) return
    this.told = order === "finish"
    Queue.offerUnsafe(this.orders, order)
  }

  readonly run = Effect.gen({ self: this }, function* () {
    const { detach, log } = yield* McpRequest
    for (;;) {
      const order = yield* Queue.take(this.orders)
      if (order === "detach") yield* detach
      const text = `${this.name}:${order === "finish" ? "done" : this.said.length}`
      if (order !== "detach") this.said.push(text)
      if (order === "say") yield* log("info", text)
      if (order === "finish") return text
    }
  })
}

const TalkTool = McpTool.make("talk", { parameters: { name: Schema.String } })
const Things = McpResource.template("thing:{name}", { name: "things", parameters: { name: Schema.String } })

/** The server: it talks, and it tells of things that have changed. */
export const talking = (talks: ReadonlyMap<string, Talk>) => {
  let server: McpServer.Service | undefined
  const found = Layer.effectDiscard(
    Effect.map(McpServer.McpServer, (service) => {
      server = service
    })
  )
  const app = Layer.mergeAll(
    found,
    TalkTool.toLayer(({ name }) => Effect.orDie(talks.get(name)!.run)),
    Things.toLayer(({ name }) => Effect.succeed(name))
  ).pipe(Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })))
  return { app, changed: (uri: string) => Effect.suspend(() => server!.updated(uri)) }
}

const delayed = <A, E>(turns: number, effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
  const waits = Effect.repeat(Effect.yieldNow, { times: turns })
  return Effect.andThen(
    waits,
    Effect.andThen(effect, (value) => Effect.as(waits, value))
  )
}

/** A store that takes some turns of the loop before and after each thing that it does, and most for what it writes. */
const slow = Layer.effect(
  EventStore.EventStore,
  Effect.map(EventStore.EventStore, (inner) =>
    EventStore.EventStore.of({
      open: (key, requests) => delayed(8, inner.open(key, requests)),
      append: (key, event, last) => delayed(6, inner.append(key, event, last)),
      end: (key) => delayed(6, inner.end(key)),
      read: (key, after, max) => delayed(1, inner.read(key, after, max)),
      remove: (session) => delayed(1, inner.remove(session))
    })
  )
).pipe(Layer.provide(EventStore.layerMemory))

/** A session's share of a small store holds a few events. */
const small = { events: 7000 }

export const stores = {
  quick: { events: EventStore.layerMemory, limits: {} },
  slow: { events: slow, limits: {} },
  small: { events: EventStore.layerMemory, limits: small },
  "slow and small": { events: slow, limits: small }
} as const
export const storeNames = ["quick", "slow", "small", "slow and small"] as const

/** A stream that a client has seen an event of. */
interface Known {
  readonly id: string
  position: number
  readonly texts: Array<string>
  lost: boolean
}

/** One response that is read. */
interface Connection {
  readonly heard: Heard
  /** The request that it was opened for. */
  readonly talk: Talk | undefined
  known: Known | undefined
  position: number
  absorbed: number
}

export const streamOf = (eventId: string): readonly [stream: string, sequence: number] => {
  const dot = eventId.lastIndexOf(".")
  return [eventId.slice(0, dot), Number(eventId.slice(dot + 1))]
}

/** What a message is called here: whatever identifies it. */
const textOf = ({ id, method, params, result }: McpTest.Json): string => {
  const member = (value: unknown, name: string) => (value as McpTest.Json | undefined)?.[name]
  if (method === "notifications/message") return String(member(params, "data"))
  if (method === "notifications/resources/updated") return String(member(params, "uri"))
  const [content] = (member(result, "content") as ReadonlyArray<McpTest.Json> | undefined) ?? []
  return content === undefined ? `reply ${String(id)}` : String(content["text"])
}

/** Waits until a response has ended, or until nothing has come for longer than a slow store takes for all that it has. */
const quiet = (heard: Heard): Effect.Effect<void> => {
  let [seen, still] = [0, 0]
  const isQuiet = () => {
    still = heard.events.length === seen ? still + 1 : 0
    seen = heard.events.length
    return heard.ended || still > 30
  }
  return Effect.asVoid(Effect.repeat(settle, { until: isQuiet, times: 1000 }))
}

export class Client {
  readonly name: string
  readonly who: string
  readonly session: Session
  readonly streams = new Map<string, Known>()
  readonly connections: Array<Connection> = []
  readonly talks: Array<Talk> = []
  /** What was said to it that belongs to no request. */
  readonly pushed: Array<string> = []
  /** A connection went away before anything of it was seen: its stream cannot be asked for. */
  blind = false
  alive = true
  #next = 0

  constructor(name: string, who: string, session: Session) {
    this.name = name
    this.who = who
    this.session = session
  }

  post(talk: Talk): void {
    this.talks.push(talk)
    const message = callTool("legacy", `${this.name} ${this.#next++}`, "talk", { name: talk.name })
    this.#connect(this.session.post(message), talk, undefined)
  }

  get(): void {
    this.#connect(this.session.get(), undefined, undefined)
  }

  /** Watches a thing, so that it hears of its changes. */
  watch(uri: string): Effect.Effect<void> {
    const heard = this.session.post(request("legacy", `watch ${this.#next++}`, "resources/subscribe", { uri }))
    return Effect.map(
      waiting(() => heard.ended),
      (ended) => {
        assert.isTrue(ended, "a subscription is not answered")
        assert.strictEqual(heard.status, 200)
        this.pushed.push(uri)
      }
    )
  }

  /** Lets go of a connection. */
  drop(connection: Connection, how: "request" | "body"): void {
    this.absorb()
    if (connection.heard.gone) return
    if (connection.known === undefined && !connection.heard.ended) this.blind = true
    connection.heard.drop(how)
  }

  /** Takes a stream up again where it broke, by a connection of its own. */
  resume(known: Known): Connection {
    for (const one of this.connections) if (one.known === known) this.drop(one, "body")
    const headers = { "last-event-id": `${known.id}.${known.position}` }
    return this.#connect(this.session.get(headers), undefined, known)
  }

  /** Reads another client's place in a stream of the same name, if it has one: then what comes is its own. */
  steal(known: Known): Connection {
    const headers = { "last-event-id": `${known.id}.${known.position}` }
    const copy: Known = { id: known.id, position: known.position, texts: [], lost: false }
    return this.#connect(this.session.get(headers), undefined, copy)
  }

  /** Waits, turn by turn, until one more event of a stream has arrived; tells whether it has. */
  more(known: Known): Effect.Effect<boolean> {
    const before = known.position
    const isMore = () => {
      this.absorb()
      return known.position > before
    }
    return Effect.map(Effect.repeat(Effect.yieldNow, { until: isMore, times: 100 }), isMore)
  }

  #connect(heard: Heard, talk: Talk | undefined, known: Known | undefined): Connection {
    const connection: Connection = { heard, talk, known, position: known?.position ?? 0, absorbed: 0 }
    this.connections.push(connection)
    return connection
  }

  /** Takes what has arrived, and holds it against what may arrive. */
  absorb(): void {
    for (const connection of this.connections) {
      const { ended, events, gone, isStream, messages, status } = connection.heard
      if (connection.talk !== undefined && ended && !gone && !isStream && status === 200) {
        assert.deepStrictEqual(messages.map(textOf), connection.talk.said)
        connection.talk.alone = true
      }
      for (; connection.absorbed < events.length; connection.absorbed++) {
        const { data, id } = events[connection.absorbed]!
        assert.isDefined(id, "an event without an id")
        this.#event(connection, id, data)
      }
    }
  }

  #event(connection: Connection, eventId: string, data: string): void {
    const [id, sequence] = streamOf(eventId)
    // a stream for what belongs to no request that has ended is gone on with by another
    if (connection.known !== undefined && connection.known.id !== id && connection.absorbed === 0) {
      const ofRequest = connection.known.texts.filter((text) => !text.startsWith("thing:"))
      assert.deepStrictEqual(ofRequest, [], "a stream of a request is gone on with by another")
      connection.known = undefined
      connection.position = 0
    }
    const known = (connection.known ??= this.#knownAs(id))
    assert.strictEqual(id, known.id, "two streams on one connection")
    if (data === "") {
      assert.deepStrictEqual([sequence, connection.position], [0, 0], "the first event of a stream")
      return
    }
    assert.strictEqual(sequence, connection.position + 1, `${this.name}, stream ${id}: lost or given twice`)
    connection.position = sequence
    const text = textOf(JSON.parse(data) as McpTest.Json)
    assert.isTrue(text.startsWith(`${this.name}-`) || text.startsWith(`thing:${this.name}-`), `${text} at ${this.name}`)
    if (connection.talk !== undefined) assert.include(connection.talk.said, text, "a message of another request")
    known.position = sequence
    known.texts.push(text)
  }

  #knownAs(id: string): Known {
    assert.isFalse(this.streams.has(id), "a new stream has the name of another")
    const known: Known = { id, position: 0, texts: [], lost: false }
    this.streams.set(id, known)
    return known
  }

  /** Comes back for everything, and holds what has arrived in all against what was said. */
  readonly conclude: Effect.Effect<void> = Effect.suspend(() => this.#conclude()).pipe(Effect.asVoid)

  #conclude() {
    return Effect.gen({ self: this }, function* () {
      this.get()
      for (let rounds = 0; rounds < 2; rounds++) {
        yield* settle
        this.absorb()
        // coming back may begin another stream, which waits for the next round
        const now = [...this.streams.values()]
        for (const known of now) yield* this.#comeBack(known)
      }
      const texts = [...this.streams.values()].map((known) => known.texts)
      const all = texts.flat()
      assert.strictEqual(new Set(all).size, all.length, "something was given twice")
      const isLost = [...this.streams.values()].some(({ lost }) => lost)
      if (!isLost && !this.blind)
        assert.sameMembers(
          all.filter((text) => text.startsWith("thing:")),
          this.pushed
        )
      for (const talk of this.talks) {
        if (talk.alone) continue
        const known = [...this.streams.values()].find((known) => known.texts.some((text) => talk.said.includes(text)))
        if (known === undefined) assert.isTrue(isLost || this.blind, `nothing of ${talk.name} has arrived`)
        else if (!known.lost) assert.deepStrictEqual(known.texts, talk.said)
        else assert.deepStrictEqual(known.texts, talk.said.slice(0, known.texts.length))
      }
    })
  }

  /** Takes one stream up again; afterwards it has come to its end, or what it has said, or is lost. */
  #comeBack(known: Known) {
    return Effect.gen({ self: this }, function* () {
      for (let times = 0; times < 50 && !known.lost; times++) {
        const before = known.position
        const { heard } = this.resume(known)
        assert.isTrue(yield* waiting(() => heard.status !== undefined), "no answer to a resumption")
        if (heard.status !== 200) return this.turnedAway(known, heard)
        yield* quiet(heard)
        this.absorb()
        if (known.position === before) return
      }
    })
  }

  /** It may not go on with a stream: since that has come to its end, or since something is lost. */
  turnedAway(known: Known, { status }: Heard): void {
    if (status === 204) return assert.match(known.texts.at(-1) ?? "", /:done$/, "there is more")
    assert.strictEqual(status, 410)
    known.lost = true
  }

  /** What another caller gets for this session: nothing, and no hint that it exists. */
  robbed({ ask }: Web): Effect.Effect<void> {
    const [known] = this.streams.values()
    const id = known === undefined ? "x.0" : `${known.id}.0`
    const headers = { accept: "text/event-stream", ...this.session.headers, [WHO]: "thief", "last-event-id": id }
    const heard = ask("GET", { headers })
    return Effect.map(
      waiting(() => heard.ended),
      () => assert.strictEqual(heard.status, 404, heard.body)
    )
  }
}
