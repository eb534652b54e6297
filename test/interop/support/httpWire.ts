/**
 * What goes over HTTP between an official client and a server, seen from the `fetch` that the client is given: each
 * request with its response, and every message of either side in order.
 *
 * What a server says is noted before the client can read it. `cut` breaks a response as a lost connection would.
 */
import type { Message } from "./rig.ts"

export class Exchange {
  readonly method: string
  readonly headers: Headers
  /** What the client has posted. */
  readonly message: Message | undefined
  /** Once it has been answered. */
  response: Response | undefined
  /** The id of the last event of its stream. */
  lastId: string | undefined
  readonly #wire: Wire
  readonly #cutting = new AbortController()

  constructor(wire: Wire, init: RequestInit) {
    this.#wire = wire
    this.method = init.method ?? "GET"
    this.headers = new Headers(init.headers)
    this.message = typeof init.body === "string" ? (JSON.parse(init.body) as Message) : undefined
  }

  /** The connection breaks. */
  cut(): void {
    this.#cutting.abort(new Error("cut"))
  }

  /** The init with which it is sent: it ends when the client wants it to, or when it is cut. */
  signalled(init: RequestInit): RequestInit {
    const signals = [this.#cutting.signal, init.signal ?? []].flat()
    return { ...init, signal: AbortSignal.any(signals) }
  }

  answered(response: Response): Response {
    this.response = response
    if (response.body === null) return response
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true
    const noted = response.body.pipeThrough(isStream ? this.#events() : this.#whole(response))
    const { headers, status, statusText } = response
    return new Response(noted, { headers, status, statusText })
  }

  #events(): TransformStream<Uint8Array, Uint8Array> {
    const decoder = new TextDecoder()
    let text = ""
    return new TransformStream({
      transform: (chunk, controller) => {
        text += decoder.decode(chunk, { stream: true })
        const events = text.split("\n\n")
        text = events.pop() ?? ""
        for (const event of events) {
          this.lastId = /^id: (.+)$/m.exec(event)?.[1] ?? this.lastId
          this.#note(/^data: (.+)$/m.exec(event)?.[1])
        }
        controller.enqueue(chunk)
      }
    })
  }

  #whole({ headers }: Response): TransformStream<Uint8Array, Uint8Array> {
    const decoder = new TextDecoder()
    let text = ""
    return new TransformStream({
      transform: (chunk, controller) => {
        text += decoder.decode(chunk, { stream: true })
        controller.enqueue(chunk)
      },
      flush: () => this.#note(headers.get("content-type")?.startsWith("application/json") === true ? text : undefined)
    })
  }

  #note(text: string | undefined): void {
    if (text !== undefined) this.#wire.said.push({ message: JSON.parse(text) as Message, on: this })
  }
}

export class Wire {
  readonly exchanges: Array<Exchange> = []
  readonly said: Array<{ readonly message: Message; readonly on: Exchange }> = []

  /** The answered requests that go on where the stream of another broke off. */
  after({ lastId }: Exchange): ReadonlyArray<Exchange> {
    return this.exchanges.filter(({ headers, response }) => {
      return lastId !== undefined && response !== undefined && headers.get("last-event-id") === lastId
    })
  }

  /** The `fetch` of the client. */
  readonly fetch = (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const exchange = new Exchange(this, init)
    this.exchanges.push(exchange)
    return fetch(url, exchange.signalled(init)).then((response) => exchange.answered(response))
  }
}
