/**
 * Law 10: registering is scoped. A name is given once, clients hear of what changes, and what is offered follows.
 *
 * A generated sequence of registrations and ends is played on a server that runs, and on a map. After each turn every
 * client, of either era and by any driver, sees the list that the map has and has heard what the map says: each list once
 * per turn, whatever happened in it, no list that is not offered to it, nothing before it was ready.
 */
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Schema, Scope } from "effect"
import { McpMethod, McpResource, McpSchema, McpServer } from "mcp-effect"
import * as McpTransport from "mcp-effect/McpTransport"
import { ListTools } from "mcp-effect/methods/tools"
import { McpTest } from "mcp-effect/testing"
import { eras, handshake, request, versions } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import {
  begin,
  capabilities,
  type Capability,
  facing,
  type Kind,
  kindNames,
  kinds,
  type Living,
  living,
  type Registration,
  replyTo
} from "./support/living.ts"
import { messages, until } from "./support/scripted.ts"

const actions = ["register", "remove"] as const
const declarations = ["absent", "declared", "quiet"] as const
const callers = ["legacy run", "legacy open", "legacy answer", "modern run", "modern open", "modern answer"] as const

const Action = Schema.Struct({
  what: Schema.Literals(actions),
  kind: Schema.Literals(kindNames),
  name: Schema.Literals(["a", "b", "c"])
})
const Steps = Schema.Array(Schema.Array(Action).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6)))).pipe(
  Schema.check(Schema.isMinLength(2), Schema.isMaxLength(6))
)
const Caller = Schema.Struct({
  who: Schema.Literals([...callers, "legacy run", "legacy open"]),
  push: Schema.Literals([true, true, false]),
  /** The step before which it comes, and how many later it is ready. */
  comes: Schema.Literals([0, 0, 1]),
  ready: Schema.Literals([0, 1, 2])
})
type Caller = typeof Caller.Type
const Declaration = Schema.Literals(declarations)

type Offered = { readonly [C in Capability]?: { readonly listChanged: boolean; readonly subscribe?: boolean } }

/** What the server should be: what is registered, in order, and what is offered for it. */
class Model {
  readonly items = new Map<
    string,
    { readonly kind: Kind; readonly name: string; readonly registration: Registration }
  >()
  readonly declared: { readonly [C in Capability]: (typeof declarations)[number] }

  constructor(declared: Model["declared"]) {
    this.declared = declared
  }

  listed(kind: Kind): ReadonlyArray<string> {
    return [...this.items.values()].filter((item) => item.kind === kind).map(({ name }) => kinds[kind].called(name))
  }

  offered(push: boolean): Offered {
    const all: { [C in Capability]?: Offered[C] } = {}
    for (const capability of capabilities) {
      const declared = this.declared[capability]
      const some = kindNames.some((kind) => kinds[kind].capability === capability && this.listed(kind).length > 0)
      if (declared === "absent" && !some) continue
      const listChanged = push && declared !== "quiet"
      all[capability] = capability === "resources" ? { listChanged, subscribe: push } : { listChanged }
    }
    return all
  }
}

/** What is declared, as an option of the server. */
const declaredOf = (declared: Model["declared"]): McpSchema.ServerCapabilities =>
  Object.fromEntries(
    capabilities
      .filter((capability) => declared[capability] !== "absent")
      .map((capability) => [capability, declared[capability] === "quiet" ? { listChanged: false } : {}])
  )

const onlyLists = (offered: unknown): McpTest.Json =>
  Object.fromEntries(Object.entries(offered as McpTest.Json).filter(([name]) => name in wishes))
const wishes = { tools: "toolsListChanged", prompts: "promptsListChanged", resources: "resourcesListChanged" } as const

const listening = { notifications: { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true } }

/** One client: what was agreed with it, and what it should hear. */
class Client {
  readonly #model: Model
  readonly #caller: Caller
  readonly #peer: McpTest.RawPeer
  #agreed: Offered | undefined
  #ready = false
  #missed = new Set<Capability>()
  #expected: Array<string> = []
  #seen = 0
  #id = 0

  constructor(model: Model, caller: Caller, peer: McpTest.RawPeer) {
    this.#model = model
    this.#caller = caller
    this.#peer = peer
  }

  get #era() {
    return this.#caller.who.startsWith("legacy") ? "legacy" : "modern"
  }

  get #holds() {
    return this.#caller.who !== "legacy answer"
  }

  #ask(method: string, params: McpTest.Json = {}) {
    return replyTo(this.#peer, request(this.#era, (this.#id += 1), method, params))
  }

  /** Shakes hands, or begins to listen; what it is offered is what there is. */
  readonly come = Effect.gen({ self: this }, function* () {
    if (this.#era === "modern") return yield* this.listen
    if (!this.#holds) return
    const { result } = yield* this.#ask("initialize", {
      protocolVersion: versions.legacy,
      capabilities: {},
      clientInfo: { name: "law", version: "1" }
    })
    this.#agreed = this.#model.offered(this.#caller.push)
    assert.deepStrictEqual(onlyLists((result as McpTest.Json)["capabilities"]), this.#agreed)
  })

  /** Begins to listen; what it may hear of is what there is. */
  readonly listen = Effect.gen({ self: this }, function* () {
    const offered = this.#model.offered(true)
    const { result } = yield* this.#ask("server/discover")
    assert.deepStrictEqual(onlyLists((result as McpTest.Json)["capabilities"]), offered)
    const honoured = capabilities.filter((capability) => offered[capability]?.listChanged === true)
    this.#id += 1
    yield* this.#peer.send(request("modern", this.#id, "subscriptions/listen", listening))
    yield* until(() => this.#peer.received.length >= 2)
    const acknowledged = messages(this.#peer)[1]?.["params"] as McpTest.Json
    assert.deepStrictEqual(
      acknowledged["notifications"],
      Object.fromEntries(honoured.map((capability) => [wishes[capability], true]))
    )
    this.#agreed = Object.fromEntries(honoured.map((capability) => [capability, { listChanged: true }]))
    this.#ready = true
  })

  /** Says that it is ready, and hears of what it has missed. */
  readonly getReady = Effect.suspend(() => {
    if (this.#era === "modern" || !this.#holds) return Effect.void
    this.#ready = true
    this.#expected.push(...this.#missed)
    return this.#peer.send({ jsonrpc: "2.0", method: "notifications/initialized" })
  })

  /** Something has changed in a turn. */
  changed(what: ReadonlySet<Capability>): void {
    for (const capability of what) {
      if (this.#agreed?.[capability]?.listChanged !== true) continue
      if (this.#ready) this.#expected.push(capability)
      else this.#missed.add(capability)
    }
  }

  /** It has heard what it should have, and nothing else. */
  hears(): void {
    const heard = messages(this.#peer).flatMap(
      ({ method }) => /^notifications\/(.*)\/list_changed$/.exec(String(method))?.[1] ?? []
    )
    assert.deepStrictEqual(heard.slice(this.#seen).toSorted(), [...this.#expected].toSorted(), this.#caller.who)
    this.#seen = heard.length
    this.#expected = []
  }

  /** It sees the list that the model has, unless that is not offered to it. */
  readonly lists = Effect.fnUntraced(function* (this: Client, kind: Kind) {
    const { capability, key, list, member } = kinds[kind]
    const frozen = this.#era === "legacy" && this.#holds
    const offered = frozen ? this.#agreed : this.#model.offered(true)
    const reply = yield* this.#ask(list)
    if (offered?.[capability] === undefined) return assert.deepNestedInclude(reply, { "error.code": -32601 })
    const items = (reply["result"] as McpTest.Json | undefined)?.[member] as ReadonlyArray<McpTest.Json>
    assert.deepStrictEqual(
      items.map((item) => String(item[key])),
      [...this.#model.listed(kind)],
      `${list} of ${this.#caller.who}`
    )
  })
}

/** Does all of it in one turn, and gives what has changed and which ends have begun. */
const burst = (
  living: Living,
  model: Model,
  actions: ReadonlyArray<typeof Action.Type>,
  seen: (what: string) => void
) => {
  const changed = new Set<Capability>()
  const ended: Array<() => boolean> = []
  for (const { kind, name, what } of actions) {
    const key = `${kind} ${name}`
    const present = model.items.get(key)
    if (what === "register") {
      const registration = begin(living, kind, name, Effect.succeed(name))
      seen(present === undefined ? "registered" : "refused")
      assert.strictEqual(
        outcomeOf(registration.exit),
        present === undefined ? "done" : `NameTaken ${kinds[kind].called(name)}`
      )
      if (present !== undefined) continue
      model.items.set(key, { kind, name, registration })
    } else {
      if (present === undefined) continue
      seen("removed")
      model.items.delete(key)
      ended.push(present.registration.end())
    }
    changed.add(kinds[kind].capability)
  }
  return { changed, ended }
}

const outcomeOf = (exit: Registration["exit"]): string => {
  if (exit === undefined) return "it waits"
  if (Exit.isSuccess(exit)) return "done"
  const error = Cause.squash(exit.cause)
  return error instanceof McpServer.NameTaken ? `${error._tag} ${error.name}` : String(error)
}

property(
  "law 10: lists, notifications and capabilities follow what is registered",
  {
    steps: Steps,
    clients: Schema.Array(Caller).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3))),
    tools: Declaration,
    prompts: Declaration,
    resources: Declaration
  },
  {
    who: callers,
    action: ["registered", "refused", "removed"],
    declared: declarations,
    turn: ["nothing", "one list", "several lists"]
  },
  ({ clients: described, prompts, resources, steps, tools }, seen) =>
    Effect.gen(function* () {
      const model = new Model({ tools, prompts, resources })
      for (const declared of [tools, prompts, resources]) seen("declared", declared)
      const server = yield* living({ capabilities: declaredOf(model.declared) })
      const clients = yield* Effect.forEach(described, (caller) => {
        seen("who", caller.who)
        const [era, driver] = caller.who.split(" ") as [string, McpTest.Driver]
        const revision = era === "legacy" ? versions.legacy : undefined
        const features = { ...McpTest.features, push: caller.push }
        return Effect.map(facing(server.acceptor, { driver, revision, features }), (peer) => ({
          ...caller,
          client: new Client(model, caller, peer)
        }))
      })
      for (const [index, actions] of steps.entries()) {
        for (const { client, comes } of clients) if (comes === index) yield* client.come
        for (const { client, comes, ready } of clients) if (comes + ready === index) yield* client.getReady
        yield* settle
        for (const { client } of clients) client.hears()
        const { changed, ended } = burst(server, model, actions, (what) => seen("action", what))
        seen("turn", changed.size === 0 ? "nothing" : changed.size === 1 ? "one list" : "several lists")
        for (const { client, comes } of clients) if (comes <= index) client.changed(changed)
        yield* settle
        assert.isTrue(yield* until(() => ended.every((done) => done())), "an end does not end")
        for (const { client } of clients) client.hears()
        for (const { client, comes } of clients) {
          if (comes <= index) for (const kind of kindNames) yield* client.lists(kind)
        }
      }
    })
)

const server = McpServer.layer({ name: "laws", version: "1.0.0" })

/** What the build of an application fails with. */
const buildError = (app: Layer.Layer<never, never, McpServer.McpServer>) =>
  Effect.map(Effect.exit(Effect.scoped(McpTest.raw(Layer.provide(app, server)))), (exit) =>
    Exit.isSuccess(exit) ? "it is built" : Cause.squash(exit.cause)
  )

const Time = McpMethod.request("acme/time", { params: McpSchema.NoParams, result: McpSchema.EmptyResult })
const time = () => McpServer.handle(Time, () => Effect.succeed({}))
const a = (kind: Kind, does = "a") => kinds[kind].layer("a", Effect.succeed(does))

const twice: {
  readonly [what: string]: readonly [app: () => Layer.Layer<never, never, McpServer.McpServer>, says: string]
} = {
  tools: [() => Layer.merge(a("tool"), a("tool", "other")), 'Tool "a"'],
  prompts: [() => Layer.merge(a("prompt"), a("prompt", "other")), 'Prompt "a"'],
  resources: [() => Layer.merge(a("resource"), a("resource", "other")), 'Resource "memo:a"'],
  templates: [() => Layer.merge(a("template"), a("template", "other")), 'Resource "a://{x}"'],
  "templates of one form": [
    () =>
      Layer.merge(
        a("template"),
        McpResource.template("a://{y}", { name: "y" }).toLayer(() => Effect.succeed("y"))
      ),
    "://{"
  ],
  "methods of one's own": [() => Layer.merge(time(), time()), 'Method "acme/time"'],
  "a method and the tools that it is for": [
    () =>
      Layer.merge(
        a("tool"),
        McpServer.handle(ListTools, () => Effect.succeed({ tools: [] }))
      ),
    'Method "tools/'
  ]
}

it.effect.each(Object.keys(twice))("law 10: two registrations of one name are an error of the build: %s", (what) =>
  Effect.gen(function* () {
    const [app, says] = twice[what]!
    const error = yield* buildError(app())
    assert.instanceOf(error, McpServer.NameTaken)
    assert.include(String(error), says)
    assert.include(String(error), 'registered twice on server "laws"')
  })
)

it.effect("law 10: one name may stand for a tool, a prompt and a resource", () =>
  Effect.gen(function* () {
    const app = Layer.mergeAll(a("tool"), a("prompt"), a("resource"), a("template"), time())
    assert.strictEqual(yield* buildError(app), "it is built")
  })
)

for (const era of eras) {
  it.effect(`law 10: a server that closes tells nobody of what goes with it: ${era}`, () =>
    Effect.gen(function* () {
      const { peer, transport } = yield* McpTest.scripted()
      const scope = yield* Scope.make()
      const source = Layer.succeed(McpTransport.McpListenerSource, { listen: ({ run }) => run(transport) })
      const items = Layer.mergeAll(a("tool"), a("prompt"), a("resource"), a("template"))
      const app = Layer.provideMerge(items, server)
      yield* Layer.buildWithScope(Layer.provide(McpServer.serve(app), source), scope)
      yield* handshake(peer, era)
      if (era === "modern") yield* peer.send(request(era, 1, "subscriptions/listen", listening))
      yield* settle
      const closing = yield* Effect.forkScoped(Scope.close(scope, Exit.void), { startImmediately: true })
      assert.isTrue(yield* until(() => closing.pollUnsafe() !== undefined), "it does not close")
      const said = messages(peer).map(({ id, method }) => method ?? `reply to ${String(id)}`)
      assert.deepStrictEqual(
        said,
        era === "legacy"
          ? ["reply to handshake"]
          : ["notifications/subscriptions/acknowledged", "reply to 1", "notifications/cancelled"]
      )
    })
  )
}

const STORM = 500

for (const era of eras) {
  it.effect(`law 10: a storm of ${STORM} registrations is told once for each list, and so is its end: ${era}`, () =>
    Effect.gen(function* () {
      const server = yield* living({ capabilities: { tools: {}, prompts: {}, resources: {} } })
      const peer = yield* facing(server.acceptor)
      yield* handshake(peer, era)
      if (era === "modern") yield* peer.send(request(era, 1, "subscriptions/listen", listening))
      yield* settle
      const told = () => messages(peer).filter(({ method }) => String(method).endsWith("list_changed")).length
      const names = Array.from({ length: STORM }, (_, index) => [kindNames[index % 4]!, `n${index}`] as const)
      const registrations = names.map(([kind, name]) => begin(server, kind, name, Effect.never))
      yield* settle
      assert.strictEqual(told(), 3)
      for (const [id, [kind, name]] of names.entries())
        yield* peer.send(request(era, `${id}`, ...kinds[kind].use(name)))
      yield* settle
      const ends = registrations.map(({ end }) => end())
      assert.isTrue(yield* until(() => ends.every((ended) => ended())), "a registration does not end")
      yield* settle
      assert.strictEqual(told(), 6)
      const refused = messages(peer).filter(({ error, id }) => Number(id) >= 0 && error !== undefined)
      assert.lengthOf(refused, STORM, "every call is answered")
      for (const kind of kindNames) {
        const reply = yield* replyTo(peer, request(era, kind, kinds[kind].list))
        assert.deepNestedPropertyVal(reply, `result.${kinds[kind].member}`, [])
      }
    }).pipe(Effect.scoped)
  )
}
