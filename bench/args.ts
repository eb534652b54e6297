/**
 * The command line that every program of the bench understands, so that ours and the official SDKs are interchangeable.
 *
 * A server: `--transport stdio --era legacy|modern --tools N [--handler sync|fn|suspend]`, or over HTTP, at
 * `http://127.0.0.1:N/mcp`: `--transport http --port N --sessions stateful|stateless --response json|sse --era E --tools N`
 * A client: `--transport stdio --target "<command>" --era E --op ping|add|echo10k|connect --n N --inflight K`
 * In memory: `--mode memory --era E --op ping|add|echo10k --n N --inflight K`
 * What a program does not offer ends it with one sentence on stderr and exit code 3.
 */
export type Era = "legacy" | "modern"
export type Handler = "sync" | "fn" | "suspend"
export type Sessions = "stateful" | "stateless"
export type Response = "json" | "sse"
/** What a connected client calls. */
export type CallOp = "ping" | "add" | "echo10k"
/** `connect` is a new connection each time, and one `add`. */
export type Op = CallOp | "connect"

const CALLS = ["ping", "add", "echo10k"] as const

const argv = process.argv.slice(2)

/** The value of `--name`, or the given default. */
export const option = (name: string, otherwise: string): string => {
  const at = argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : (argv[at + 1] ?? otherwise)
}

/** The words that belong to no option: which parts are wanted. */
export const rest = (...flags: ReadonlyArray<string>): Array<string> =>
  argv.filter((word, index) => {
    const before = argv[index - 1]
    const taken = before !== undefined && before.startsWith("--") && !flags.includes(before.slice(2))
    return !word.startsWith("--") && !taken
  })

/** Whether the bare flag `--name` is present. */
export const flag = (name: string): boolean => argv.includes(`--${name}`)

const oneOf = <const A extends string>(name: string, values: ReadonlyArray<A>, otherwise: A): A => {
  const value = option(name, otherwise)
  const found = values.find((candidate) => candidate === value)
  return found ?? notOffered(`--${name} ${value}: one of ${values.join(", ")} expected`)
}

/** Ends the program: this peer has no such thing. */
export const notOffered = (what: string): never => {
  process.stderr.write(`not offered: ${what}\n`)
  process.exit(3)
}

const count = (name: string, otherwise: number): number => {
  const value = Number(option(name, String(otherwise)))
  return Number.isSafeInteger(value) && value > 0 ? value : notOffered(`--${name} wants a positive whole number`)
}

export const transport = (): "stdio" => oneOf("transport", ["stdio"], "stdio")
/** Of a server that can be reached both ways. */
export const anyTransport = (): "stdio" | "http" => oneOf("transport", ["stdio", "http"], "stdio")
export const overHttp = (): "http" => oneOf("transport", ["http"], "http")
export const port = (): number => count("port", 3000)
export const sessions = (): Sessions => oneOf("sessions", ["stateful", "stateless"], "stateful")
export const response = (): Response => oneOf("response", ["json", "sse"], "json")
export const era = (): Era => oneOf("era", ["legacy", "modern"], "legacy")
export const handler = (): Handler => oneOf("handler", ["sync", "fn", "suspend"], "sync")
export const op = (): Op => oneOf("op", [...CALLS, "connect"], "add")
export const callOp = (): CallOp => oneOf("op", CALLS, "add")
export const tools = (): number => count("tools", 2)
export const calls = (): number => count("n", 5000)
export const inflight = (): number => count("inflight", 1)
export const connections = (): number => count("connections", 128)
export const load = () => oneOf("load", ["ping", "add", "echo10k", "echo1m", "list"], "add")
export const target = (): string => option("target", "")

/** A command line as words; double quotes keep spaces together. */
export const words = (command: string): Array<string> =>
  Array.from(command.matchAll(/"([^"]*)"|\S+/g), (match) => match[1] ?? match[0])
