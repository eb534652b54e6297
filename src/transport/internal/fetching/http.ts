/**
 * HTTP as the client needs it: one request, and its answer or why there was none.
 *
 * The only module that makes requests with Effect's HTTP client. A redirect is followed within its origin, with the same method and body;
 * to another origin it is not: what is sent may hold credentials. The body of an answer lives as long as the Scope; closing
 * it aborts the request.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { RequestInit } from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** There was no answer, or not all of it. */
export class Unanswered extends Data.TaggedError("Unanswered")<{
  /** Whether the other side may have seen the request. */
  readonly sent: boolean
  readonly detail: string
}> {}

export interface Headers {
  readonly [name: string]: string
}

export interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string | undefined }
  /** The media type, lower-case and without parameters; empty where none is said. */
  readonly type: string
  readonly body: Stream.Stream<Uint8Array, Unanswered>
  /** The whole body; more than so many bytes are an error. */
  text(max: number): Effect.Effect<string, Unanswered>
}

export interface Http {
  send(
    method: "POST" | "GET" | "DELETE",
    headers: Headers,
    body?: string
  ): Effect.Effect<Answer, Unanswered, Scope.Scope>
}

/** Redirects of one request. */
const MAX_REDIRECTS = 5

/** What says that there was no connection, or none that can be trusted. */
const UNSENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_CONNECT_TIMEOUT|UND_ERR_INVALID_ARG|ConnectionRefused|FailedToOpenSocket|CERT_.*|ERR_TLS.*|ERR_SSL.*|DEPTH_ZERO.*|SELF_SIGNED.*|UNABLE_TO.*)$/

/** An error and what caused it, from outside to inside; causes may come as lists. */
const causesOf = (error: unknown, depth = 0): ReadonlyArray<object> => {
  if (typeof error !== "object" || error === null || depth > 5) return []
  const { cause, errors } = error as { readonly cause?: unknown; readonly errors?: unknown }
  const inner = Array.isArray(errors) ? errors.slice(0, 3) : [cause]
  return [error, ...inner.flatMap((one) => causesOf(one, depth + 1))]
}

const unanswered = ({ reason }: HttpClientError): Unanswered => {
  const causes = causesOf("cause" in reason ? reason.cause : undefined)
  const codes = causes.map((cause) => String("code" in cause ? cause.code : ""))
  const said = causes.findLast((cause) => "message" in cause && cause.message !== "")
  const detail = said !== undefined && "message" in said ? String(said.message) : reason.message
  const never = reason._tag === "InvalidUrlError" || reason._tag === "EncodeError"
  return new Unanswered({ sent: !never && !codes.some((code) => UNSENT.test(code)), detail })
}

const tooLong = (max: number): Unanswered =>
  new Unanswered({ sent: true, detail: `the answer has more than ${max} bytes; see McpLimits.messageIn` })

/** The text of a body, read as far as the bound. */
const textOf = (body: Stream.Stream<Uint8Array, Unanswered>, max: number): Effect.Effect<string, Unanswered> =>
  Effect.suspend(() => {
    const decoder = new TextDecoder()
    let size = 0
    let text = ""
    const read = Stream.runForEach(body, (bytes) => {
      size += bytes.length
      if (size > max) return Effect.fail(tooLong(max))
      text += decoder.decode(bytes, { stream: true })
      return Effect.void
    })
    return Effect.map(read, () => text + decoder.decode())
  })

const answerOf = (response: HttpClientResponse): Answer => {
  const { headers } = response
  const body = Stream.mapError(response.stream, unanswered)
  return {
    status: response.status,
    headers,
    type: (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase(),
    body,
    text: (max) => {
      // a length that is said is kept to, unless what it counts is compressed
      const length = headers["content-encoding"] === undefined ? Number(headers["content-length"]) : NaN
      if (length > max) return Effect.fail(tooLong(max))
      return length >= 0 ? Effect.mapError(response.text, unanswered) : textOf(body, max)
    }
  }
}

/** Where an answer points to, if it is in the same place and may be asked the same. */
const redirectOf = ({ headers, status }: HttpClientResponse, from: string): string | undefined => {
  if (![301, 302, 307, 308].includes(status) || headers["location"] === undefined) return undefined
  const to = Result.try(() => new URL(headers["location"]!, from))
  return Result.isSuccess(to) && to.success.origin === new URL(from).origin ? to.success.href : undefined
}

/** HTTP to one URL. */
export const makeHttp = (url: string): Effect.Effect<Http, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const init = Option.getOrUndefined(yield* Effect.serviceOption(RequestInit))
    const send: (target: string, left: number, ...rest: Parameters<Http["send"]>) => ReturnType<Http["send"]> = (
      target,
      left,
      method,
      headers,
      body
    ) => {
      const bare = HttpClientRequest.make(method)(target, { headers })
      const request = body === undefined ? bare : HttpClientRequest.bodyText(bare, body, "application/json")
      return Effect.flatMap(Effect.mapError(client.execute(request), unanswered), (response) => {
        const next = redirectOf(response, target)
        return next === undefined || left === 0
          ? Effect.succeed(answerOf(response))
          : send(next, left - 1, method, headers, body)
      })
    }
    return {
      send: (...request) =>
        send(url, MAX_REDIRECTS, ...request).pipe(
          Effect.provideService(RequestInit, { ...init, redirect: "manual" }),
          // the trace context of a request is in its `_meta`
          Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
        )
    }
  })
