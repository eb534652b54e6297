/**
 * The chapter of resources: two lists, reading one, watching one.
 *
 * A URI is first looked up as it stands, then matched by the templates: of several that match, the one with the most
 * literal text answers, and two that say as much are an error, since neither can be preferred.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Peer from "../../peer/Peer.ts"
import type { ResourceContents } from "../../protocol/McpContent.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { CacheHints, JsonObject } from "../../protocol/McpSchema.ts"
import {
  ListResources,
  ListResourceTemplates,
  ReadResource,
  type ReadResourceRequestParams,
  Subscribe,
  Unsubscribe
} from "../../protocol/methods/resources.ts"
import type { Matched } from "../../protocol/McpUriTemplate.ts"
import { Completions, type Completable } from "./completions.ts"
import type { Facts } from "./facts.ts"
import { Items, type ListedItem, NameTaken } from "./items.ts"
import { faultOf } from "./refusals.ts"
import { notFound, type Registry } from "./registry.ts"
import { prepared, taskOf } from "./running.ts"
import { RequestView } from "./requestView.ts"

/** A resource with its handler, compiled. */
export interface RegisteredResource extends ListedItem {
  readonly cache: CacheHints | undefined
  read(uri: string, variables: Matched): Effect.Effect<ReadonlyArray<ResourceContents>, unknown>
}

/** Many resources with one form of URI. */
export interface RegisteredTemplate extends RegisteredResource, Completable {
  match(uri: string): Matched | undefined
  /** How many characters of a URI are given by the template. */
  readonly literal: number
  /** What two templates share that match the same URIs. */
  readonly form: string
}

interface Found {
  readonly item: RegisteredResource
  readonly variables: Matched
}

const noVariables: Matched = {}

export class Resources {
  readonly #registry: Registry
  readonly #fixed: Items<RegisteredResource>
  readonly #templates: Items<RegisteredTemplate>

  constructor(registry: Registry) {
    this.#registry = registry
    this.#fixed = new Items(registry, registry.list(ListResources).of(() => this.#fixed.values()).changed)
    const templates = registry.list(ListResourceTemplates).of(() => this.#templates.values())
    this.#templates = new Items(registry, templates.changed)
    registry.own(ReadResource, this.#read)
    registry.byDefault(Subscribe, (call, facts) => registry.task(Effect.suspend(() => this.#subscribe(call, facts))))
    registry.byDefault(Unsubscribe, (call) => registry.task(Effect.suspend(() => this.#unsubscribe(call))))
    registry.knows = (uri) => !(this.#find(uri) instanceof McpFault)
    registry.reader = this.#readFor
    registry.chapter(Completions).add("ref/resource", {
      find: (name) => this.#templates.get(name) ?? this.#fixedReference(name),
      isCompletable: () => [...this.#templates.values()].some(({ value }) => value.completers.size > 0)
    })
  }

  /** Adds a resource until the scope closes. */
  add(resource: RegisteredResource): Effect.Effect<void, NameTaken, Scope.Scope> {
    return this.#fixed.add(resource)
  }

  /** Adds a template until the scope closes. Two that match the same URIs are one too many. */
  addTemplate(template: RegisteredTemplate): Effect.Effect<void, NameTaken, Scope.Scope> {
    return Effect.suspend(() => {
      for (const { value } of this.#templates.values()) {
        if (value.form === template.form) {
          const server = this.#registry.server.info.name
          return Effect.fail(new NameTaken({ kind: "resource", name: template.name, server }))
        }
      }
      return this.#templates.add(template)
    })
  }

  #find(uri: string): Found | McpFault {
    const fixed = this.#fixed.get(uri)
    if (fixed !== undefined) return { item: fixed, variables: noVariables }
    let best: (Found & { readonly item: RegisteredTemplate }) | undefined
    let rival: RegisteredTemplate | undefined
    for (const { value } of this.#templates.values()) {
      if (best !== undefined && value.literal < best.item.literal) continue
      const variables = value.match(uri)
      if (variables === undefined) continue
      rival = best?.item.literal === value.literal ? best.item : undefined
      best = { item: value, variables }
    }
    if (best === undefined) return notFound(uri)
    if (rival === undefined) return best
    const detail = `Two templates match ${JSON.stringify(uri)}: "${rival.name}" and "${best.item.name}"`
    return new McpFault({ fault: "Internal", detail, data: { uri } })
  }

  /** Something without variables may be referred to; there is nothing to complete. */
  #fixedReference(uri: string): Completable | undefined {
    const fixed = this.#fixed.get(uri)
    return fixed === undefined ? undefined : { ...fixed, argumentNames: [], completers: new Map() }
  }

  readonly #read = (call: Peer.Call, facts: Facts): Peer.Task => {
    const { uri } = call.params as ReadResourceRequestParams
    const found = this.#find(uri)
    if (found instanceof McpFault) return this.#registry.task(Effect.fail(found))
    const { item, variables } = found
    return taskOf(
      this.#registry,
      call,
      facts,
      item,
      Effect.map(
        Effect.suspend(() => item.read(uri, variables)),
        (contents) => ({ contents, ...item.cache })
      )
    )
  }

  /** Reads a resource for the handler of another call: with the resource's own middleware, as the same caller. */
  readonly #readFor = (
    uri: string,
    call: Peer.Call,
    facts: Facts
  ): Effect.Effect<ReadonlyArray<ResourceContents>, McpFault> => {
    const found = this.#find(uri)
    if (found instanceof McpFault) return Effect.fail(found)
    const { item, variables } = found
    const reading = { item }
    const readings = (facts.reading ??= new Set())
    readings.add(reading)
    const { context, effect } = prepared(
      item,
      new RequestView(this.#registry, call, facts, item, uri),
      Effect.map(
        Effect.suspend(() => item.read(uri, variables)),
        (contents) => ({ contents })
      )
    )
    const read = Effect.ensuring(
      Effect.provideContext(effect, context),
      Effect.sync(() => readings.delete(reading))
    )
    return Effect.matchCauseEffect(read, {
      onSuccess: (result) =>
        Effect.succeed((result as { readonly contents: ReadonlyArray<ResourceContents> }).contents),
      onFailure: (cause) => {
        for (const reason of cause.reasons) {
          const fault = reason._tag === "Fail" ? faultOf(reason.error) : undefined
          if (fault !== undefined) return Effect.fail(fault)
        }
        return Effect.orDie(Effect.failCause(cause))
      }
    })
  }

  #subscribe(call: Peer.Call, facts: Facts): Effect.Effect<JsonObject, McpFault> {
    const { uri } = call.params as { readonly uri: string }
    const found = this.#find(uri)
    if (found instanceof McpFault) return Effect.fail(found)
    if (call.holder === undefined || this.#registry.offered(call, facts).resources?.subscribe !== true) {
      const detail = "Nothing can be watched here: this exchange cannot be told of changes"
      return Effect.fail(new McpFault({ fault: "MethodNotFound", detail }))
    }
    const { subscriptions } = this.#registry.limits
    return this.#registry.audience.watch(call.holder, uri, subscriptions)
      ? Effect.succeed({})
      : Effect.fail(new McpFault({ fault: "Busy", detail: `One conversation watches at most ${subscriptions} URIs` }))
  }

  #unsubscribe(call: Peer.Call): Effect.Effect<JsonObject> {
    const { uri } = call.params as { readonly uri: string }
    if (call.holder !== undefined) this.#registry.audience.unwatch(call.holder, uri)
    return Effect.succeed({})
  }
}
