/**
 * Node's side of a client: what it needs to reach servers.
 *
 * `layer` gives `McpClient.connect` command lines and commands, as child processes with this process's variables (of
 * which `McpCommand.inherited` says what a child gets to see), and URLs, by way of the proxies that `HTTP_PROXY`,
 * `HTTPS_PROXY` and `NO_PROXY` name. What HTTP needs is loaded when the first URL is reached. `terminalForm` lets servers
 * ask the user at the terminal. `McpNode` is this module and the servers' together.
 */
import * as NodeChildProcessSpawner from "@effect/platform-node/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { ElicitationHost } from "../client/McpHost.ts"
import * as McpCommand from "../transport/McpCommand.ts"
import type { HeaderValue } from "../transport/McpHttpClient.ts"
import { McpConnector } from "../transport/McpTransport.ts"

/** How URLs are reached. */
export interface HttpOptions {
  /** Sent with every HTTP request: `{ authorization: Redacted.make("Bearer …") }`. An Effect is run for each of them. */
  readonly headers?: { readonly [name: string]: HeaderValue } | undefined
  /** Certificates, as PEM, that are trusted besides those that Node trusts (`NODE_EXTRA_CA_CERTS` among them). */
  readonly ca?: string | ReadonlyArray<string> | undefined
  /**
   * The URL of a proxy for everything, or `false` for none. Default: what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say
   * when the first URL is reached.
   */
  readonly proxy?: string | false | undefined
}

/** What `McpClient.connect` needs on Node, with another way to reach URLs than the default. */
export const layerWith = (options: HttpOptions): Layer.Layer<McpConnector> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const overHttp = Effect.gen(function* () {
        const { layerUrls } = yield* Effect.promise(() => import("./internal/urls.ts"))
        return Context.get(yield* Layer.buildWithScope(layerUrls(options), scope), McpConnector)
      })
      // whoever asks first may be interrupted; the others go on
      const urls = yield* Effect.cached(Effect.uninterruptible(overHttp))
      return Layer.provide(
        McpCommand.layer({ environment: process.env, urls }),
        Layer.provide(NodeChildProcessSpawner.layer, Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))
      )
    })
  )

/** What `McpClient.connect` needs on Node. */
export const layer: Layer.Layer<McpConnector> = /* @__PURE__ */ Layer.suspend(() => layerWith({}))

/**
 * Lets servers ask the user at this process's terminal, by forms and pages: `McpClient.connect(target)` with
 * `Effect.provide(McpNode.terminalForm)`. Who asks is shown, and what; the user may decline, or put the question away with
 * Escape. A page is never opened by itself. For programs whose stdin and stdout are the user's.
 */
export const terminalForm: Layer.Layer<ElicitationHost> = /* @__PURE__ */ Layer.unwrap(
  /* @__PURE__ */ Effect.map(
    /* @__PURE__ */ Effect.promise(() => import("./internal/terminalForm.ts")),
    ({ layerNode }) => layerNode
  )
)
