/**
 * The methods of a connected client, each over the one link.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { McpError } from "../../protocol/McpError.ts"
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import { Complete } from "../../protocol/methods/completion.ts"
import { Discover } from "../../protocol/methods/discover.ts"
import { Ping } from "../../protocol/methods/ping.ts"
import { Progress } from "../../protocol/methods/progress.ts"
import { GetPrompt } from "../../protocol/methods/prompts.ts"
import { ReadResource, Subscribe, Unsubscribe } from "../../protocol/methods/resources.ts"
import type { Message, Service } from "../McpClient.ts"
import { answered } from "./answered.ts"
import { call, callTool } from "./callTool.ts"
import { logging } from "./deprecated/logging.ts"
import type { CallOptions, Link } from "./link.ts"
import { all, type List, lists, page, type PageOptions } from "./lists.ts"
import { notify, reader, request } from "./methods.ts"
import { type Agreement, rediscovered } from "./negotiate.ts"
import { Outputs } from "./outputs.ts"
import { Watching } from "./watching.ts"

/** Makes the service of a client that has agreed with its server. */
export const makeService = (link: Link, agreed: Agreement, messages: Stream.Stream<Message>): Service => {
  let agreement = agreed
  const outputs = new Outputs(link.limits.items)
  const watching = new Watching(link)
  const tools: List = {
    ...lists.tools,
    seen: (items) => {
      const usable = isModern ? (link.headers?.usable(items) ?? Effect.succeed(items)) : Effect.succeed(items)
      return Effect.tap(usable, outputs.seen)
    }
  }
  const isModern = agreed.revision.era === "modern"

  const asked = (method: AnyRequest, params: object, what: string, options: CallOptions | undefined) =>
    answered(link, method.name, what, JSON.stringify(params).slice(1, -1), options, (value) =>
      link.check(method.result, value)
    ) as Effect.Effect<never, McpError>
  const done = (method: AnyRequest, params: object, options: CallOptions | undefined) =>
    Effect.asVoid(link.request(method.name, JSON.stringify(params).slice(1, -1), options))
  const pageOf = (list: List) => (options?: PageOptions) => page(link, list, options) as Effect.Effect<never, McpError>
  const allOf = (list: List) => (options?: CallOptions) => all(link, list, options) as Stream.Stream<never, McpError>

  return {
    revision: agreement.revision.version,
    get serverInfo() {
      return agreement.serverInfo
    },
    get capabilities() {
      return agreement.capabilities
    },
    get instructions() {
      return agreement.instructions
    },
    call: (tool, ...[input, options]) => call(link, tools, tool, input, options) as never,
    callTool: (name, args, options) => callTool(link, tools, outputs, name, args, options),
    listTools: pageOf(tools),
    tools: allOf(tools),
    listResources: pageOf(lists.resources),
    resources: allOf(lists.resources),
    listResourceTemplates: pageOf(lists.templates),
    resourceTemplates: allOf(lists.templates),
    readResource: (uri, options) => asked(ReadResource, { uri }, `Resource ${uri}`, options),
    subscribe: (uri, options) => done(Subscribe, { uri }, options),
    unsubscribe: (uri, options) => done(Unsubscribe, { uri }, options),
    updates: (uri) => watching.updates(uri),
    listPrompts: pageOf(lists.prompts),
    prompts: allOf(lists.prompts),
    getPrompt: (name, args, options) =>
      asked(GetPrompt, { name, ...(args === undefined ? {} : { arguments: args }) }, `Prompt "${name}"`, options),
    complete: (params, options) =>
      Effect.map(asked(Complete, params, "Completion", options), ({ completion }) => completion),
    changes: Effect.suspend(() => watching.changes),
    ...logging(link),
    notifications: link.notes.stream((message) => message),
    on: (notification, handler) =>
      Effect.gen(function* () {
        const read = reader(link, notification)
        const { stream } = yield* link.notes.subscribe((message) =>
          message.method === notification.name ? read(message.params ?? {}) : undefined
        )
        const handled = (params: unknown) =>
          Effect.catchCause(handler(params as never), (cause) =>
            Cause.hasInterruptsOnly(cause)
              ? Effect.failCause(cause)
              : Effect.logError(`A handler of "${notification.name}" broke`, cause)
          )
        yield* Effect.forkScoped(Stream.runForEach(Stream.orDie(stream), handled))
      }),
    messages,
    ping: (options) => done(isModern ? Discover : Ping, {}, options),
    refresh: Effect.gen(function* () {
      if (isModern) agreement = yield* rediscovered(link, agreement)
      if (agreement.capabilities.tools !== undefined) yield* Stream.runDrain(all(link, tools, undefined))
    }),
    progress: (progress) => notify(link, Progress, progress),
    request: (method, ...[params, options]) => request(link, method, params, options),
    notify: (notification, ...[params]) => notify(link, notification, params)
  }
}
