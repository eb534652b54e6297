/**
 * Who may talk to this endpoint at all, by the headers `Host` and `Origin`: before authentication, before the body.
 *
 * A web page that a user visits can reach servers on the user's machine; its browser names the page in `Origin`, and a
 * name that the page's owner points at 127.0.0.1 stands in `Host`. Callers that are no browsers send no `Origin`.
 */

/** What is let in. */
export interface Guards {
  /** Names in `Host`, lower-case, without a port unless only that port is meant. `undefined` lets in every name. */
  readonly hosts: ReadonlySet<string> | undefined
  /** Origins, as browsers write them. `undefined` lets in every page. */
  readonly origins: ReadonlySet<string> | undefined
}

export interface Barred {
  /** The name of the guard. */
  readonly guard: "host" | "origin"
  readonly detail: string
}

export const loopbackHosts: ReadonlyArray<string> = ["localhost", "127.0.0.1", "[::1]"]

/** A host without its port. */
export const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, "")

const isHost = (hosts: ReadonlySet<string>, host: string): boolean =>
  hosts.has(host.toLowerCase()) || hosts.has(nameOf(host))

const hostOf = (origin: string): string | undefined => /^https?:\/\/([^/?#\s]+)$/i.exec(origin)?.[1]

/** Why a request is not let in; nothing when it is. A page of a host that is let in is let in as well. */
export const barred = (
  { hosts, origins }: Guards,
  host: string | undefined,
  origin: string | undefined
): Barred | undefined => {
  if (hosts !== undefined && (host === undefined || !isHost(hosts, host))) {
    const named = host === undefined ? "no host" : JSON.stringify(host.slice(0, 200))
    return { guard: "host", detail: `The request names ${named} as its host, which is not one of this server's` }
  }
  if (origins === undefined || origin === undefined || origins.has(origin.toLowerCase())) return undefined
  const from = hostOf(origin)
  if (from !== undefined && hosts !== undefined && isHost(hosts, from)) return undefined
  return { guard: "origin", detail: `Pages of ${JSON.stringify(origin.slice(0, 200))} may not use this server` }
}
