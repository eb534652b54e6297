/**
 * What a client answers when a server asks: by method, from the hosts that are provided where it connects.
 *
 * A host is advertised because it is there. It knows nothing of eras: whether its question came as a request or inside a
 * result, `dispatch.ts` and `rounds.ts` know.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Payload } from "../../protocol/McpMethod.ts"
import type { Fault, McpRevision } from "../../protocol/McpRevision.ts"
import {
  type ClientCapabilities,
  ClientCapabilities as Capabilities,
  type Implementation,
  type JsonObject
} from "../../protocol/McpSchema.ts"
import type { Id } from "../../wire/JsonRpc.ts"

/** A question of a server. */
export interface Asked {
  /** The id of the request, or the key of the question in a result. */
  readonly id: Id
  readonly method: string
  readonly params: JsonObject
  readonly meta: JsonObject
  /** Who asks, as it says of itself. */
  readonly server: Implementation | undefined
  readonly revision: string
}

/** A host does not answer. `Rejected` is the user's word. */
export class Refused {
  readonly _tag = "Refused"
  readonly fault: Extract<Fault, "Rejected" | "InvalidParams" | "Internal" | "MethodNotFound">
  readonly detail: string
  constructor(fault: Refused["fault"], detail: string) {
    this.fault = fault
    this.detail = detail
  }
}

export interface Host {
  readonly method: string
  /** What a question has to fit before the host sees it. */
  readonly params: Payload
  /** What is advertised for it, as the latest revision says it. */
  readonly capabilities: ClientCapabilities
  answer(asked: Asked): Effect.Effect<JsonObject, Refused>
  /** Each element is told the server as a notification of that name. */
  readonly changes?: { readonly notification: string; readonly stream: Stream.Stream<unknown> } | undefined
}

/** The hosts of a client, each a service of its own, so that Layers of them can be merged. */
export class ElicitationHost extends Context.Service<ElicitationHost, Host>()(
  "mcp-effect/client/McpHost/Elicitation"
) {}
export class SamplingHost extends Context.Service<SamplingHost, Host>()("mcp-effect/client/McpHost/Sampling") {}
export class RootsHost extends Context.Service<RootsHost, Host>()("mcp-effect/client/McpHost/Roots") {}

/** Those that are provided. */
export class Hosts {
  readonly all: ReadonlyArray<Host>

  constructor(context: Context.Context<never>) {
    const all = [
      Context.getOrUndefined(context, ElicitationHost),
      Context.getOrUndefined(context, SamplingHost),
      Context.getOrUndefined(context, RootsHost)
    ]
    this.all = all.filter((host) => host !== undefined)
  }

  /** What is advertised in a revision. */
  capabilities(revision: McpRevision): ClientCapabilities {
    const all = Object.assign({}, ...this.all.map((host) => host.capabilities)) as ClientCapabilities
    const { elicitation, ...rest } = revision.project(Capabilities, all) as ClientCapabilities
    // without modes it would promise forms
    const promises = elicitation !== undefined && (all.elicitation?.form !== undefined || elicitation.url !== undefined)
    return promises ? { elicitation, ...rest } : rest
  }

  /** Who answers a method. */
  find(method: string): Host | undefined {
    return this.all.find((host) => host.method === method)
  }

  answer(asked: Asked): Effect.Effect<JsonObject, Refused> {
    const host = this.find(asked.method)
    return host === undefined
      ? Effect.fail(new Refused("MethodNotFound", `This client does not answer "${asked.method}"`))
      : host.answer(asked)
  }
}
