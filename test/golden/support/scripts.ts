/**
 * The scripts of the golden transcripts: what a client does in each chapter, the handshake aside.
 *
 * A script is data, so that every client can play it. It has both what succeeds and what is refused, but no message that
 * is not valid.
 */
import { metaKeys } from "mcp-effect/McpSchema"
import type { Chapter, Json } from "./transcript.ts"

export type Step =
  /** A request, and its reply. Parameters may be made of the last result. */
  | {
      readonly _tag: "Ask"
      readonly method: string
      readonly params: Json | ((last: Json) => Json)
      readonly progress: boolean
    }
  /** Waits for a notification of the server, unless it has come since the last request was sent. */
  | { readonly _tag: "Until"; readonly method: string }
  /** Opens a subscription (modern), and closes it. */
  | { readonly _tag: "Listen"; readonly notifications: Json }
  | { readonly _tag: "Unlisten" }

const ask = (method: string, params: Json | ((last: Json) => Json) = {}): Step => ({
  _tag: "Ask",
  method,
  params,
  progress: false
})
const call = (name: string, args: Json = {}, more: Json = {}): Step =>
  ask("tools/call", { name, arguments: args, ...more })
const until = (method: string): Step => ({ _tag: "Until", method })
const next = (method: string): Step => ask(method, ({ nextCursor }) => ({ cursor: nextCursor }))
const meta = (key: string, value: unknown): Json => ({ _meta: { [key]: value } })

type Era = "legacy" | "modern"

const updated = "notifications/resources/updated"
const toolsChanged = "notifications/tools/list_changed"
const readme = "docs://readme"

const subscriptions = {
  legacy: [
    ask("resources/subscribe", { uri: readme }),
    call("touch", { uri: readme }),
    until(updated),
    ask("resources/unsubscribe", { uri: readme }),
    call("touch", { uri: readme }),
    ask("resources/subscribe", { uri: "docs://none" }),
    call("grow"),
    until(toolsChanged)
  ],
  modern: [
    {
      _tag: "Listen",
      notifications: {
        toolsListChanged: true,
        promptsListChanged: true,
        resourceSubscriptions: [readme, "docs://none"]
      }
    },
    call("touch", { uri: readme }),
    until(updated),
    call("grow"),
    until(toolsChanged),
    { _tag: "Unlisten" },
    call("touch", { uri: readme })
  ]
} satisfies { readonly [E in Era]: ReadonlyArray<Step> }

const scripts: { readonly [C in Chapter]: (era: Era) => ReadonlyArray<Step> } = {
  lifecycle: (era) =>
    era === "legacy"
      ? [
          ask("ping"),
          ask("acme/none"),
          ask("initialize", {
            protocolVersion: "2025-11-25",
            capabilities: {},
            clientInfo: { name: "again", version: "1.0.0" }
          })
        ]
      : [ask("server/discover"), ask("acme/none"), ask("tools/list", meta(metaKeys.protocolVersion, "1999-01-01"))],
  tools: () => [
    ask("tools/list"),
    call("add", { a: 1, b: 2 }),
    call("add", { a: 1001, b: 2 }),
    call("add", { a: "one", b: 2 }),
    call("show"),
    call("break"),
    call("none")
  ],
  resources: () => [
    ask("resources/list"),
    next("resources/list"),
    ask("resources/templates/list"),
    ask("resources/read", { uri: readme }),
    ask("resources/read", { uri: "docs://logo" }),
    ask("resources/read", { uri: "users://7" }),
    ask("resources/read", { uri: "users://seven" }),
    ask("resources/read", { uri: "docs://none" })
  ],
  prompts: () => [
    ask("prompts/list"),
    ask("prompts/get", { name: "review", arguments: { code: "1 + 1", style: "strict" } }),
    ask("prompts/get", { name: "review", arguments: { style: "cruel" } }),
    ask("prompts/get", { name: "none" })
  ],
  completion: () => [
    ask("completion/complete", {
      ref: { type: "ref/prompt", name: "review" },
      argument: { name: "style", value: "st" }
    }),
    ask("completion/complete", {
      ref: { type: "ref/resource", uri: "repo://{owner}/{name}" },
      argument: { name: "owner", value: "" }
    }),
    ask("completion/complete", {
      ref: { type: "ref/resource", uri: "repo://{owner}/{name}" },
      argument: { name: "name", value: "" },
      context: { arguments: { owner: "effect" } }
    }),
    ask("completion/complete", { ref: { type: "ref/prompt", name: "none" }, argument: { name: "style", value: "" } })
  ],
  pagination: () => [
    ask("tools/list"),
    next("tools/list"),
    // a cursor of another list
    next("resources/list"),
    ask("resources/list"),
    next("resources/list"),
    ask("tools/list", { cursor: "forged" })
  ],
  subscriptions: (era) => subscriptions[era],
  logging: (era) =>
    era === "legacy"
      ? [call("talk"), ask("logging/setLevel", { level: "error" }), call("talk")]
      : [
          call("talk"),
          call("talk", {}, meta(metaKeys.logLevel, "info")),
          call("talk", {}, meta(metaKeys.logLevel, "error"))
        ],
  progress: () => [
    call("work", { steps: 3 }),
    { _tag: "Ask", method: "tools/call", params: { name: "work", arguments: { steps: 3 } }, progress: true }
  ]
}

/** What a client does in a chapter. */
export const scriptOf = (chapter: Chapter, era: Era): ReadonlyArray<Step> => scripts[chapter](era)
