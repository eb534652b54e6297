/**
 * Bytes on a socket, where HTTP libraries would hide what is sent: a server on a port of its own, and clients that write
 * what they like, read or do not, and go away as they like. Time is real here.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Layer, type Scope } from "effect"
import { McpServer, type McpTransport } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import type { McpTest } from "mcp-effect/testing"
import { connect, type Socket } from "node:net"
import { eventually } from "../../support/eventually.ts"
import { type App, type Headers, modernHeaders, textOf } from "./endpoint.ts"

type Options = Parameters<typeof McpNode.layerHttp>[0]

/** Serves an application on a port until the scope closes; gives the port. */
export const listening = <E>(
  app: App<E>,
  options: Options = {}
): Effect.Effect<number, E | McpTransport.TransportError, Scope.Scope> =>
  Effect.gen(function* () {
    const listens = yield* Deferred.make<string>()
    const onListening = (url: string) => Effect.asVoid(Deferred.succeed(listens, url))
    yield* Layer.build(Layer.provide(McpServer.serve(app), McpNode.layerHttp({ port: 0, ...options, onListening })))
    return Number(new URL(yield* Deferred.await(listens)).port)
  })

/** A response as it was read. */
export interface Read {
  readonly status: number
  readonly head: string
  readonly body: string
}

const CHUNKED = /transfer-encoding: chunked/i

/** The next whole response in a text, and what follows it; nothing as long as it is not whole. */
const parse = (text: string): readonly [Read, string] | undefined => {
  const end = text.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1])
  const rest = text.slice(end + 4)
  if (CHUNKED.test(head)) {
    const last = rest.indexOf("0\r\n\r\n")
    if (last < 0) return undefined
    const body = rest.slice(0, last).replaceAll(/^[0-9a-f]+\r\n|\r\n(?:[0-9a-f]+\r\n)?/gm, "")
    return [{ status, head, body }, rest.slice(last + 5)]
  }
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  return rest.length < length ? undefined : [{ status, head, body: rest.slice(0, length) }, rest.slice(length)]
}

export class Raw {
  readonly #socket: Socket
  #text = ""
  #closed = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding("utf8")
    socket.on("data", (text: string) => void (this.#text += text))
    socket.on("error", () => {})
    const close = () => void (this.#closed = true)
    // this side may stay half open
    socket.on("end", close)
    socket.on("close", close)
  }

  /** Everything that has been read and not taken. */
  get text(): string {
    return this.#text
  }

  write(text: string | Uint8Array): this {
    this.#socket.write(text)
    return this
  }

  /** Says that nothing more will be sent. */
  end(): this {
    this.#socket.end()
    return this
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Reads nothing from now on. */
  stop(): this {
    this.#socket.pause()
    return this
  }

  go(): this {
    this.#socket.resume()
    return this
  }

  /** The next response. */
  readonly response: Effect.Effect<Read> = Effect.suspend(() =>
    Effect.map(
      eventually("a response has come", () => parse(this.#text)),
      ([read, rest]) => {
        this.#text = rest
        return read
      }
    )
  )

  /** Something has been read. */
  heard(part: string): Effect.Effect<unknown> {
    return eventually(`"${part}" has come`, () => (this.#text.includes(part) ? true : undefined))
  }

  /** The server has closed it, or its half of it. */
  readonly closed: Effect.Effect<unknown> = eventually("the socket is closed", () => (this.#closed ? true : undefined))
}

/** A socket that is gone with the scope. */
export const socket = (port: number): Effect.Effect<Raw, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Socket>((resume) => {
        const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => resume(Effect.succeed(socket)))
      }),
      (socket) => Effect.sync(() => socket.destroy())
    ),
    (socket) => new Raw(socket)
  )

/** A POST as bytes; a header that is "" is left out. */
export const posting = (message: unknown, headers: Headers = {}): string => {
  const body = textOf(message)
  const all = {
    host: "localhost",
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "content-length": String(Buffer.byteLength(body)),
    ...headers
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`${name}: ${value}`]))
  return `POST /mcp HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`
}

/** A modern POST as bytes. */
export const modernly = (message: McpTest.Json, headers: Headers = {}): string =>
  posting(message, { ...modernHeaders(message), ...headers })

/** The message of a response. */
export const messageIn = ({ body, status }: Read): McpTest.Json => {
  assert.isNotEmpty(body, `of ${status}`)
  return JSON.parse(body.startsWith("data: ") ? body.slice(6) : body) as McpTest.Json
}
