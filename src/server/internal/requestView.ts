/**
 * The `McpRequest` of a handler: a view over its call that computes nothing before it is asked.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Call } from "../../peer/Peer.ts"
import type { ResourceContents } from "../../protocol/McpContent.ts"
import { Busy, McpError, type McpFault } from "../../protocol/McpError.ts"
import type { Notification, Payload } from "../../protocol/McpMethod.ts"
import type { Era } from "../../protocol/McpRevision.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { Progress } from "../../protocol/methods/progress.ts"
import type { Principal } from "../../transport/McpTransport.ts"
import { encodeNotification, type Id } from "../../wire/JsonRpc.ts"
import type { McpRequest } from "../McpRequest.ts"
import { Asking } from "./asking/asking.ts"
import type { Waits } from "./asking/waits.ts"
import { log, logUnsafe } from "./deprecated/logging.ts"
import type { Facts } from "./facts.ts"
import type { Item } from "./items.ts"
import { paramsText } from "./notifying.ts"
import type { Registry } from "./registry.ts"

const empty: JsonObject = {}
const noTags: ReadonlyArray<string> = []
const noHeaders: { readonly [name: string]: string } = {}
const SECOND = 1000

/** Loaded when somebody asks by them: most servers never do. */
const questions = Effect.promise(() => import("../Ask.ts"))

export class RequestView implements McpRequest.Service {
  readonly #registry: Registry
  readonly #call: Call
  readonly #facts: Facts
  readonly #item: Item | undefined
  readonly #uri: string | undefined
  #lastProgress = -Infinity
  #reports = 0
  #second = -Infinity
  #held = false
  #state: Map<unknown, unknown> | undefined

  /** `uri` is given when a handler reads a resource: then the view is about that, and not what the call is about. */
  constructor(registry: Registry, call: Call, facts: Facts, item: Item | undefined, uri?: string) {
    this.#registry = registry
    this.#call = call
    this.#facts = facts
    this.#item = item
    this.#uri = uri
  }

  get id(): Id {
    return this.#call.id
  }

  get method(): string {
    return this.#uri === undefined ? this.#call.method : "resources/read"
  }

  get name(): string | undefined {
    const name = this.params["name"] ?? this.params["uri"]
    return typeof name === "string" ? name : undefined
  }

  get tags(): ReadonlyArray<string> {
    return (this.#item ?? this.#facts.item)?.tags ?? noTags
  }

  get params(): JsonObject {
    return this.#uri === undefined ? ((this.#call.params ?? empty) as JsonObject) : { uri: this.#uri }
  }

  get revision(): string {
    return this.#facts.revision.version
  }

  get era(): Era {
    return this.#facts.revision.era
  }

  get client(): McpRequest.Service["client"] {
    return { info: this.#facts.clientInfo, capabilities: this.#facts.capabilities }
  }

  get meta(): JsonObject {
    return this.#facts.meta ?? empty
  }

  get headers(): { readonly [name: string]: string } {
    return this.#call.via.headers ?? noHeaders
  }

  get session(): string | undefined {
    return this.#call.via.session
  }

  get remote(): string | undefined {
    return this.#call.via.remote
  }

  get principal(): Principal {
    return this.#call.via.principal
  }

  get state(): Map<unknown, unknown> {
    return (this.#state ??= new Map())
  }

  // functions rather than methods: `const { progress, log } = yield* McpRequest` must work

  get progress(): McpRequest.Service["progress"] {
    return (report) => this.#progress(report)
  }

  get log(): McpRequest.Service["log"] {
    return (...message) => log(this.#registry, this.#call, this.#facts, ...message)
  }

  get logUnsafe(): McpRequest.Service["logUnsafe"] {
    return (...message) => logUnsafe(this.#registry, this.#call, this.#facts, ...message)
  }

  get notify(): McpRequest.Service["notify"] {
    return (notification, params) => this.#notify(notification, params)
  }

  get detach(): Effect.Effect<void> {
    const { outlet, via } = this.#call
    return via.features.resumable ? Effect.sync(() => outlet.detach?.()) : Effect.void
  }

  /** How long its handler waits for answers. */
  get waits(): Waits {
    return this.#asking.waits
  }

  get #asking(): Asking {
    return (this.#facts.asking ??= new Asking(this.#registry, this.#call, this.#facts))
  }

  get ask(): McpRequest.Service["ask"] {
    return (questions) => this.#asking.askAll(questions) as never
  }

  get elicit(): McpRequest.Service["elicit"] {
    return (key, options) => Effect.flatMap(questions, ({ form }) => this.#asking.ask(key, form(options))) as never
  }

  get sample(): McpRequest.Service["sample"] {
    return (key, options) => Effect.flatMap(questions, ({ sample }) => this.#asking.ask(key, sample(options))) as never
  }

  get roots(): McpRequest.Service["roots"] {
    return Effect.flatMap(questions, ({ roots }) => this.#asking.ask("roots", roots)) as never
  }

  get once(): McpRequest.Service["once"] {
    return (key, schema, effect) => this.#asking.once(key, schema, effect)
  }

  get read(): McpRequest.Service["read"] {
    return (uri) => this.#read(uri)
  }

  get background(): McpRequest.Service["background"] {
    return (effect) => this.#background(effect)
  }

  #progress(report: McpRequest.Progress): Effect.Effect<void> {
    // one call has one progress, whoever reports it
    if (this.#uri !== undefined && this.#facts.view !== undefined) return this.#facts.view.progress(report)
    return Effect.suspend(() => {
      const { message, progress, total } = report
      const progressToken = this.#facts.meta?.["progressToken"]
      const advances = Number.isFinite(progress) && progress > this.#lastProgress
      if (progressToken === undefined || !advances) return Effect.void
      this.#lastProgress = progress
      const known = Number.isFinite(total) ? total : undefined
      const params = this.#facts.revision.project(Progress.params, { progressToken, progress, total: known, message })
      return Effect.flatMap(Clock.currentTimeMillis, (now) => this.#report(JSON.stringify(params), now))
    })
  }

  /** A report leaves at once, or, when there have been many in this second, waits for the next. */
  #report(params: string, now: number): Effect.Effect<void> {
    if (now - this.#second >= SECOND) {
      this.#second = now
      this.#reports = 0
    }
    const text = encodeNotification(Progress.name, params)
    const { messageOut, progress } = this.#registry.limits
    if ((!this.#held && this.#reports < progress) || text.length > messageOut) {
      this.#reports += 1
      return this.#call.notify(Progress.name, params)
    }
    this.#call.notices.hold(Progress.name, text)
    if (this.#held) return Effect.void
    this.#held = true
    const release = Effect.sync(() => {
      this.#held = false
      this.#second += SECOND
      this.#reports = 1
      this.#call.notices.release()
    })
    return Effect.asVoid(Effect.forkChild(Effect.ensuring(Effect.sleep(this.#second + SECOND - now), release)))
  }

  #notify<Params extends Payload>(
    notification: Notification<string, Params>,
    params: Params["Type"]
  ): Effect.Effect<void> {
    return Effect.flatMap(paramsText(this.#registry, this.#facts.revision, notification, params), (text) =>
      text === undefined ? Effect.void : this.#call.notify(notification.name, text)
    )
  }

  #read(uri: string): Effect.Effect<ReadonlyArray<ResourceContents>, McpFault> {
    return Effect.suspend(() => this.#registry.read(uri, this.#call, this.#facts))
  }

  #background<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, McpError, Exclude<R, Scope.Scope>> {
    return Effect.contextWith((context: Context.Context<Exclude<R, Scope.Scope>>) => {
      const { background } = this.#registry
      if (!background.promise()) {
        const { background: limit } = this.#registry.limits
        const detail = `${limit} effects of this server are running in the background; see McpLimits.background`
        return Effect.fail(new McpError({ reason: new Busy({ detail }) }))
      }
      const scope = Scope.makeUnsafe()
      const closing = Effect.onExit(effect as Effect.Effect<A, E>, (exit: Exit.Exit<A, E>) => Scope.close(scope, exit))
      const own = Context.add(context, Scope.Scope, scope) as Context.Context<never>
      this.#call.afterwards(() =>
        background.start(this.#registry.describe(this.#call), this.#item ?? this.#facts.item, closing, own)
      )
      return Effect.void
    })
  }
}
