/**
 * Methods and notifications that a user handles: of the specification, or of one's own.
 *
 * What the specification knows is checked by the revision and given as it came. What is one's own is decoded and encoded
 * by its schemas, in every revision. An answer that does not fit is a defect of the handler, and never leaves.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { codecOf, describeFailure, isMisfit } from "../../protocol/McpDefinition.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { AnyNotification, AnyRequest } from "../../protocol/McpMethod.ts"
import { inexpressible, type McpRevision } from "../../protocol/McpRevision.ts"
import type { Item, NameTaken } from "./items.ts"
import { own } from "./middlewares.ts"
import type { Registry } from "./registry.ts"
import { taskOf } from "./running.ts"

/** What a user wrote; what it needs is in the context where it was registered. */
type Handler = (params: never) => Effect.Effect<unknown, unknown>
type Answering = (params: unknown, revision: McpRevision) => Effect.Effect<unknown, unknown>
type Codec = (value: unknown) => Effect.Effect<unknown, Schema.SchemaError>

const wrong = (method: AnyRequest, problem: string): Effect.Effect<never> =>
  Effect.die(new Error(`The handler of "${method.name}" answered what does not fit: ${problem}`))

const ofSpecification =
  (latest: McpRevision) =>
  (method: AnyRequest, handler: Handler): Answering =>
  (params, revision) =>
    Effect.flatMap(handler(params as never), (result) => {
      // by the latest, because a projection leaves out what is broken as well
      const projected = revision.project(method.result, result)
      const problem =
        latest.check(method.result, result) ??
        (projected === inexpressible ? undefined : revision.check(method.result, projected))
      return problem === undefined ? Effect.succeed(result) : wrong(method, problem)
    })

const ofOnesOwn = (method: AnyRequest, handler: Handler): Answering => {
  const decode = codecOf(method.params).decode as Codec
  const encode = codecOf(method.result).encode as Codec
  return (params) => {
    const decoded = Effect.catchCause(decode(params), (cause) =>
      isMisfit(cause)
        ? Effect.fail(
            new McpFault({
              fault: "InvalidParams",
              detail: `The parameters of "${method.name}" do not fit: ${describeFailure(cause)}`
            })
          )
        : Effect.failCause(cause as Cause.Cause<never>)
    )
    return Effect.flatMap(
      Effect.flatMap(decoded, (input) => handler(input as never)),
      (result) => Effect.catchCause(encode(result), (cause) => wrong(method, describeFailure(cause)))
    )
  }
}

/** Answers a method until the scope closes. */
export const answer = <R>(
  registry: Registry,
  method: AnyRequest,
  handler: (params: never) => Effect.Effect<unknown, unknown, R>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.contextWith((context: Item["context"]) => {
    const middleware = own(context, registry.stack)
    const item: Item = { kind: "method", name: method.name, tags: [], context, middleware }
    const latest = registry.server.revisions.findLast(({ client }) => client.requests.has(method.name))
    const answering = (latest === undefined ? ofOnesOwn : ofSpecification(latest))(method, handler as Handler)
    const registered: Effect.Effect<void, NameTaken, Scope.Scope> = registry.answer(
      method,
      (call, facts) =>
        taskOf(
          registry,
          call,
          facts,
          item,
          Effect.suspend(() => answering(call.params ?? {}, facts.revision))
        ),
      item
    )
    return Effect.orDie(Effect.andThen(registered, offered(registry, method)))
  })

const offered = (registry: Registry, { capability }: AnyRequest): Effect.Effect<void, never, Scope.Scope> =>
  capability === undefined
    ? Effect.void
    : Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => registry.offer(() => ({ [capability]: {} }))),
          (withdraw) => Effect.sync(withdraw)
        )
      )

/** Hears notifications until the scope closes. */
export const hear = <R>(
  registry: Registry,
  { name, params: schema }: AnyNotification,
  handler: (params: never) => Effect.Effect<void, unknown, R>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.contextWith((context: Item["context"]) => {
    const decode = codecOf(schema).decode as Codec
    const { background } = registry
    const refused = (detail: string) =>
      Effect.runForkWith(registry.context)(Effect.logWarning(`"${name}" of a client was not heard: ${detail}`))
    return registry.listen(name, (params) => {
      if (!background.promise()) return void refused("too much runs in the background; see McpLimits.background")
      const heard = Effect.matchCauseEffect(decode(params ?? {}), {
        onFailure: (cause) => Effect.sync(() => void refused(describeFailure(cause))),
        onSuccess: (decoded) => (handler as Handler)(decoded as never)
      })
      background.start(`"${name}"`, undefined, Effect.scoped(heard), context)
    })
  })
