/**
 * One keep-alive HTTP/1.1 connection on a raw socket, one exchange at a time: what a client costs without a library. It
 * reads sized, chunked and open-ended bodies, and looks into a head only when it differs from the last one. It never
 * pipelines, follows nothing and retries nothing: a connection that breaks is reported.
 */
import { connect, type Socket } from "node:net"

/** Where the next byte of an answer belongs. */
type Place = "head" | "sized" | "size" | "chunk" | "after chunk" | "trailer" | "rest"

/** Every read is consumed before the next, so all connections share one buffer. */
const READ = Buffer.allocUnsafeSlow(256 * 1024)
const NOTHING = Buffer.alloc(0)
const BLANK_LINE = "\r\n\r\n"

export class HttpConnection {
  /** The answer, complete when `onAnswer` is called; `body[0..length)` is good until the next request. */
  status = 0
  headers = ""
  eventStream = false
  body = Buffer.allocUnsafeSlow(16 * 1024)
  length = 0
  onAnswer: () => void = () => {}
  onFail: (error: Error) => void = () => {}
  private readonly socket: Socket
  private place: Place = "head"
  private pending = 0
  private rest = NOTHING
  private head = NOTHING
  private framing: "sized" | "chunked" | "open" = "sized"
  private announced = 0
  private closed = false

  constructor(port: number) {
    const callback = (count: number): boolean => {
      try {
        this.feed(READ.subarray(0, count))
      } catch (error) {
        this.fail(error as Error)
      }
      return true
    }
    this.socket = connect({ port, host: "127.0.0.1", onread: { buffer: READ, callback } })
    this.socket.setNoDelay(true)
    this.socket.on("error", (error) => this.fail(error))
    this.socket.on("close", () => {
      if (this.place === "rest") this.finish()
      else this.fail(new Error("the server closed the connection"))
    })
  }

  connected(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.socket.once("connect", () => resolve(this))
      this.onFail = reject
    })
  }

  send(request: Buffer | string): void {
    this.length = 0
    this.socket.write(request)
  }

  close(): void {
    this.closed = true
    this.socket.destroy()
  }

  private fail(error: Error): void {
    if (this.closed) return
    this.close()
    this.onFail(error)
  }

  private feed(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    this.rest = NOTHING
    for (let at = 0; at < bytes.length;) {
      const next = this.step(bytes, at)
      if (next < 0) {
        // the read buffer is used again, so what is left over is copied
        this.rest = Buffer.from(bytes.subarray(at))
        return
      }
      at = next
    }
  }

  /** Reads one piece of the answer; gives where the next begins, or -1 when this one is not there yet. */
  private step(bytes: Buffer, at: number): number {
    switch (this.place) {
      case "head":
        return this.readHead(bytes, at)
      case "size": {
        const end = bytes.indexOf("\r\n", at)
        if (end < 0) return -1
        this.pending = parseInt(bytes.toString("latin1", at, end), 16)
        this.place = this.pending === 0 ? "trailer" : "chunk"
        return end + 2
      }
      case "after chunk":
        if (bytes.length - at < 2) return -1
        this.place = "size"
        return at + 2
      case "trailer": {
        const end = bytes.indexOf("\r\n", at)
        if (end < 0) return -1
        if (end === at) this.finish()
        return end + 2
      }
      case "rest":
        return this.keep(bytes, at, bytes.length)
      case "sized":
      case "chunk": {
        const end = Math.min(at + this.pending, bytes.length)
        this.pending -= end - at
        this.keep(bytes, at, end)
        if (this.pending > 0) return end
        if (this.place === "sized") this.finish()
        else this.place = "after chunk"
        return end
      }
    }
  }

  private readHead(bytes: Buffer, at: number): number {
    let end = at + this.head.length
    const same = end > at && end <= bytes.length && bytes.compare(this.head, 0, this.head.length, at, end) === 0
    if (!same) {
      const blank = bytes.indexOf(BLANK_LINE, at)
      if (blank < 0) return -1
      end = blank + BLANK_LINE.length
      this.head = Buffer.from(bytes.subarray(at, end))
      this.parseHead()
    }
    this.pending = this.announced
    if (this.framing === "sized" && this.pending === 0) this.finish()
    else this.place = this.framing === "sized" ? "sized" : this.framing === "chunked" ? "size" : "rest"
    return end
  }

  private parseHead(): void {
    const head = this.head.toString("latin1")
    const size = /\r\ncontent-length: *(\d+)/i.exec(head)
    this.headers = head
    this.status = Number(head.slice(9, 12))
    this.eventStream = /\r\ncontent-type: *text\/event-stream/i.test(head)
    this.announced = Number(size?.[1] ?? 0)
    const empty = this.status === 204 || this.status === 304
    const chunked = /\r\ntransfer-encoding: *chunked/i.test(head)
    this.framing = size !== null || empty ? "sized" : chunked ? "chunked" : "open"
  }

  private keep(bytes: Buffer, from: number, to: number): number {
    const length = this.length + to - from
    if (length > this.body.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length)
      this.body.copy(larger, 0, 0, this.length)
      this.body = larger
    }
    bytes.copy(this.body, this.length, from, to)
    this.length = length
    return to
  }

  private finish(): void {
    this.place = "head"
    this.onAnswer()
  }
}
