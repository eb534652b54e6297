/**
 * What an HTTP answer means where no reply is in it: pure, by status and media type.
 *
 * A JSON-RPC error in the body says more than any status; who calls this has looked for it. An answer of 401 is about the
 * caller, and one of 404 to a session about the session, whatever their bodies say.
 */
import type { Loss } from "../../McpTransport.ts"
import type { ErrorObject } from "../../../wire/JsonRpc.ts"
import type { Answer, Unanswered } from "./http.ts"

/** Why a request is lost. */
export interface Verdict {
  readonly loss: Loss
  readonly detail: string
}

const MAX_SHOWN = 200

/** Statuses by which a server says that it cannot answer now. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429, 503])

export const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300

const isRedirect = ({ status }: Answer): boolean => status === 0 || (status >= 300 && status < 400)

const shown = (text: string): string => {
  const line = text.replaceAll(/\s+/g, " ").trim()
  return line === "" ? "" : `: ${line.slice(0, MAX_SHOWN)}`
}

const typeOf = ({ type }: Answer): string => (type === "" ? "without a content type" : `as ${type.slice(0, MAX_SHOWN)}`)

/** What is wrong with a success that is neither JSON nor a stream of events. */
const strange = (answer: Answer): Verdict =>
  answer.status === 202 || answer.status === 204
    ? {
        loss: "Broken",
        detail: `the server took the request with HTTP status ${answer.status}, and will not answer it`
      }
    : { loss: "Refused", detail: `the server answers ${typeOf(answer)}, not as JSON or a stream of events` }

/** What there is to say where a server does not say it; `text` is its body. */
export const verdictOf = (answer: Answer, text: string): Verdict => {
  const { headers, status } = answer
  if (isSuccess(answer)) return strange(answer)
  if (isRedirect(answer)) {
    const to = headers["location"] === undefined ? "" : ` to ${headers["location"].slice(0, MAX_SHOWN)}`
    const detail = `the server redirects${to}; this is not followed, since what is sent may hold credentials: use that URL`
    return { loss: "Refused", detail }
  }
  const said = shown(answer.type === "text/html" ? "" : text)
  const detail = `the server answered with HTTP status ${status}${said}`
  if (status === 401 || status === 403) {
    const challenge = headers["www-authenticate"]
    return {
      loss: "Unauthorized",
      detail: challenge === undefined ? detail : `${detail} (${shown(challenge).slice(2)})`
    }
  }
  if (LATER.has(status)) return { loss: "Unavailable", detail }
  return { loss: status >= 500 ? "Broken" : "Refused", detail }
}

/** What it means that there was no answer, or only a part of one. */
export const verdictOn = ({ detail, sent }: Unanswered): Verdict =>
  sent
    ? { loss: "Broken", detail: `the connection broke: ${detail}` }
    : { loss: "Unavailable", detail: `there is no connection: ${detail}` }

/** Whether a server says that the rest of a stream is no longer kept. */
export const saysResumeLost = ({ status }: Answer, error: ErrorObject | undefined): boolean => {
  const data = (error?.data ?? {}) as { readonly loss?: unknown; readonly reason?: unknown }
  return status === 410 || data.loss === "ResumeLost" || data.reason === "ResumeLost"
}
