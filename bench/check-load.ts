/**
 * What a program does that checks payloads: warms its checks on payloads of every kind, so that the compiler has seen
 * all of them as it would in a server, then checks those of one kind for so many milliseconds. Every payload has to
 * be accepted, and a wrong one of each kind refused. It prints one line, `{"micros"}`: µs per payload.
 *
 *     node check.mjs --payload call-meta|call|result|list [--ms 500]
 */
import { notOffered, option } from "./args.ts"
import { type Kind, KINDS, makePayloads } from "./payloads.ts"

/** Whether a payload is accepted. */
export type Check = (payload: unknown) => boolean

const WARMUP = { each: 150, asked: 500 } as const

/** What the command line asks for. */
export const asked = (): { readonly kind: string; readonly ms: number } => ({
  kind: option("payload", "call"),
  ms: Number(option("ms", "500"))
})

/** Ends the program with one sentence. */
export const fail = (what: string): never => {
  process.stderr.write(`${what}\n`)
  process.exit(1)
}

/** µs per call of `check`, called for so many milliseconds. */
export const time = (check: Check, values: ReadonlyArray<unknown>, ms: number): number => {
  const started = performance.now()
  let calls = 0
  for (let batch = 1; ;) {
    for (let i = 0; i < batch; i++, calls++) {
      if (!check(values[calls % values.length])) fail("a right payload was refused")
    }
    const elapsed = performance.now() - started
    if (elapsed >= ms) return (elapsed * 1000) / calls
    // the clock is looked at about a hundred times
    if (elapsed * 100 < ms) batch *= 2
  }
}

export const print = (micros: number): void => void process.stdout.write(JSON.stringify({ micros }) + "\n")

/** Warms, and measures what the command line asks for. */
export const run = (checks: { readonly [K in Kind]: Check }): void => {
  const { kind: wish, ms } = asked()
  const kind = KINDS.find((known) => known === wish) ?? notOffered(`--payload ${wish}`)
  const payloads = makePayloads()
  for (const kind of KINDS) {
    time(checks[kind], payloads[kind].right, WARMUP.each)
    if (checks[kind](payloads[kind].wrong)) fail(`a wrong ${kind} was accepted`)
  }
  time(checks[kind], payloads[kind].right, WARMUP.asked)
  print(time(checks[kind], payloads[kind].right, ms))
}
