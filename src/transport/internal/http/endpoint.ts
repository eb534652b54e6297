/**
 * One HTTP endpoint: from a request to its response.
 *
 * In this order: host and origin, the application is built, who is calling, the HTTP method, what the body is said to be,
 * the body, the message, the ladder. What passes all of it is an exchange in a modern revision, or part of a legacy
 * session, or alone.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import * as JsonRpc from "../../../wire/JsonRpc.ts"
import { McpLimits } from "../../McpLimits.ts"
import {
  type Acceptor,
  anonymous,
  Authenticate,
  type Principal,
  type Refusal,
  type Unauthenticated
} from "../../McpTransport.ts"
import { type Accepts, acceptsOf, type Arrived, headersOf, hostOf, isJson } from "./arriving.ts"
import { readBody, type Unread } from "./body.ts"
import { allowing, preflight } from "./cors.ts"
import { barred } from "./guards.ts"
import { Heartbeat } from "./heartbeat.ts"
import { claimsModern, find, type Headers, judge } from "./ladder.ts"
import { serveModern } from "./modern.ts"
import { refused, type Response, type Serving } from "./serving.ts"
import type { Settings } from "./settings.ts"
import { Stateful, type Stores } from "./stateful.ts"
import { serveStateless } from "./stateless.ts"

type Served = Effect.Effect<Response, never, Scope.Scope>

const unread: { readonly [U in Unread]: { readonly status: number; readonly refusal: Refusal } } = {
  TooLarge: { status: 413, refusal: { fault: "Envelope", detail: "The body is larger than a message may be" } },
  TooSlow: { status: 408, refusal: { fault: "Envelope", detail: "The body did not come in time" } },
  NotText: { status: 400, refusal: { fault: "Parse", detail: "The body is not UTF-8" } },
  Broken: { status: 400, refusal: { fault: "Parse", detail: "The body was cut short" } }
}

const closing = { connection: "close" }

export class Endpoint {
  readonly #serving: Serving
  readonly #stateful: Stateful | undefined
  readonly #authenticate: Context.Service.Shape<typeof Authenticate>
  readonly #methods: string
  #isReady = false
  #isClosed = false
  readonly #closed = Deferred.makeUnsafe<void>()

  constructor(acceptor: Acceptor, settings: Settings, stores: Stores, context: Context.Context<never>) {
    const limits = Context.get(context, McpLimits)
    this.#serving = { acceptor, settings, limits, heartbeat: new Heartbeat(limits), context }
    this.#authenticate = Context.get(context, Authenticate)
    const hasSessions = settings.isStateful && acceptor.admission.revisions.some(({ era }) => era === "legacy")
    this.#stateful = hasSessions ? new Stateful(this.#serving, stores) : undefined
    this.#methods = hasSessions ? "POST, GET, DELETE" : "POST"
  }

  /** The clock of everything that is open. Runs until it is interrupted. */
  readonly beat: Effect.Effect<never> = Effect.suspend(() =>
    this.#serving.heartbeat.run(() => this.#stateful?.sessions.sweep())
  )

  /** Answers no more, and lets go of all sessions and their streams. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#isClosed = true
    Deferred.doneUnsafe(this.#closed, Effect.void)
    return this.#stateful?.sessions.close ?? Effect.void
  })

  /** Serves one request. */
  serve(request: HttpServerRequest): Served {
    if (this.#isClosed) return this.#shutDown()
    const headers = headersOf(request)
    const { cors, guards, trustedProxy } = this.#serving.settings
    const problem = barred(guards, hostOf(request, headers, trustedProxy), headers["origin"])
    if (problem !== undefined) {
      const { detail, guard } = problem
      return this.#refuse({ fault: "Forbidden", detail, data: { guard } })
    }
    if (!cors || headers["origin"] === undefined) return this.#letIn(request, headers)
    return request.method === "OPTIONS"
      ? Effect.succeed(preflight(headers, this.#methods))
      : Effect.map(this.#letIn(request, headers), allowing(headers["origin"]))
  }

  #shutDown(): Served {
    return this.#refuse({ fault: "Busy", detail: "The server is shutting down" }, 503, closing)
  }

  #letIn(request: HttpServerRequest, headers: Headers): Served {
    if (this.#isReady) return this.#authenticated(request, headers)
    // an application that could not be built is never ready
    const ready = Effect.raceFirst(this.#serving.acceptor.ready, Deferred.await(this.#closed))
    return Effect.flatMap(Effect.interruptible(ready), () => {
      if (this.#isClosed) return this.#shutDown()
      this.#isReady = true
      return this.#authenticated(request, headers)
    })
  }

  #authenticated(request: HttpServerRequest, headers: Headers): Served {
    const authenticate = this.#authenticate
    if (authenticate === undefined) return this.#route({ request, headers, principal: anonymous })
    return Effect.matchEffect(Effect.interruptible(authenticate(headers)), {
      onSuccess: (principal: Principal) => this.#route({ request, headers, principal }),
      onFailure: ({ challenge, detail, forbidden }: Unauthenticated) =>
        this.#refuse(
          { fault: "Forbidden", detail, data: { guard: "authenticate" } },
          forbidden === true ? 403 : 401,
          challenge === undefined ? undefined : { "www-authenticate": challenge }
        )
    })
  }

  #route(arrived: Arrived): Served {
    const { method } = arrived.request
    const accepts = acceptsOf(arrived.headers["accept"])
    if (method === "POST") return this.#post(arrived, accepts)
    const isModern = this.#eraOf(arrived.headers["mcp-protocol-version"]) === "modern"
    if (this.#stateful !== undefined && !isModern) {
      if (method === "GET") return this.#stateful.get(arrived, accepts)
      if (method === "DELETE") return this.#stateful.delete(arrived)
    }
    return Effect.succeed(HttpServerResponse.empty({ status: 405, headers: { allow: this.#methods } }))
  }

  #eraOf(version: string | undefined): string | undefined {
    return find(this.#serving.acceptor.admission.revisions, version)?.era
  }

  #post(arrived: Arrived, accepts: Accepts): Served {
    const { headers, request } = arrived
    if (!isJson(headers["content-type"])) {
      return this.#refuse({ fault: "Envelope", detail: "A message is sent as application/json, in UTF-8" }, 415)
    }
    const { response } = this.#serving.settings
    if (!accepts.json && (!accepts.events || response === "json")) {
      const types = response === "json" ? "application/json" : "application/json or text/event-stream"
      const detail = `Answers are ${types}; accept that`
      return this.#refuse({ fault: "Envelope", detail }, 406)
    }
    const { maxBody } = this.#serving.acceptor.admission
    if (Number(headers["content-length"] ?? 0) > maxBody) return this.#unread("TooLarge")
    return Effect.matchEffect(
      Effect.interruptible(readBody(request, headers, maxBody, this.#serving.heartbeat.patience)),
      {
        onFailure: (why) => this.#unread(why),
        onSuccess: (text) => this.#receive(arrived, accepts, text)
      }
    )
  }

  #receive(arrived: Arrived, accepts: Accepts, text: string): Served {
    const { acceptor, settings } = this.#serving
    const message = JsonRpc.decode(text)
    if (message._tag === "Malformed" && message.batch === undefined) {
      const { fault, id, kind, message: detail } = message
      if (kind !== "response") return this.#refuse({ fault, detail, id })
      // what was meant as an answer is about a request of ours: who waits for it is told, and its id is none of the caller's
      const refused = this.#refuse({ fault, detail })
      return this.#stateful?.answerMisread(arrived, message, text.length, refused) ?? refused
    }
    if (message._tag === "Malformed" && message.batch?.some(claimsModern)) {
      return this.#refuse({ fault: "Envelope", detail: "A message of a modern revision comes alone" })
    }
    const verdict = judge(message, arrived.headers, acceptor.admission, arrived.principal)
    if (verdict._tag === "Rejected") {
      return Effect.succeed(refused(this.#serving, verdict.refusal, { revision: verdict.revision }))
    }
    const { revision } = verdict
    if (verdict._tag === "Modern") {
      if (message._tag !== "Malformed") {
        return serveModern(this.#serving, arrived, accepts, message, text.length, verdict.revision)
      }
      const { fault, id, message: detail } = message
      return Effect.succeed(refused(this.#serving, { fault, detail, id }, { revision }))
    }
    if (this.#stateful !== undefined) return this.#stateful.post(arrived, accepts, message, text.length)
    if (settings.isStateful && message._tag !== "Request") return this.#noLegacy()
    return serveStateless(this.#serving, arrived, accepts, message, text.length, revision)
  }

  #noLegacy(): Served {
    const versions = this.#serving.acceptor.admission.revisions.map(({ version }) => version).join(", ")
    return this.#refuse({ fault: "Envelope", detail: `This server speaks ${versions} only` })
  }

  #unread(why: Unread): Served {
    const { refusal, status } = unread[why]
    // the rest of the body is not waited for
    return this.#refuse(refusal, status, why === "NotText" ? undefined : closing)
  }

  #refuse(refusal: Refusal, status?: number, headers?: { readonly [name: string]: string }): Served {
    return Effect.succeed(
      refused(this.#serving, refusal, {
        ...(status === undefined ? undefined : { status }),
        ...(headers === undefined ? undefined : { headers })
      })
    )
  }
}
