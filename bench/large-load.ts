/**
 * What is measured of a server with much to offer, each in a process of its own: how long it takes to be there (from
 * nothing to the answer that opens the conversation), what it keeps on the heap then, the first list of its tools, and
 * the lists after that. Requests and answers are JSON text on either side, as on a pipe, without the pipe.
 *
 *     --era E [--tools 1000] [--resources 1000] [--prompts 200]
 *
 * prints one JSON line: `{"ms","mb","firstMs","furtherMs"}`. Every list is checked once, apart from the clock.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as args from "./args.ts"
import { INITIALIZE, META } from "./requests.ts"
import { median } from "./stats.ts"

/** A server that has been built, with the text of a request in hand. */
export interface Served {
  /** Gives the text of the answer to a request; a notification has none to wait for. */
  ask(text: string): Promise<string>
  tell(text: string): void
}

export interface Size {
  readonly tools: number
  readonly resources: number
  readonly prompts: number
}

const FURTHER = 30

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const heap = (): number => {
  for (let turn = 0; turn < 4; turn++) collect()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

const modern = args.era() === "modern"
let id = 0
const request = (method: string, params: object): string =>
  JSON.stringify({ jsonrpc: "2.0", id: (id += 1), method, params: modern ? { ...params, _meta: META } : params })

const open = async (served: Served): Promise<void> => {
  await served.ask(modern ? request("server/discover", {}) : request("initialize", INITIALIZE))
  if (!modern) served.tell(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
}

/** All items must be on one page, the tools with their schemas. */
const check = (text: string, member: string, count: number): void => {
  const { result } = JSON.parse(text)
  const items: ReadonlyArray<any> = result?.[member] ?? []
  const complete = member !== "tools" || items.every(({ inputSchema }) => inputSchema?.type === "object")
  const described = member !== "tools" || Object.keys(items.at(-1)?.inputSchema?.properties ?? {}).length === 6
  if (items.length === count && complete && described && result.nextCursor === undefined) return
  throw new Error(`wrong list of ${member}: ${items.length} of ${count}, ${text.slice(0, 300)}`)
}

export const size: Size = {
  tools: args.tools(),
  resources: Number(args.option("resources", "1000")),
  prompts: Number(args.option("prompts", "200"))
}

/** Builds, measures and prints. */
export const measure = async (build: (size: Size) => Promise<Served>): Promise<void> => {
  const before = heap()
  const started = performance.now()
  const served = await build(size)
  await open(served)
  const ms = performance.now() - started
  const mb = heap() - before

  const timed = async () => {
    const text = request("tools/list", {})
    const asked = performance.now()
    const answer = await served.ask(text)
    return { ms: performance.now() - asked, answer }
  }
  const first = await timed()
  const further: Array<number> = []
  for (let count = 0; count < FURTHER; count++) further.push((await timed()).ms)
  for (const answer of [first.answer, (await timed()).answer]) check(answer, "tools", size.tools)
  check(await served.ask(request("resources/list", {})), "resources", size.resources)
  check(await served.ask(request("prompts/list", {})), "prompts", size.prompts)
  process.stdout.write(JSON.stringify({ ms, mb, firstMs: first.ms, furtherMs: median(further) }) + "\n")
  process.exit(0)
}
