/**
 * Random handlers that ask, what each must come to, and a server that runs them.
 *
 * A handler is a tree of steps, which travels as the argument of one tool; `grow` makes one from a number, `outcome` says
 * what it comes to by rules that know nothing of rounds, fibers or states, and `Diary` keeps what happened inside. Calls
 * have ids of the form `chain:round`, so that a handler can name the chain that it belongs to, and no other.
 */
import { Cause, Effect, Exit, Fiber, Schema, type Scope } from "effect"
import { Ask, McpRequest, McpTool } from "mcp-effect"
import type { Era } from "./app.ts"

const values = ["text", "nothing", "date"] as const

export type Step =
  | { readonly kind: "pause"; readonly turns: number }
  /** Runs once, after it has failed so many times; each failure is tried again. */
  | { readonly kind: "once"; readonly fails: number; readonly of: (typeof values)[number] }
  | { readonly kind: "ask"; readonly declined: boolean }
  /** Two questions of one `ask`. */
  | { readonly kind: "together" }
  /** A question that has lost its race before the turn ends. */
  | { readonly kind: "withdrawn" }
  /** A question inside of what runs once. */
  | { readonly kind: "inside" }
  | { readonly kind: "fail" }
  | { readonly kind: "seq"; readonly steps: ReadonlyArray<Step> }
  | { readonly kind: "all"; readonly concurrency: number | "unbounded"; readonly steps: ReadonlyArray<Step> }
  | { readonly kind: "used" | "caught" | "retried" | "timed" | "masked" | "forked"; readonly step: Step }

const leaves = ["pause", "once", "once", "ask", "ask", "ask", "together", "withdrawn", "inside", "fail"] as const
const wraps = ["used", "used", "caught", "caught", "retried", "timed", "masked", "forked"] as const

/** The kinds that a distribution is to show. */
export const stepKinds = [...new Set([...leaves, ...wraps, "seq", "all"] as const)]
export type Kind = Step["kind"]

/** Numbers that look random, from one. */
const numbers = (seed: number) => {
  let state = seed | 0
  return (below: number): number => {
    state = (state + 0x9e3779b9) | 0
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) % below
  }
}

/** A handler of about that many steps. Inside of a mask nothing is forked or raced: its fiber would not be masked. */
export const grow = (seed: number, size: number): Step => {
  const below = numbers(seed)
  const of = <A>(all: ReadonlyArray<A>): A => all[below(all.length)]!
  const leaf = (): Step => {
    const kind = of(leaves)
    switch (kind) {
      case "pause":
        return { kind, turns: below(8) }
      case "once":
        return { kind, fails: below(3), of: of(values) }
      case "ask":
        return { kind, declined: below(12) === 0 }
      case "fail":
        return below(3) > 0 ? { kind } : { kind: "pause", turns: 1 }
      default:
        return { kind }
    }
  }
  const tree = (left: number, masked: boolean): Step => {
    if (left <= 1) return leaf()
    if (below(2) === 0) {
      const kind = of(wraps)
      return masked && (kind === "forked" || kind === "timed")
        ? tree(left - 1, masked)
        : { kind, step: tree(left - 1, masked || kind === "masked") }
    }
    const parts = 2 + below(2)
    const steps = Array.from({ length: parts }, () => tree(Math.floor((left - 1) / parts), masked))
    return below(2) === 0
      ? { kind: "seq", steps }
      : { kind: "all", concurrency: of([1, 2, "unbounded"] as const), steps }
  }
  return tree(size, false)
}

/** Every step of a handler, with its path. */
export const stepsOf = (step: Step, path = "r"): ReadonlyArray<readonly [path: string, step: Step]> => {
  const inner = "steps" in step ? step.steps : "step" in step ? [step.step] : []
  return [[path, step], ...inner.flatMap((each, index) => stepsOf(each, `${path}${index}`))]
}

/** What is answered to a question of a chain. */
export const answerTo = (chain: string, key: string): string => `${chain} says ${key}`
const cameTo = (chain: string, key: string): string => `${chain} did ${key}`

const FAILED = "failed"

/** What a handler says; nothing when it fails. */
const said = (step: Step, path: string, chain: string, masked: boolean): string | undefined => {
  const all = (steps: ReadonlyArray<Step>) => {
    const each = steps.map((inner, index) => said(inner, `${path}${index}`, chain, masked))
    return each.includes(undefined) ? undefined : `[${each.join(",")}]`
  }
  switch (step.kind) {
    case "pause":
      return "."
    case "once":
      return cameTo(chain, path)
    case "ask":
      return masked || step.declined ? undefined : answerTo(chain, path)
    case "together":
      return masked ? undefined : `${answerTo(chain, `${path}a`)}+${answerTo(chain, `${path}b`)}`
    case "withdrawn":
      return "won"
    case "inside":
    case "fail":
      return undefined
    case "seq":
    case "all":
      return all(step.steps)
    case "caught":
      return said(step.step, `${path}0`, chain, masked) ?? "caught"
    case "masked":
      return said(step.step, `${path}0`, chain, true)
    default:
      return said(step.step, `${path}0`, chain, masked)
  }
}

/** What a call comes to. Only where asking interrupts can a question not be put inside of a mask. */
export const outcome = (step: Step, chain: string, era: Era): string =>
  (era === "modern" ? said(step, "r", chain, false) : said(unmasked(step), "r", chain, false)) ?? FAILED

const unmasked = (step: Step): Step => {
  if ("steps" in step) return { ...step, steps: step.steps.map(unmasked) }
  if (!("step" in step)) return step
  return { kind: step.kind === "masked" ? "used" : step.kind, step: unmasked(step.step) }
}

/** Whether nothing of it ends another part: no failure, and no question that is refused. */
export const isWhole = (root: Step): boolean =>
  stepsOf(root).every(
    ([, step]) => !["fail", "inside", "masked"].includes(step.kind) && !(step.kind === "ask" && step.declined)
  )

class Boom extends Schema.TaggedError<Boom>()("Boom", {}) {}

export interface Happened {
  readonly chain: string
  readonly round: number
  readonly what: "begun" | "started" | "done" | "cut" | "opened" | "closed" | "intercepted" | "asked in a finalizer"
  readonly key: string
}

/** What happened inside of handlers. */
export class Diary {
  readonly events: Array<Happened> = []
  readonly #counts = new Map<string, number>()

  note(id: unknown, what: Happened["what"], key = ""): void {
    const [chain, round] = String(id).split(":")
    this.events.push({ chain: chain!, round: Number(round), what, key })
  }

  /** How often something has been tried in a chain, this time included. */
  attempt(chain: string, key: string): number {
    const count = (this.#counts.get(`${chain} ${key}`) ?? 0) + 1
    this.#counts.set(`${chain} ${key}`, count)
    return count
  }

  of(chain: string, what: Happened["what"]): ReadonlyArray<Happened> {
    return this.events.filter((event) => event.chain === chain && event.what === what)
  }
}

const schemas = {
  text: Schema.Struct({ came: Schema.String }),
  nothing: Schema.Void,
  date: Schema.Date
}
const produced = (of: (typeof values)[number], text: string) =>
  ({ text: { came: text }, nothing: undefined, date: new Date(0) })[of] as never

const Answer = Schema.Struct({ answer: Schema.String })

type Running = Effect.Effect<string, unknown, McpRequest | Scope.Scope>
const turns = (count: number) => Effect.repeat(Effect.yieldNow, { times: count })

/** A handler, as an effect. */
const running = (
  root: Step,
  diary: Diary,
  request: McpRequest.Service
): Effect.Effect<string, never, McpRequest | Scope.Scope> => {
  const { id } = request
  const chain = String(id).split(":")[0]!
  const form = (key: string) => Ask.form({ message: `${chain} ${key}`, schema: Answer })
  const asked = (key: string) =>
    Effect.map(request.elicit(key, { message: `${chain} ${key}`, schema: Answer }), (_) => _.answer)

  const once = ({ fails, of }: Extract<Step, { readonly kind: "once" }>, path: string): Running => {
    const effect = Effect.gen(function* () {
      diary.note(id, "started", path)
      yield* turns(diary.attempt(chain, `turns of ${path}`) % 3)
      if (diary.attempt(chain, path) <= fails) return yield* new Boom()
      diary.note(id, "done", path)
      return produced(of, cameTo(chain, path))
    }).pipe(Effect.onInterrupt(() => Effect.sync(() => diary.note(id, "cut", path))))
    return Effect.map(
      Effect.retry(request.once(path, schemas[of] as Schema.Codec<unknown>, effect), { times: 9 }),
      (value) => (of === "text" ? (value as { readonly came: string }).came : cameTo(chain, path))
    )
  }

  const used = (inner: Running, path: string): Running => {
    const close = Effect.gen(function* () {
      yield* turns(3)
      // asking here would never end where asking interrupts, and is refused at once
      const answered =
        request.era === "modern" && Exit.isSuccess(yield* Effect.exit(request.ask({ late: form("late") })))
      diary.note(id, answered ? "asked in a finalizer" : "closed", path)
    })
    const open = Effect.sync(() => diary.note(id, "opened", path))
    return Effect.acquireUseRelease(
      open,
      () => Effect.ensuring(inner, turns(1)),
      () => close
    )
  }

  const run = (step: Step, path: string): Running => {
    switch (step.kind) {
      case "pause":
        return Effect.as(turns(step.turns), ".")
      case "once":
        return once(step, path)
      case "ask":
        return asked(path)
      case "together":
        return Effect.map(
          request.ask({ [`${path}a`]: form(`${path}a`), [`${path}b`]: form(`${path}b`) }),
          (answers) => `${answers[`${path}a`]!.answer}+${answers[`${path}b`]!.answer}`
        )
      case "withdrawn":
        // a promise that is kept comes in the same turn of the loop, after the question has been put
        return Effect.raceFirst(
          Effect.as(request.ask({ [path]: form(path) }), "lost"),
          Effect.promise(() => Promise.resolve("won"))
        )
      case "inside":
        return request.once(path, Schema.String, asked(path))
      case "fail":
        return Effect.fail(new Boom())
      case "seq":
        return Effect.map(
          Effect.forEach(step.steps, (inner, index) => run(inner, `${path}${index}`)),
          (each) => `[${each.join(",")}]`
        )
      case "all":
        return Effect.map(
          Effect.all(
            step.steps.map((inner, index) => run(inner, `${path}${index}`)),
            { concurrency: step.concurrency }
          ),
          (each) => `[${each.join(",")}]`
        )
      default:
        return wrapped(step.kind, run(step.step, `${path}0`), path)
    }
  }

  const wrapped = (kind: Extract<Step, { readonly step: Step }>["kind"], inner: Running, path: string): Running => {
    switch (kind) {
      case "used":
        return used(inner, path)
      case "caught":
        return Effect.catchCause(inner, (cause) => {
          if (Cause.hasInterruptsOnly(cause)) diary.note(id, "intercepted", path)
          return Effect.succeed("caught")
        })
      case "retried": {
        const first = Effect.suspend(() => (diary.attempt(chain, path) === 1 ? Effect.fail(new Boom()) : Effect.void))
        return Effect.retry(Effect.tap(inner, first), { times: 1 })
      }
      case "timed":
        return Effect.timeout(inner, "1 hour")
      case "masked":
        return Effect.uninterruptible(inner)
      case "forked":
        return Effect.flatMap(Effect.forkChild(inner), Fiber.join)
    }
  }

  return Effect.suspend(() => {
    diary.note(id, "begun")
    diary.note(id, "opened", "scope")
    return Effect.andThen(
      Effect.addFinalizer(() => Effect.sync(() => diary.note(id, "closed", "scope"))),
      Effect.catch(run(root, "r"), () => Effect.succeed(FAILED))
    )
  })
}

const Run = McpTool.make("run", {
  parameters: { seed: Schema.Int, size: Schema.Int, breaks: Schema.optionalKey(Schema.Boolean) }
})

/** The tool whose argument is a handler. One that `breaks` ends with a finalizer that dies. */
export const runs = (diary: Diary) =>
  Run.toLayer(({ breaks = false, seed, size }) =>
    Effect.flatMap(McpRequest, (request) => {
      const handled = running(grow(seed, size), diary, request)
      return breaks ? Effect.ensuring(handled, Effect.die(new Error("a broken finalizer"))) : handled
    })
  )
