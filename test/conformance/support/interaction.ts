/**
 * Handlers that ask back, clients that answer, and what each of them has seen, for the chapters of questions.
 *
 * One handler stands behind a tool, a prompt and a resource, so that a chapter tries all three with one body. `Heard` is the
 * server's side of it (how often the handler ran, and what each run came to), `Host` the client's (what was asked, how many
 * questions were open at once, which were withdrawn). Nobody here decides what is right.
 */
import { assert } from "@effect/vitest"
import { Cause, Deferred, type Duration, Effect, Exit, type Fiber, Layer, type Scope } from "effect"
import { type Ask, type McpClient, McpError, McpHost, McpPrompt, McpRequest, McpResource, McpTool } from "mcp-effect"
import type { CreateMessageRequestParams, CreateMessageResult } from "mcp-effect/methods/sampling"
import { fork } from "../../laws/support/limits.ts"
import { until } from "../../laws/support/peers.ts"
import { held } from "./held.ts"
import type { App, Place } from "./places.ts"

export const kinds = ["tool", "prompt", "resource"] as const
export type Kind = (typeof kinds)[number]

/** What a question may fail with. */
export type Failure = Ask.Unanswered | McpError.McpError
export type Handler = (request: McpRequest.Service) => Effect.Effect<unknown, Failure, Scope.Scope>

/** What has become of a handler: one exit for each run. */
export class Heard {
  runs = 0
  readonly exits: Array<Exit.Exit<unknown, Failure>> = []

  /** What the last run came to, once one has ended by itself. */
  readonly outcome = Effect.suspend(() =>
    Effect.map(
      until(() => this.exits.some((exit) => Exit.isSuccess(exit) || !Cause.hasInterruptsOnly(exit.cause))),
      () => this.exits.at(-1) ?? assert.fail("The handler has not ended")
    )
  )

  /** What the last run failed with. */
  readonly failure = Effect.map(this.outcome, (exit): Failure => {
    const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    return error instanceof McpError.McpError ||
      error instanceof McpError.ElicitDeclined ||
      error instanceof McpError.ElicitCancelled
      ? error
      : assert.fail(`It has not failed, or not so: ${JSON.stringify(exit)}`)
  })

  /** How many runs were interrupted. */
  get interrupted(): number {
    return this.exits.filter((exit) => Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)).length
  }
}

export interface Limits {
  readonly timeout?: Duration.Input
}

export interface Asker {
  readonly app: App
  readonly heard: Heard
}

/** A tool, a prompt and a resource that run one handler, and give what it came to as JSON. */
export const asker = (handler: Handler, options: Limits = {}): Asker => {
  const heard = new Heard()
  const handled = Effect.gen(function* () {
    const request = yield* McpRequest
    heard.runs += 1
    const value = yield* Effect.onExit(handler(request), (exit) => Effect.sync(() => void heard.exits.push(exit)))
    return JSON.stringify(value ?? null)
  })
  const items = Layer.mergeAll(
    McpTool.make("ask", options).toLayer(() => handled),
    McpPrompt.make("ask", options).toLayer(() => handled),
    McpResource.make("ask://it", { name: "ask", ...options }).toLayer(handled)
  )
  return { app: held(items).app, heard }
}

const textOf = (blocks: ReadonlyArray<unknown>): string => {
  const [block] = blocks as ReadonlyArray<{ readonly text?: unknown }>
  return typeof block?.text === "string" ? block.text : assert.fail(`It says nothing: ${JSON.stringify(blocks)}`)
}

/** A handler's failure, as the client of a tool reads it. */
export class Said {
  readonly _tag = "Said"
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Calls it, and gives what the handler came to. A tool that has failed fails with what it says to the model. */
export const call = (
  client: McpClient.Service,
  kind: Kind,
  options?: McpClient.CallOptions
): Effect.Effect<unknown, McpError.McpError | Said> => {
  const parsed = (text: string): unknown => JSON.parse(text)
  switch (kind) {
    case "tool":
      return Effect.flatMap(client.callTool("ask", {}, options), ({ content, isError }) =>
        isError === true ? Effect.fail(new Said(textOf(content))) : Effect.succeed(parsed(textOf(content)))
      )
    case "prompt":
      return Effect.map(client.getPrompt("ask", {}, options), ({ messages: [message] }) =>
        parsed(textOf([message?.content]))
      )
    case "resource":
      return Effect.map(client.readResource("ask://it", options), ({ contents }) => parsed(textOf(contents)))
  }
}

/** What a call is refused with: the code of an error, none for what a tool says to its model. */
export const refusal = (client: McpClient.Service, kind: Kind) =>
  Effect.map(Effect.flip(call(client, kind)), (error) => {
    if (error instanceof Said) return { code: undefined, text: error.text, data: undefined }
    const { reason } = error
    return reason._tag === "Remote"
      ? { code: reason.code, text: reason.detail, data: reason.data }
      : assert.fail(`It was not the server that refused: ${reason._tag}: ${error.message}`)
  })

type Form = Parameters<NonNullable<McpHost.ElicitationOptions["form"]>>[0]
type Sampled = CreateMessageRequestParams
type Reply = Omit<CreateMessageResult, "_meta">
type Page = Parameters<NonNullable<McpHost.ElicitationOptions["url"]>>[0]

/** What a client was asked. */
export class Host {
  readonly asked: Array<McpHost.Asked> = []
  readonly withdrawn: Array<string> = []
  open = 0
  /** How many questions were open at once, at most. */
  most = 0

  readonly #during = <A, E, R>(asked: McpHost.Asked, answering: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      this.asked.push(asked)
      this.open += 1
      this.most = Math.max(this.most, this.open)
      return answering.pipe(
        Effect.onInterrupt(() => Effect.sync(() => void this.withdrawn.push(String(asked.params["message"])))),
        Effect.ensuring(Effect.sync(() => void (this.open -= 1)))
      )
    })

  /** What was asked, in order, as people read it. */
  get messages(): ReadonlyArray<unknown> {
    return this.asked.map(({ params }) => params["message"])
  }

  /** The parameters of the first question. */
  get params(): McpHost.Asked["params"] {
    return this.asked[0]?.params ?? assert.fail("Nothing was asked")
  }

  /** Waits until that many questions have come. */
  come(count: number): Effect.Effect<void> {
    return Effect.map(
      until(() => this.asked.length >= count),
      () => assert.isAtLeast(this.asked.length, count, "not so many questions have come")
    )
  }

  /** Answers forms. */
  forms(answer: (form: Form) => Effect.Effect<McpHost.FormAnswer, McpHost.Refused>) {
    return McpHost.elicitation({
      form: (form, asked) =>
        this.#during(
          asked,
          Effect.suspend(() => answer(form))
        )
    })
  }

  /** Answers pages, and nothing else. */
  pages(answer: (page: Page) => Effect.Effect<"accept" | "decline" | "cancel", McpHost.Refused>) {
    return McpHost.elicitation({
      url: (page, asked) =>
        this.#during(
          asked,
          Effect.suspend(() => answer(page))
        )
    })
  }

  /** Asks its model. */
  model(answer: (params: Sampled) => Effect.Effect<Reply, McpHost.Refused>, options?: McpHost.SamplingOptions) {
    return McpHost.sampling(
      (params, asked) =>
        this.#during(
          asked,
          Effect.suspend(() => answer(params))
        ),
      options
    )
  }
}

export interface Interaction extends Asker {
  readonly client: McpClient.Service
  readonly host: Host
}

/** A client whose hosts answer, connected to a handler that asks. */
export const interacting = <R>(
  place: Place,
  handler: Handler,
  hosts: (host: Host) => Layer.Layer<R>,
  options: Limits & { readonly connect?: McpClient.ConnectOptions } = {}
): Effect.Effect<Interaction, McpError.McpError, Scope.Scope> =>
  Effect.gen(function* () {
    const { connect, ...limits } = options
    const host = new Host()
    const asking = asker(handler, limits)
    const client = yield* Effect.provide(place.connect(asking.app, connect), hosts(host))
    return { ...asking, client, host }
  })

/** Each form is answered with that. */
export const filling =
  (answer: McpHost.FormAnswer) =>
  (host: Host): Layer.Layer<McpHost.ElicitationHost> =>
    host.forms(() => Effect.succeed(answer))

/** Each form waits for its own answer, which a test gives by the message. */
export class Answers {
  readonly #given = new Map<string, Deferred.Deferred<McpHost.FormAnswer>>()

  readonly #of = (message: string): Deferred.Deferred<McpHost.FormAnswer> => {
    const given = this.#given.get(message) ?? Deferred.makeUnsafe<McpHost.FormAnswer>()
    this.#given.set(message, given)
    return given
  }

  readonly hosts = (host: Host): Layer.Layer<McpHost.ElicitationHost> =>
    host.forms(({ message }) => Deferred.await(this.#of(message)))

  give(message: string, answer: McpHost.FormAnswer): Effect.Effect<void> {
    return Effect.asVoid(Deferred.succeed(this.#of(message), answer))
  }
}

/** A call that goes on beside the test; what it came to is looked at when it must have. */
export const begun = <A, E>(calling: Effect.Effect<A, E>): Effect.Effect<Fiber.Fiber<A, E>, never, Scope.Scope> =>
  fork(calling)

/** Waits until a fiber has ended, without time passing, and gives what it came to. */
export const ended = <A, E>(fiber: Fiber.Fiber<A, E>): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.map(
    until(() => fiber.pollUnsafe() !== undefined),
    () => fiber.pollUnsafe() ?? assert.fail("It has not ended")
  )

/** Since when a user can be asked, by a form and by a page. */
export const asksForms = (place: Place): boolean => place.since("2025-06-18")
export const asksPages = (place: Place): boolean => place.since("2025-11-25")
