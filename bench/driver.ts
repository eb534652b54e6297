/**
 * A neutral load driver: it starts a server, speaks raw JSON-RPC over its pipes (no MCP library), opens the
 * conversation of the era (legacy: `initialize` and `notifications/initialized`; modern: `_meta` on each request), and
 * keeps 1 or 64 requests outstanding for a while. Each call has other arguments and each answer is checked.
 *
 *     npx node bench/driver.ts --target "<server command>" --era E --load ping|add|echo10k|echo1m|list
 *         [--inflight 64] [--ms 500] [--tools 2]
 *
 * prints one JSON line: calls per second, p50 and p99 (µs), CPU of the server per call (µs), peak memory (MB).
 */
import { Answers, parse } from "./answers.ts"
import * as args from "./args.ts"
import { Child } from "./child.ts"
import { INITIALIZE, type Load, makeRequest, META, type Request } from "./requests.ts"
import { begin, type Limit, makeIds, type Sample } from "./sample.ts"

const SLOTS = 65_536
const PATIENCE = 30_000

export class Conversation {
  readonly child: Child
  private readonly era: args.Era
  private readonly tools: number
  private readonly known = new Map<Load, { readonly request: Request; readonly answers: Answers }>()
  private readonly id = makeIds()
  private rest: Array<Buffer> = []
  private onChunk: (chunk: Buffer) => void = () => {}
  private onLine: (bytes: Buffer, from: number, to: number) => void = () => {}
  private onEnd: (error: Error) => void = () => {}

  /** `command` is completed with the flags of the server's command line. */
  constructor(command: string, era: args.Era, tools: number) {
    this.era = era
    this.tools = tools
    this.child = new Child(`${command} --transport stdio --era ${era} --tools ${tools}`)
    this.child.process.stdout.on("data", (chunk: Buffer) => {
      try {
        this.onChunk(chunk)
      } catch (error) {
        this.onEnd(error as Error)
      }
    })
    this.child.process.once("error", (error) => this.onEnd(error))
    this.child.process.once("close", (code) => {
      const said = this.child.stderr.trim()
      this.onEnd(new Error(code === 3 ? said : `the server ended with ${code}: ${said || "no word on stderr"}`))
    })
    this.onChunk = (chunk) => this.split(chunk)
  }

  private split(chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      if (this.rest.length > 0) {
        this.rest.push(chunk.subarray(0, end))
        const line = Buffer.concat(this.rest)
        this.rest = []
        this.onLine(line, 0, line.length)
      } else this.onLine(chunk, from, end)
      from = end + 1
    }
    if (from < chunk.length) this.rest.push(chunk.subarray(from))
  }

  /** Sends one message and gives the line that answers it. */
  private exchange(id: number, write: () => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE} ms`)), PATIENCE)
      this.onEnd = (error) => {
        clearTimeout(timer)
        reject(error)
      }
      this.onLine = (bytes, from, to) => {
        const line = Buffer.from(bytes.subarray(from, to))
        if (parse(line)?.id !== id) return
        clearTimeout(timer)
        resolve(line)
      }
      write()
    })
  }

  private send(method: string, params: object): Promise<Buffer> {
    const id = this.id()
    const message = JSON.stringify({ jsonrpc: "2.0", id, method, params })
    return this.exchange(id, () => this.child.process.stdin.write(message + "\n"))
  }

  /** Opens the conversation; resolves with the first answer. */
  async open(): Promise<void> {
    if (this.era === "modern") {
      await this.send("server/discover", { _meta: META })
    } else {
      await this.send("initialize", INITIALIZE)
      this.child.process.stdin.write(`{"jsonrpc":"2.0","method":"notifications/initialized"}\n`)
    }
  }

  /** Asks once and judges the answer in full; from then on answers to this operation are compared with it. */
  async learn(load: Load): Promise<void> {
    const request = makeRequest(load, this.era, this.tools)
    const id = this.id()
    const line = await this.exchange(id, () => this.write(request, id))
    request.check(id, parse(line)?.result)
    this.known.set(load, { request, answers: new Answers(request, id, line) })
  }

  private write(request: Request, id: number): void {
    const { stdin } = this.child.process
    if (request.tail === undefined) {
      stdin.write(request.head(id))
      return
    }
    stdin.cork()
    stdin.write(request.head(id))
    stdin.write(request.tail)
    stdin.uncork()
  }

  /** Keeps `inflight` requests outstanding for `ms` milliseconds or `calls` calls, and waits for the last answer. */
  async run(load: Load, inflight: number, limit: Limit): Promise<Sample> {
    if (!this.known.has(load)) await this.learn(load)
    const { answers, request } = this.known.get(load)!
    const { stdin } = this.child.process
    const most = limit.calls ?? Infinity
    const latencies: Array<number> = []
    // by id modulo SLOTS: which id is outstanding there, and since when
    const outstanding = new Int32Array(SLOTS)
    const since = new Float64Array(SLOTS)
    let sent = 0
    let bytes = 0
    let owed = 0
    let scheduled = false
    let now = 0

    const push = (count: number) => {
      count = Math.min(count, most - sent)
      if (count <= 0) return
      sent += count
      now = performance.now()
      let text = ""
      if (request.tail !== undefined) stdin.cork()
      for (; count > 0; count--) {
        const id = this.id()
        outstanding[id % SLOTS] = id
        since[id % SLOTS] = now
        if (request.tail === undefined) text += request.head(id)
        else {
          stdin.write(request.head(id))
          stdin.write(request.tail)
        }
      }
      if (request.tail === undefined) stdin.write(text)
      else stdin.uncork()
    }
    const refill = () => {
      scheduled = false
      const count = owed
      owed = 0
      push(count)
    }

    const run = begin(this.child, answers)
    const end = run.started + (limit.ms ?? Infinity)
    await new Promise<void>((resolve, reject) => {
      const patience = PATIENCE + (limit.ms ?? 60_000)
      const timer = setTimeout(
        () => reject(new Error(`stalled in ${load} after ${latencies.length} of ${sent} answers`)),
        patience
      )
      this.onEnd = (error) => {
        clearTimeout(timer)
        reject(error)
      }
      this.onLine = (chunk, from, to) => {
        const id = answers.accept(chunk, from, to)
        if (id === undefined) return
        if (outstanding[id % SLOTS] !== id) throw new Error(`wrong answer: nobody asked ${id}, or it came twice`)
        outstanding[id % SLOTS] = 0
        latencies.push(now - since[id % SLOTS]!)
        bytes += to - from + 1
        owed++
      }
      this.onChunk = (chunk) => {
        now = performance.now()
        this.split(chunk)
        if (now < end && sent < most) {
          if (inflight === 1) refill()
          else if (!scheduled && owed > 0) {
            scheduled = true
            setImmediate(refill)
          }
        } else if (!scheduled && latencies.length === sent) {
          clearTimeout(timer)
          resolve()
        }
      }
      push(inflight)
    })
    const sample = run.sample(latencies, bytes)
    this.onChunk = (chunk) => this.split(chunk)
    this.onEnd = () => {}
    this.onLine = () => {}
    return sample
  }
}

if (import.meta.main) {
  const load = args.option("load", "add") as Load
  const conversation = new Conversation(args.target(), args.era(), args.tools())
  try {
    await conversation.open()
    const ms = Number(args.option("ms", "500"))
    await conversation.run(load, args.inflight(), { ms })
    const sample = await conversation.run(load, args.inflight(), { ms })
    console.log(JSON.stringify({ ...sample, peakMemory: conversation.child.peakMemory() }))
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  } finally {
    await conversation.child.stop()
  }
}
