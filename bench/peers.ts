/**
 * Who is measured, and by which commands. `bare` is the raw responder: it takes part as a server only, and bounds what
 * a row can show on this machine. The SDK v1 has no modern era: in modern rows its legacy figure stands in.
 */
import { bundledCommand, command, fileOf } from "./build.ts"

export type PeerName = "ours" | "v2" | "v1" | "bare"
export const PEERS: ReadonlyArray<PeerName> = ["ours", "v2", "v1", "bare"]

const program = (peer: PeerName, role: "server" | "client" | "memory"): string =>
  peer === "ours" ? role : `peers/${peer}-${role}`

export const server = (peer: PeerName): string => command(program(peer, "server"))
/** The servers over HTTP; `flags` are Node's. */
export const overHttp = (peer: PeerName, flags = ""): string =>
  command(peer === "ours" ? "server" : `peers/${peer}-http`, flags)
/** What makes a process say how much it keeps. */
export const PROBED = `--expose-gc --import ${fileOf("probe")}`
export const client = (peer: PeerName): string => command(program(peer, "client"))
export const memory = (peer: PeerName): string => command(program(peer, "memory"))

/** The programs that measure a server with much to offer. */
export const large = (peer: Exclude<PeerName, "bare">): string =>
  command(peer === "ours" ? "large-server" : `peers/${peer}-large`)

/** The program that imports what it is told, and those that check payloads. */
export const importer = command("import")
export const checks = (peer: Exclude<PeerName, "bare">): string =>
  command(peer === "ours" ? "check" : `peers/${peer}-check`)

/** The commands of the cold start, by variant. */
export const coldServer = (peer: PeerName, variant: ColdVariant): string => {
  switch (variant) {
    case "root":
      return server(peer)
    case "modules":
      return command("server-modules")
    case "bundled":
      return bundledCommand(program(peer, "server"))
    case "bundled-modules":
      return bundledCommand("server-modules")
  }
}

export type ColdVariant = "root" | "modules" | "bundled" | "bundled-modules"
