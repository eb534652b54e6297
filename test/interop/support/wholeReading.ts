/**
 * How the official clients use what a server has to read: who it is, lists, resources, prompts, completion, and what
 * they are told of changes.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { within } from "../../transport/support/eventually.ts"
import type { List, Peer, Refused, Result } from "./wholePeers.ts"
import {
  type Body,
  walk,
  namesOf,
  heard,
  refusedWith,
  notFound,
  readme,
  data,
  text,
  embedded,
  link,
  image,
  audio
} from "./wholeSteps.ts"

const lists: ReadonlyArray<List> = ["tools", "prompts", "resources", "resourceTemplates"]
const named = (peer: Peer, list: List, name: string): Effect.Effect<Result, Refused> =>
  Effect.map(walk(peer, list), (pages) => {
    const found = pages.flatMap(({ items }) => items).find((item) => item["name"] === name)
    return found ?? assert.fail(`no ${name} among ${list}`)
  })

export const ready: Body = (peer, { era, has, revision, rig }) =>
  Effect.sync(() => {
    assert.deepInclude(peer.info.server, { name: "whole", version: "1.2.3", title: "The whole server" })
    assert.strictEqual(peer.info.instructions, "Use everything")
    assert.deepStrictEqual(peer.info.capabilities, {
      ...(has.levels ? { logging: {} } : undefined),
      completions: {},
      tools: { listChanged: has.push },
      prompts: { listChanged: has.push },
      resources: { listChanged: has.push, subscribe: has.push },
      experimental: { "example.com/trial": { on: true } }
    })
    if (peer.info.revision !== undefined) assert.strictEqual(peer.info.revision, revision)
    const first = rig.sent("client")[0]?.method
    assert.strictEqual(first, era === "modern" ? "server/discover" : "initialize")
  })

export const pages: Body = (peer) =>
  Effect.gen(function* () {
    const counts: Array<ReadonlyArray<number>> = []
    for (const list of lists) {
      const found = yield* walk(peer, list)
      const names = namesOf(found.flatMap(({ items }) => items))
      assert.strictEqual(new Set(names).size, names.length)
      counts.push(found.map(({ items }) => items.length))
    }
    assert.deepStrictEqual(counts, [[3, 3, 3, 3, 2], [3, 1], [3, 3, 2], [1]])
    yield* refusedWith(-32602, peer.page("tools", "forged"))
  })

export const itself: Body = (peer) =>
  Effect.gen(function* () {
    for (const list of lists) {
      const found = (yield* walk(peer, list)).flatMap(({ items }) => items)
      assert.deepStrictEqual(namesOf(yield* peer.all!(list)), namesOf(found))
    }
  })

const icons = [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }]

export const described: Body = (peer) =>
  Effect.gen(function* () {
    assert.deepInclude(yield* named(peer, "tools", "described"), {
      title: "Described",
      description: "Has all that a list can show",
      annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
      icons,
      _meta: { "example.com/kind": "demo" },
      inputSchema: {
        type: "object",
        properties: { text: { type: "string", description: "Any text" } },
        required: ["text"]
      },
      outputSchema: { type: "object", properties: { length: { type: "integer" } }, required: ["length"] }
    })
    assert.deepStrictEqual(yield* named(peer, "resources", "readme"), {
      uri: readme,
      name: "readme",
      title: "Read me",
      description: "What to read first",
      mimeType: "text/markdown",
      size: 9,
      annotations: { audience: ["user"], priority: 0.5 },
      icons
    })
    assert.deepInclude(yield* named(peer, "resources", "grace"), { uri: "people://grace/1950" })
    assert.deepStrictEqual(yield* named(peer, "resourceTemplates", "person"), {
      uriTemplate: "people://{name}/{year}",
      name: "person",
      title: "A person in a year"
    })
    assert.deepStrictEqual(yield* named(peer, "prompts", "review"), {
      name: "review",
      title: "Review",
      description: "Reviews code",
      arguments: [
        { name: "code", description: "What to review", required: true },
        { name: "style", required: false }
      ],
      icons
    })
  })

export const reads: Body = (peer, place) =>
  Effect.gen(function* () {
    const contents = (uri: string) => Effect.map(peer.read(uri), (result) => result["contents"])
    assert.deepStrictEqual(yield* contents(readme), [{ uri: readme, mimeType: "text/markdown", text: "# Read me" }])
    assert.deepStrictEqual(yield* contents("docs://logo"), [{ uri: "docs://logo", mimeType: "image/png", blob: data }])
    assert.deepStrictEqual(yield* contents("docs://both"), [
      { uri: "docs://both/text", mimeType: "text/plain", text: "text" },
      { uri: "docs://both/bytes", mimeType: "image/png", blob: data }
    ])
    assert.deepStrictEqual(yield* contents("people://grace/1950"), [
      { uri: "people://grace/1950", text: '{"name":"grace","year":1950}' }
    ])
    for (const uri of ["docs://none", "people://grace/fifty"]) {
      yield* notFound(uri, peer.read(uri), place)
    }
  })

const updated = "notifications/resources/updated"

export const subscribes: Body = (peer, place) =>
  Effect.gen(function* () {
    yield* peer.subscribe(readme)
    yield* peer.call("touch", { uri: readme })
    assert.deepStrictEqual(yield* heard(peer, updated), [{ uri: readme }])
    yield* peer.call("touch", { uri: "docs://logo" })
    yield* peer.unsubscribe(readme)
    yield* peer.call("touch", { uri: readme })
    // what is wrongly told of the two would be told before what comes now
    yield* peer.subscribe("docs://both")
    yield* peer.call("touch", { uri: "docs://both" })
    assert.deepStrictEqual(yield* heard(peer, updated, 2), [{ uri: readme }, { uri: "docs://both" }])
    yield* peer.unsubscribe("docs://both")
    yield* notFound("docs://none", peer.subscribe("docs://none"), place)
  })

export const listens: Body = (peer) =>
  Effect.gen(function* () {
    const wish = { promptsListChanged: true, resourceSubscriptions: [readme, "docs://none"] }
    const listening = yield* peer.listen!(wish)
    assert.deepStrictEqual(listening.honoured, { promptsListChanged: true, resourceSubscriptions: [readme] })
    yield* peer.call("touch", { uri: "docs://logo" })
    yield* peer.call("grow", { what: "tool" })
    yield* peer.call("grow", { what: "prompt" })
    yield* heard(peer, "notifications/prompts/list_changed")
    yield* peer.call("touch", { uri: readme })
    const [told] = yield* heard(peer, updated)
    assert.strictEqual(told?.["uri"], readme)
    assert.deepStrictEqual(
      peer.heard.map(({ method }) => method),
      ["notifications/prompts/list_changed", updated]
    )
    yield* listening.close
    assert.strictEqual(yield* within("the end", listening.closed), "local")
    const after = yield* peer.listen!({ resourceSubscriptions: ["docs://both"] })
    yield* peer.call("touch", { uri: readme })
    yield* peer.call("touch", { uri: "docs://both" })
    assert.strictEqual((yield* heard(peer, updated, 2))[1]?.["uri"], "docs://both")
    yield* after.close
    yield* peer.call("shrink")
  })

/** Whether a list has what `grow` adds. */
export const hasGrown = (peer: Peer) => (list: List) =>
  Effect.map(walk(peer, list), (found) => namesOf(found.flatMap(({ items }) => items)).includes("grown"))

export const changes: Body = (peer, { era }) =>
  Effect.gen(function* () {
    if (era === "modern") {
      const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true }
      yield* Effect.acquireRelease(peer.listen!(all), ({ close }) => close)
    }
    const has = hasGrown(peer)
    for (const [what, list] of [
      ["tool", "tools"],
      ["prompt", "prompts"],
      ["resource", "resources"]
    ] as const) {
      const method = `notifications/${list}/list_changed`
      assert.isFalse(yield* has(list))
      yield* peer.call("grow", { what })
      yield* heard(peer, method)
      assert.isTrue(yield* has(list))
      yield* peer.call("shrink")
      yield* heard(peer, method, 2)
      assert.isFalse(yield* has(list))
    }
    yield* refusedWith(-32602, peer.call("grown"))
  })

export const getsPrompts: Body = (peer) =>
  Effect.gen(function* () {
    const review = yield* peer.prompt("review", { code: "1 + 1", style: "strict" })
    assert.strictEqual(review["description"], "Reviews code")
    const user = (content: object) => ({ role: "user", content })
    assert.deepStrictEqual(review["messages"], [
      user(text("Review this, be strict: 1 + 1")),
      user(image),
      user(audio),
      user(link),
      user(embedded),
      { role: "assistant", content: text("I will") }
    ])
    assert.deepStrictEqual((yield* peer.prompt("first"))["messages"], [user(text("This is first"))])
    yield* refusedWith(-32602, peer.prompt("review", { style: "strict" }))
    yield* refusedWith(-32602, peer.prompt("review", { code: "", style: "cruel" }))
    yield* refusedWith(-32602, peer.prompt("none"))
  })

export const completes: Body = (peer) =>
  Effect.gen(function* () {
    const person = { type: "ref/resource", uri: "people://{name}/{year}" } as const
    const review = { type: "ref/prompt", name: "review" } as const
    const values = (
      ...[ref, name, value, context]: [typeof person | typeof review, string, string, Record<string, string>?]
    ) => Effect.map(peer.complete(ref, { name, value }, context), ({ completion }) => (completion as Result)["values"])
    assert.deepStrictEqual(yield* values(review, "style", "k"), ["kind"])
    assert.deepStrictEqual(yield* values(review, "code", "k"), [])
    assert.deepStrictEqual(yield* values(person, "name", "a"), ["ada", "alan"])
    assert.deepStrictEqual(yield* values(person, "year", "", { name: "ada" }), ["1815", "1852"])
    assert.deepStrictEqual(yield* values(person, "year", "", { name: "john" }), ["1950"])
    yield* refusedWith(-32602, peer.complete({ type: "ref/prompt", name: "none" }, { name: "x", value: "" }))
    yield* refusedWith(-32602, peer.complete(review, { name: "none", value: "" }))
  })
