/**
 * The load driver again, over HTTP: it starts a server, opens the conversation of the era (legacy: `initialize` and
 * `notifications/initialized`, a session of its own for each connection where there are sessions), and keeps one request
 * outstanding on each of 1, 16 or 128 keep-alive connections. Each call has other arguments and each answer is checked
 * as `driver.ts` checks them. The connections of a run are new ones: servers close those that nobody has used for 5 s.
 *
 *     npx node bench/http-driver.ts --target "<server command>" --era E --sessions stateful|stateless
 *         --response json|sse --load ping|add|echo10k|list [--connections 128] [--ms 500] [--tools 2] [--runs 1]
 *
 * prints one JSON line a run, as `driver.ts` does.
 */
import { createServer } from "node:net"
import { Answers, parse } from "./answers.ts"
import * as args from "./args.ts"
import { Child } from "./child.ts"
import { HttpConnection } from "./http-connection.ts"
import { messageOf, type Mode, post, remove, sessionHeader, Template } from "./http-requests.ts"
import { INITIALIZE, type Load, makeRequest, META, type Request } from "./requests.ts"
import { begin, type Limit, makeIds, type Sample } from "./sample.ts"

interface Known {
  readonly request: Request
  readonly answers: Answers
}

interface Received {
  readonly status: number
  readonly headers: string
  readonly eventStream: boolean
  readonly line: Buffer
}

const PATIENCE = 30_000
const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" }

/** A port that nobody has. */
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** One request on a connection that nobody else uses. */
export const exchange = (connection: HttpConnection, request: Buffer | string): Promise<Received> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => connection.onFail(new Error(`no answer in ${PATIENCE} ms`)), PATIENCE)
    connection.onFail = (error) => {
      clearTimeout(timer)
      reject(error)
    }
    connection.onAnswer = () => {
      clearTimeout(timer)
      const { eventStream, headers, status } = connection
      resolve({ status, headers, eventStream, line: Buffer.from(connection.body.subarray(...messageOf(connection))) })
    }
    connection.send(request)
  })

const accepted = (received: Received, what: string): Received => {
  const { line, status } = received
  if (status >= 200 && status < 300) return received
  throw new Error(`${what} was answered with ${status}: ${line.toString("utf8").slice(0, 300)}`)
}

export class HttpConversation {
  readonly child: Child
  readonly port: number
  private readonly mode: Mode
  private readonly tools: number
  private readonly known = new Map<Load, Known>()
  private readonly sessions: Array<string> = []
  private readonly id = makeIds()

  private constructor(command: string, mode: Mode, tools: number, port: number) {
    const { era, response, sessions } = mode
    const flags = `--transport http --port ${port} --era ${era} --sessions ${sessions} --response ${response}`
    this.child = new Child(`${command} ${flags} --tools ${tools}`)
    this.child.process.stdout.resume()
    this.port = port
    this.mode = mode
    this.tools = tools
  }

  /** Starts a server, whose command is completed with the flags of its command line. */
  static async start(command: string, mode: Mode, tools: number): Promise<HttpConversation> {
    return new HttpConversation(command, mode, tools, await freePort())
  }

  /** Where every conversation has a session of its own. */
  private get stateful(): boolean {
    return this.mode.era === "legacy" && this.mode.sessions === "stateful"
  }

  private connect(): Promise<HttpConnection> {
    return new HttpConnection(this.port).connected()
  }

  async connections(count: number): Promise<Array<HttpConnection>> {
    return Promise.all(Array.from({ length: count }, () => this.connect()))
  }

  /** Waits until the server listens. */
  private async listening(): Promise<void> {
    const { process } = this.child
    for (let waited = 0; waited < PATIENCE; waited += 20) {
      if (process.exitCode !== null) {
        const said = this.child.stderr.trim()
        throw new Error(process.exitCode === 3 ? said : `the server ended with ${process.exitCode}: ${said}`)
      }
      try {
        const connection = await this.connect()
        connection.close()
        return
      } catch {
        await pause(20)
      }
    }
    throw new Error("the server does not listen")
  }

  /** Opens the conversation; fails when the server has not the mode that was asked for. */
  async open(): Promise<void> {
    await this.listening()
    const connection = await this.connect()
    try {
      if (this.mode.era === "modern") {
        const body = { jsonrpc: "2.0", id: this.id(), method: "server/discover", params: { _meta: META } }
        parse(accepted(await exchange(connection, post(this.port, "modern", body)), "server/discover").line)
      } else {
        const session = await this.handshake(connection)
        if (session !== undefined) this.sessions.push(session)
      }
    } finally {
      connection.close()
    }
  }

  /** `initialize` and `notifications/initialized`; gives the id of the session, where there is one. */
  async handshake(connection: HttpConnection, params: object = INITIALIZE, more = ""): Promise<string | undefined> {
    const body = { jsonrpc: "2.0", id: this.id(), method: "initialize", params }
    const received = accepted(await exchange(connection, post(this.port, "legacy", body, more)), "initialize")
    parse(received.line)
    const session = /\r\nmcp-session-id: *([^\r\n]+)/i.exec(received.headers)?.[1]
    if ((session !== undefined) !== this.stateful) throw new Error(`not offered: ${this.mode.sessions}`)
    const headers = sessionHeader(session) + more
    accepted(await exchange(connection, post(this.port, "legacy", INITIALIZED, headers)), "initialized")
    return session
  }

  /** Ends a session. */
  async end(connection: HttpConnection, session: string, more = ""): Promise<void> {
    accepted(await exchange(connection, remove(this.port, session, more)), "DELETE")
  }

  private template({ request }: Known | { readonly request: Request }, index: number): Template {
    return new Template(this.port, this.mode.era, request, this.sessions[index])
  }

  /** Asks once and judges the answer in full; from then on answers to this operation are compared with it. */
  async learn(load: Load, connection: HttpConnection): Promise<Known> {
    const found = this.known.get(load)
    if (found !== undefined) return found
    const request = makeRequest(load, this.mode.era, this.tools)
    const id = this.id()
    const received = accepted(await exchange(connection, this.template({ request }, 0).with(id)), load)
    if (received.eventStream !== (this.mode.response === "sse")) throw new Error(`not offered: ${this.mode.response}`)
    request.check(id, parse(received.line)?.result)
    const known = { request, answers: new Answers(request, id, received.line) }
    this.known.set(load, known)
    return known
  }

  /** Keeps a request outstanding on each connection for `ms` milliseconds or `calls` calls; waits for the last answer. */
  async run(load: Load, connections: number, limit: Limit): Promise<Sample> {
    const lanes = await this.connections(connections)
    try {
      const known = await this.learn(load, lanes[0]!)
      while (this.stateful && this.sessions.length < connections) {
        const session = await this.handshake(lanes[this.sessions.length]!)
        if (session !== undefined) this.sessions.push(session)
      }
      // once on each, so that no connection is opened on the clock
      await this.drive(known, lanes, { calls: connections })
      return await this.drive(known, lanes, limit)
    } finally {
      for (const lane of lanes) lane.close()
    }
  }

  private async drive(known: Known, lanes: ReadonlyArray<HttpConnection>, limit: Limit): Promise<Sample> {
    const { answers, request } = known
    const templates = lanes.map((_, index) => this.template(known, index))
    const most = limit.calls ?? Infinity
    const latencies: Array<number> = []
    const asked = new Int32Array(lanes.length)
    const since = new Float64Array(lanes.length)
    let sent = 0
    let bytes = 0
    const run = begin(this.child, answers)
    const end = run.started + (limit.ms ?? Infinity)
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`stalled in ${request.load} after ${latencies.length} of ${sent} answers`)),
        PATIENCE + (limit.ms ?? 60_000)
      )
      const send = (index: number, now: number) => {
        const id = this.id()
        sent++
        asked[index] = id
        since[index] = now
        lanes[index]!.send(templates[index]!.with(id))
      }
      for (const [index, lane] of lanes.entries()) {
        lane.onFail = (error) => {
          clearTimeout(timer)
          reject(error)
        }
        lane.onAnswer = () => {
          const now = performance.now()
          const [from, to] = messageOf(lane)
          if (lane.status !== 200) throw new Error(`status ${lane.status}: ${lane.body.toString("utf8", from, to)}`)
          const id = answers.accept(lane.body, from, to)
          if (id !== asked[index]) throw new Error(`wrong answer: ${id} where ${asked[index]} was asked`)
          latencies.push(now - since[index]!)
          bytes += lane.length
          if (now < end && sent < most) send(index, now)
          else if (latencies.length === sent) {
            clearTimeout(timer)
            resolve()
          }
        }
      }
      const first = performance.now()
      for (let index = 0; index < Math.min(lanes.length, most); index++) send(index, first)
    })
    return run.sample(latencies, bytes)
  }
}

if (import.meta.main) {
  const mode = { era: args.era(), sessions: args.sessions(), response: args.response() }
  const conversation = await HttpConversation.start(args.target(), mode, args.tools())
  try {
    await conversation.open()
    const load = args.load()
    const ms = Number(args.option("ms", "500"))
    await conversation.run(load, args.connections(), { ms })
    for (let run = 0; run < Number(args.option("runs", "1")); run++) {
      const sample = await conversation.run(load, args.connections(), { ms })
      console.log(JSON.stringify({ ...sample, peakMemory: conversation.child.peakMemory() }))
    }
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  } finally {
    await conversation.child.stop()
  }
}
