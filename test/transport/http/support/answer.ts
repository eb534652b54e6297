/**
 * A response in the hands of a test: its status, its headers, and its body as one message or as events.
 *
 * Events are read as a client would, one after the other; a comment is an event of its own here, so that tests see it.
 * Every error that is looked at is checked by the schema of the official SDK.
 */
import { assert } from "@effect/vitest"
import { JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import type { McpTest } from "mcp-effect/testing"

export interface SseEvent {
  readonly id?: string
  readonly retry?: number
  readonly comment?: string
  /** Absent where there is none, or an empty one. */
  readonly message?: McpTest.Json
}

/** Reads a text as the message that it is. */
export const messageOf = (text: string): McpTest.Json => {
  const message = JSON.parse(text) as McpTest.Json
  const read = JSONRPCMessageSchema.safeParse(message)
  assert.isTrue(read.success, text)
  return message
}

const eventOf = (block: string): SseEvent => {
  const event: { -readonly [K in keyof SseEvent]: SseEvent[K] } = {}
  for (const line of block.split("\n")) {
    const [, name, value = ""] = /^([^:]*): ?(.*)$/.exec(line) ?? assert.fail(`No line of an event: ${line}`)
    if (name === "") event.comment = value
    else if (name === "id") event.id = value
    else if (name === "retry") event.retry = Number(value)
    else if (name === "data") Object.assign(event, value === "" ? {} : { message: messageOf(value) })
    else assert.fail(`No field of an event: ${line}`)
  }
  return event
}

/** A stream of events. */
export class Events {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #decoder = new TextDecoder()
  #rest = ""
  #ended = false

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader()
  }

  /** The next event, whatever it is; nothing once the stream has ended. */
  readonly nextRaw: Effect.Effect<SseEvent | undefined> = Effect.suspend(() => {
    const end = this.#rest.indexOf("\n\n")
    if (end >= 0) {
      const block = this.#rest.slice(0, end)
      this.#rest = this.#rest.slice(end + 2)
      return Effect.succeed(eventOf(block))
    }
    if (this.#ended) {
      assert.strictEqual(this.#rest, "", "the stream has ended within an event")
      return Effect.succeed(undefined)
    }
    return Effect.flatMap(
      Effect.promise(() => this.#reader.read()),
      ({ done, value }) => {
        this.#ended = done
        this.#rest += value === undefined ? "" : this.#decoder.decode(value, { stream: true })
        return this.nextRaw
      }
    )
  })

  /** The next event with a message; the stream must not end before. */
  readonly next: Effect.Effect<SseEvent & { readonly message: McpTest.Json }> = Effect.suspend(() =>
    Effect.flatMap(this.nextRaw, (event) => {
      if (event === undefined) return assert.fail("the stream has ended")
      const { message } = event
      return message === undefined ? this.next : Effect.succeed({ ...event, message })
    })
  )

  /** All that is left, until the end. */
  readonly rest: Effect.Effect<ReadonlyArray<SseEvent>> = Effect.suspend(() =>
    Effect.flatMap(this.nextRaw, (event) =>
      event === undefined ? Effect.succeed([]) : Effect.map(this.rest, (more) => [event, ...more])
    )
  )

  /** The messages that are left, until the end. */
  readonly messages: Effect.Effect<ReadonlyArray<McpTest.Json>> = Effect.map(this.rest, (events) =>
    events.flatMap(({ message }) => (message === undefined ? [] : [message]))
  )

  /** The connection is gone. */
  readonly drop: Effect.Effect<void> = Effect.promise(() => this.#reader.cancel())
}

export class Answer {
  readonly status: number
  readonly headers: Headers
  readonly #response: Response
  #events: Events | undefined

  constructor(response: Response) {
    this.status = response.status
    this.headers = response.headers
    this.#response = response
  }

  header(name: string): string | undefined {
    return this.headers.get(name) ?? undefined
  }

  get type(): string | undefined {
    return this.header("content-type")
  }

  readonly text: Effect.Effect<string> = Effect.promise(() => this.#response.text())

  /** The body, which is one message. */
  readonly message: Effect.Effect<McpTest.Json> = Effect.suspend(() => {
    assert.strictEqual(this.type, "application/json", `of ${this.status}`)
    return Effect.map(this.text, messageOf)
  })

  /** The body, which is a stream of events. */
  get events(): Events {
    assert.strictEqual(this.type, "text/event-stream", `of ${this.status}`)
    return (this.#events ??= new Events(this.#response.body ?? assert.fail("there is no body")))
  }

  /** Whether it is one message or events: the reply. What comes before it is left out. */
  readonly reply: Effect.Effect<McpTest.Json> = Effect.suspend(() =>
    this.type === "text/event-stream"
      ? Effect.map(this.events.messages, (all) => all.at(-1) ?? assert.fail("the stream has ended without a reply"))
      : this.message
  )

  /** The body is empty. */
  readonly nothing: Effect.Effect<void> = Effect.map(this.text, (text) => assert.strictEqual(text, ""))
}

/** Checks the status, the code and the id of an error; an id of `undefined` must not be there. */
export const assertError = (
  answer: Answer,
  status: number,
  code: number,
  id: string | number | undefined
): Effect.Effect<McpTest.Json> =>
  Effect.map(answer.message, (message) => {
    const error = message["error"] as McpTest.Json | undefined
    const seen = { status: answer.status, code: error?.["code"], id: message["id"], hasId: "id" in message }
    assert.deepStrictEqual(seen, { status, code, id, hasId: id !== undefined }, JSON.stringify(message))
    return error ?? {}
  })
