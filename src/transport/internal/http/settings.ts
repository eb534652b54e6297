/**
 * How an endpoint is set up: what a user says, with what is there where nothing is said.
 */
import type { Guards } from "./guards.ts"
import { loopbackHosts, nameOf } from "./guards.ts"

/** How an HTTP endpoint serves. */
export interface ServerOptions {
  /** Where it is mounted. Default: `/mcp`. */
  readonly path?: `/${string}` | undefined
  /**
   * What legacy clients get: a session (`stateful`), or an answer to each request alone (`stateless`), which any node can
   * give; then nothing is said unasked and nothing can be asked of the client. Modern requests are always alone. Default:
   * `stateful`.
   */
  readonly sessions?: "stateful" | "stateless" | undefined
  /**
   * How requests are answered: `auto` (one JSON message, or a stream of events from the first message before it), `sse`
   * (always a stream), or `json`: never a stream; progress, logs and questions of a call are then not available to legacy
   * clients, and not offered. Default: `auto`.
   */
  readonly response?: "auto" | "json" | "sse" | undefined
  /**
   * The names by which this server is reached, as they stand in `Host`; with a port only that port is meant. Default: the
   * names of this machine for itself, `localhost`, `127.0.0.1` and `[::1]`, and that of `publicUrl`.
   */
  readonly hosts?: ReadonlyArray<string> | undefined
  /**
   * The origins of web pages that may use this server, beside pages of its own hosts. Requests that are not made by a web
   * page have no origin. Default: none.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /** Where clients reach this server from outside, if that is another address. Its host and origin are let in. */
  readonly publicUrl?: string | URL | undefined
  /**
   * A proxy stands before this server and sets `X-Forwarded-Host`, which counts as the host, and `X-Forwarded-For`, which
   * counts as the caller's address. Default: false.
   */
  readonly trustedProxy?: boolean | undefined
  /**
   * Answers browsers that ask whether a page of another origin may use this server: pages of `origins` may. Default:
   * false.
   */
  readonly cors?: boolean | undefined
  /** Lets in every `Host`: any web page can then reach this server through DNS rebinding. Default: false. */
  readonly allowDnsRebinding?: boolean | undefined
  /** Lets in every `Origin`: any web page that a user visits can then use this server. Default: false. */
  readonly allowCrossSite?: boolean | undefined
}

export interface Settings {
  readonly path: `/${string}`
  readonly isStateful: boolean
  readonly response: "auto" | "json" | "sse"
  readonly guards: Guards
  readonly trustedProxy: boolean
  readonly cors: boolean
}

/** Whether others than this machine are let in. */
export const isReachedFromOutside = ({ guards: { hosts } }: Settings): boolean =>
  hosts === undefined || [...hosts].some((host) => !loopbackHosts.includes(nameOf(host)))

const lower = (text: string): string => text.toLowerCase()

export const settingsOf = (options: ServerOptions): Settings => {
  const url = options.publicUrl === undefined ? undefined : new URL(options.publicUrl)
  const own = url === undefined ? [] : [url.host, nameOf(url.host)]
  const hosts = options.allowDnsRebinding === true ? undefined : [...(options.hosts ?? loopbackHosts), ...own]
  const origins = [...(options.origins ?? []), ...(url === undefined ? [] : [url.origin])]
  return {
    path: options.path ?? "/mcp",
    isStateful: options.sessions !== "stateless",
    response: options.response ?? "auto",
    guards: {
      hosts: hosts === undefined ? undefined : new Set(hosts.map(lower)),
      origins: options.allowCrossSite === true ? undefined : new Set(origins.map(lower))
    },
    trustedProxy: options.trustedProxy === true,
    cors: options.cors === true
  }
}
