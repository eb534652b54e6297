/**
 * The servers that are played against: the everything-server as a process of its own, and one that refuses everything.
 */
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as after } from "node:timers/promises"
import { join } from "node:path"
import { root } from "./suite.ts"

export interface Running {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** How long a server may take until it answers, in milliseconds. */
const LIMIT = 20_000

/** A port that is free, below those that the system gives out by itself. */
const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const probe = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false)).listen(port, "localhost", () => resolve(true))
    })
    if (isFree) {
      await new Promise((resolve) => probe.close(resolve))
      return port
    }
  }
  throw new Error("There is no free port")
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(1000) }).then(
    async (response) => {
      await response.body?.cancel()
      return true
    },
    () => false
  )

/** Starts the everything-server, and waits until it answers. */
export const everything = async (): Promise<Running> => {
  const port = await freePort()
  const program = join(root, "test/conformance/server.ts")
  const args = [...process.execArgv, program, "--port", String(port)]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-4000)
    })
  }
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
  process.once("exit", () => child.kill())
  const stop = () => {
    child.kill("SIGTERM")
    return ended
  }
  const url = `http://localhost:${port}/mcp`
  for (const deadline = Date.now() + LIMIT; !(await answers(url)); await after(50)) {
    if (child.exitCode === null && Date.now() < deadline) continue
    await stop()
    throw new Error(`The everything-server does not answer at ${url}:\n${output}`)
  }
  return { url, stop }
}

/** A server that knows no method. */
export const mute = async (): Promise<Running> => {
  const server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text
    })
    request.on("end", () => {
      const id = /"id":\s*(\d+|"[^"]*")/.exec(body)?.[1]
      response.writeHead(404, { "content-type": "application/json" })
      response.end(`{"jsonrpc":"2.0","id":${id ?? null},"error":{"code":-32601,"message":"Method not found"}}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve))
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://localhost:${port}/mcp`, stop }
}
