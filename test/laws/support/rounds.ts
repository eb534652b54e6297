/**
 * One call of a random handler, round by round, as its client sees it; and what must be true of it in the end.
 */
import { assert } from "@effect/vitest"
import type { McpTest } from "mcp-effect/testing"
import type { Era } from "./app.ts"
import { accept, asks, type Caller, calling, textOf } from "./chains.ts"
import { answerTo, type Diary, grow, isWhole, outcome, type Step, stepsOf } from "./questions.ts"

export interface Program {
  readonly seed: number
  readonly size: number
  /** A finalizer dies. */
  readonly breaks?: true
}

export class Chain {
  readonly name: string
  readonly program: Program
  readonly root: Step
  /** What is sent next; nothing while its reply is awaited. */
  round = 0
  waiting = false
  done: McpTest.Json | undefined
  /** For each round that asked, what had been done by then. */
  readonly delivered: Array<{ readonly round: number; readonly keys: ReadonlyArray<string> }> = []
  withheld = false
  #next: { readonly requestState?: string; readonly inputResponses?: McpTest.Json } = {}

  constructor(name: string, program: Program) {
    this.name = name
    this.program = program
    this.root = grow(program.seed, program.size)
  }

  get id(): string {
    return `${this.name}:${this.round}`
  }

  send(caller: Caller, era: Era): void {
    caller.send(calling(era, this.id, "run", { ...this.program }, this.#next))
    this.waiting = true
  }

  /** Takes a reply: the end, or questions, which it answers but for what it withholds. */
  take(reply: McpTest.Json, diary: Diary, withholds: boolean): void {
    this.waiting = false
    const asked = asks(reply)
    if (asked === undefined) {
      this.done = reply
      return
    }
    for (const [index, message] of asked.messages.entries()) {
      assert.notStrictEqual(this.stepOf(asked.keys[index]!)?.kind, "withdrawn", "nobody waits for that any longer")
      assert.strictEqual(message, `${this.name} ${asked.keys[index]}`, "a question of another call")
    }
    this.delivered.push({ round: this.round, keys: diary.of(this.name, "done").map(({ key }) => key) })
    // an answer to what was not asked is no answer, now or later
    const poison = stepsOf(this.root).map(([path]) => [path, accept({ answer: "poison" })] as const)
    const withheld = withholds && !this.withheld ? asked.keys[0] : undefined
    this.withheld ||= withheld !== undefined
    const answers = asked.keys.flatMap((key) => (key === withheld ? [] : [[key, this.answer(key)] as const]))
    const unasked = poison.filter(([key]) => !asked.keys.includes(key))
    this.#next = { requestState: asked.state, inputResponses: Object.fromEntries([...unasked, ...answers]) }
    this.round += 1
  }

  stepOf(key: string): Step | undefined {
    return stepsOf(this.root).find(([path]) => path === key)?.[1]
  }

  /** What is answered to a question. */
  answer(key: string): McpTest.Json {
    const step = this.stepOf(key)
    if (step?.kind === "ask" && step.declined) return { action: "decline" }
    return accept({ answer: answerTo(this.name, key) })
  }
}

/** Answers what a legacy server asks, each question once. */
export const answering = (caller: Caller, chains: ReadonlyArray<Chain>) => {
  let read = 0
  return () => {
    for (; read < caller.received.length; read++) {
      const { id, method, params } = caller.received[read]!
      if (method !== "elicitation/create") continue
      const [name, key] = (params as { readonly message: string }).message.split(" ")
      const chain = chains.find((chain) => chain.name === name)!
      // it has lost its race already, and nobody waits for an answer
      if (chain.stepOf(key!)?.kind === "withdrawn") continue
      caller.send({ jsonrpc: "2.0", id, result: chain.answer(key!) })
    }
  }
}

/**
 * No handler has seen that it was interrupted for a question: but for a forked fiber, which is interrupted when its parent
 * has ended, and which sees it where a fiber of its own (of an `all`, a race, or forked) has asked.
 */
export const unseen = (chain: Chain, diary: Diary): void => {
  const steps = stepsOf(chain.root)
  const isSpread = (path: string) =>
    steps.some(([inner, { kind }]) => inner.startsWith(path) && ["timed", "all", "forked"].includes(kind))
  const isForked = (path: string) => steps.some(([outer, { kind }]) => path.startsWith(outer) && kind === "forked")
  const seen = diary.of(chain.name, "intercepted").filter(({ key }) => !(isForked(key) && isSpread(key)))
  assert.deepStrictEqual(seen, [], `a handler has seen its interruption: ${JSON.stringify(chain.root)}`)
}

/** What must be true of a call in the end. */
export const judge = (chain: Chain, era: Era, diary: Diary): void => {
  const shown = JSON.stringify(chain.root)
  assert.strictEqual(textOf(chain.done!), outcome(chain.root, chain.name, era), shown)
  unseen(chain, diary)
  assert.deepStrictEqual(diary.of(chain.name, "asked in a finalizer"), [])
  for (const { keys, round } of chain.delivered) {
    const again = diary.of(chain.name, "started").filter((event) => event.round > round && keys.includes(event.key))
    assert.deepStrictEqual(again, [], `what had been delivered ran again: ${shown}`)
  }
  // what runs once is waited for by questions; only a failure beside it may end it
  if (isWhole(chain.root)) assert.deepStrictEqual(diary.of(chain.name, "cut"), [], `it was cut off: ${shown}`)
  const done = diary.of(chain.name, "done").map(({ key }) => key)
  assert.strictEqual(new Set(done).size, done.length, `something was done twice: ${shown}`)
}
