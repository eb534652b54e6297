/**
 * The requests of the driver and what a right answer to each is. Every call has arguments of its own, derived from its
 * id; ids, sums and stamps all have seven digits, so that the answers of one server to one operation differ in those
 * digits only, and the driver can compare each answer with the expected one byte by byte.
 */
import type { Era } from "./args.ts"
import { fillers } from "./tools.ts"

export type Load = "ping" | "add" | "echo10k" | "echo1m" | "list"

export interface Request {
  readonly load: Load
  /** The message with this id, without `tail`. */
  readonly head: (id: number) => string
  /** The constant end of a large message, with its newline. */
  readonly tail: Buffer | undefined
  /** The seven digits in the answer to this id that are not the id: a sum, or the stamp of a payload. */
  readonly value: (id: number) => number | undefined
  /** Throws unless `result` is a right answer to this id. */
  readonly check: (id: number, result: any) => void
}

export const FIRST_ID = 1_000_000
export const LAST_ID = 9_999_999

/** `_meta` of a modern request. */
export const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": {}
}
export const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1.0.0" }
}

/** Seven digits from 1,000,000 to 4,999,999 that look random: two of them add up to seven digits. */
const scatter = (id: number, factor: number): number => 1_000_000 + ((Math.imul(id, factor) >>> 3) % 4_000_000)
const left = (id: number) => scatter(id, 0x9e3779b1)
const right = (id: number) => scatter(id, 0x85ebca6b)
const sum = (id: number) => left(id) + right(id)

const fail = (load: Load, id: number, result: unknown, why: string): never => {
  throw new Error(`wrong answer to ${load} ${id} (${why}): ${JSON.stringify(result)?.slice(0, 300)}`)
}

const textOf = (result: any): string => result?.content?.[0]?.text ?? ""

const add = (meta: string): Request => ({
  load: "add",
  head: (id) =>
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"add","arguments":{"a":${left(id)},"b":${right(
      id
    )}}${meta}}}\n`,
  tail: undefined,
  value: sum,
  check: (id, result) => {
    if (result.isError === true) fail("add", id, result, "isError")
    if (result.structuredContent?.sum !== sum(id)) fail("add", id, result, "structuredContent.sum")
    if (!textOf(result).includes(String(sum(id)))) fail("add", id, result, "text")
  }
})

const echo = (load: "echo10k" | "echo1m", size: number, meta: string): Request => {
  const fill = "x".repeat(size - 7)
  return {
    load,
    head: (id) =>
      `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"payload":"${left(id)}`,
    tail: Buffer.from(`${fill}"}${meta}}}\n`),
    value: left,
    check: (id, result) => {
      if (result.isError === true) fail(load, id, result, "isError")
      if (textOf(result) !== left(id) + fill) fail(load, id, result, "payload")
    }
  }
}

const plain = (load: Load, method: string, meta: string, check: Request["check"]): Request => ({
  load,
  head: (id) => `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":{${meta.slice(1)}}}\n`,
  tail: undefined,
  value: () => undefined,
  check
})

const described = (schema: any, least: number): boolean => {
  const properties = Object.values<any>(schema?.properties ?? {})
  return (
    schema?.type === "object" &&
    properties.length >= least &&
    properties.every((property) => typeof property.description === "string")
  )
}

/** One page with all tools; each has its description, its described parameters and, `echo` apart, an output schema. */
const checkList = (tools: number): Request["check"] => {
  const expected = ["add", "echo", ...fillers(tools).map((tool) => tool.name)].sort().join()
  return (id, result) => {
    const page: Array<any> = result.tools
    if (
      page
        .map((tool) => tool.name)
        .sort()
        .join() !== expected
    )
      fail("list", id, result, "names, in one page")
    for (const tool of page) {
      const small = tool.name === "add" || tool.name === "echo"
      const complete =
        typeof tool.description === "string" &&
        described(tool.inputSchema, small ? 1 : 6) &&
        (tool.name === "echo" || described(tool.outputSchema, small ? 1 : 3))
      if (!complete) fail("list", id, tool, "schemas")
    }
  }
}

/** The request of an operation in an era. Modern has no `ping`: `server/discover`, its cheapest request, stands in. */
export const makeRequest = (load: Load, era: Era, tools: number): Request => {
  const modern = era === "modern"
  const meta = modern ? `,"_meta":${JSON.stringify(META)}` : ""
  switch (load) {
    case "ping":
      return plain(load, modern ? "server/discover" : "ping", meta, (id, result) => {
        if (modern && !Array.isArray(result.supportedVersions)) fail(load, id, result, "supportedVersions")
      })
    case "add":
      return add(meta)
    case "echo10k":
      return echo(load, 10 * 1024, meta)
    case "echo1m":
      return echo(load, 1024 * 1024, meta)
    case "list":
      return plain(load, "tools/list", meta, checkList(tools))
  }
}
