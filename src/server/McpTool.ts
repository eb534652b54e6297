/**
 * A tool: a definition that can be given a handler.
 *
 * `make` declares it, `toLayer` registers it with a handler on the server that is provided, for as long as the Layer
 * lives. What the handler needs stays in the Layer's type; what it may fail with is what `failure` declares, besides the
 * library's own errors. One tool, one Layer: no call takes all tools as one record.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/server/tools
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as McpContent from "../protocol/McpContent.ts"
import * as McpDefinition from "../protocol/McpDefinition.ts"
import type { ElicitCancelled, ElicitDeclined, McpError, McpFault } from "../protocol/McpError.ts"
import type { Icon, JsonObject } from "../protocol/McpSchema.ts"
import type { ToolAnnotations } from "../protocol/methods/tools.ts"
import {
  type Definition as DynamicDefinition,
  register as registerDynamic,
  requireObject,
  type Validator
} from "./internal/dynamicTool.ts"
import type { NameTaken } from "./internal/items.ts"
import { compile } from "./internal/toolRunner.ts"
import { Tools } from "./internal/tools.ts"
import { McpRequest } from "./McpRequest.ts"
import { McpServer } from "./McpServer.ts"

/** What a handler returns for a `success` schema: its value, or content where there is no such schema. */
export type Returned<Success extends Schema.Constraint> = Success extends McpDefinition.Content
  ? McpContent.Output
  : Success["Type"]

/** The errors that every handler may fail with, declared or not. */
export type Builtin = McpError | McpFault | ElicitDeclined | ElicitCancelled

/** `unknown` when every error of the handler is declared; otherwise the offence, as a type error. */
export type Declared<E, Failure extends Schema.Constraint> = [E] extends [Failure["Type"] | Builtin]
  ? unknown
  : UndeclaredFailure<Exclude<E, Failure["Type"] | Builtin>>
export interface UndeclaredFailure<E> {
  readonly "The handler fails with an error that the tool's `failure` schema does not declare": E
}

export interface McpTool<
  out Name extends string,
  out Parameters extends Schema.Constraint = McpDefinition.NoParameters,
  out Success extends Schema.Constraint = McpDefinition.Content,
  out Failure extends Schema.Constraint = Schema.Never
> extends McpDefinition.Definition<Name, Parameters, Success, Failure> {
  /**
   * Registers the tool with a handler on the server that is provided, for as long as the Layer lives.
   *
   * The handler gets the decoded parameters. It runs in a fiber of its own with `McpRequest` and a `Scope` that closes
   * when it ends, and is interrupted when the client cancels.
   */
  toLayer<E, R = never>(
    handler: (input: Parameters["Type"]) => Effect.Effect<Returned<Success>, E, R> & Declared<E, Failure>
  ): Layer.Layer<
    never,
    never,
    // spelled out, not an alias: editors show what is needed instead of the alias with its arguments
    | McpServer
    | Exclude<R, McpRequest | Scope.Scope>
    | Parameters["DecodingServices"]
    | Success["EncodingServices"]
    | Failure["EncodingServices"]
  >
  /**
   * As `toLayer`, while the server runs: the tool is there until the Scope closes, and clients hear of both. Fails with
   * `NameTaken` when the server has a tool of that name.
   */
  register<E, R = never>(
    handler: (input: Parameters["Type"]) => Effect.Effect<Returned<Success>, E, R> & Declared<E, Failure>
  ): Effect.Effect<
    void,
    NameTaken,
    | McpServer
    | Scope.Scope
    | Exclude<R, McpRequest | Scope.Scope>
    | Parameters["DecodingServices"]
    | Success["EncodingServices"]
    | Failure["EncodingServices"]
  >
}

/** What every tool is assignable to. */
export interface Any extends McpTool<string, Schema.Constraint, Schema.Constraint, Schema.Constraint> {}

export interface Options<
  Parameters extends Schema.Struct.Fields | Schema.Constraint,
  Success extends Schema.Constraint,
  Failure extends Schema.Constraint
> extends McpDefinition.Options<Parameters, Success, Failure> {
  /** How long one call may take; then the handler is interrupted and the call is an error result. Default: no limit. */
  readonly timeout?: Duration.Input | undefined
  /** What the model reads instead of the JSON of a success. Default: the JSON as text. */
  readonly content?:
    | ((success: Success["Type"]) => string | McpContent.Block | ReadonlyArray<McpContent.Block>)
    | undefined
}

/**
 * Declares a tool.
 *
 * ```ts
 * const Add = McpTool.make("add", {
 *   description: "Add two numbers",
 *   parameters: { a: Schema.Finite, b: Schema.Finite },
 *   success: Schema.Struct({ sum: Schema.Finite })
 * })
 * const AddLive = Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b }))
 * ```
 */
export const make = <
  const Name extends string,
  Parameters extends Schema.Struct.Fields | Schema.Constraint = McpDefinition.NoParameters,
  Success extends Schema.Constraint = McpDefinition.Content,
  Failure extends Schema.Constraint = Schema.Never
>(
  name: Name,
  options?: Options<Parameters, Success, Failure>
): McpTool<Name, McpDefinition.ParametersOf<Parameters>, Success, Failure> => {
  const definition = McpDefinition.make<Name, Parameters, Success, Failure>(name, options)
  return {
    ...definition,
    toLayer: (handler) => Layer.effectDiscard(Effect.orDie(register(definition, handler, options))),
    register: (handler) => register(definition, handler, options)
  }
}

const register = <R>(
  definition: McpDefinition.Any,
  handler: (input: never) => Effect.Effect<unknown, unknown, R>,
  options: Pick<Options<{}, Schema.Constraint, Schema.Constraint>, "timeout" | "content"> | undefined
) =>
  Effect.gen(function* () {
    const registry = (yield* McpServer)["~mcp-effect/Registry"]
    const context = yield* Effect.context<never>()
    const tool = compile(
      definition,
      handler as (input: unknown) => Effect.Effect<unknown, unknown>,
      { timeout: options?.timeout, content: options?.content },
      context,
      registry.stack
    )
    yield* registry.chapter(Tools).add(tool)
  })

export interface StreamOptions {
  /** How many elements there will be, when known; reported with each. */
  readonly total?: number | undefined
  readonly reduce?: undefined
}

/** For elements that are not the tool's return value themselves. */
export interface ReduceOptions<A, Success extends Schema.Constraint> {
  /** How many elements there will be, when known; reported with each. */
  readonly total?: number | undefined
  /** Makes the tool's return value of all elements. */
  readonly reduce: (elements: ReadonlyArray<A>) => Returned<Success>
}

/**
 * Registers a tool whose handler is a Stream: each element is reported as progress while it arrives, and the elements
 * together are the result: what `reduce` makes of them, or else strings joined, or else the last element. An element is
 * shown as its text, or as JSON.
 */
export const stream: {
  <
    Name extends string,
    Parameters extends Schema.Constraint,
    Success extends Schema.Constraint,
    Failure extends Schema.Constraint,
    E,
    R
  >(
    tool: McpTool<Name, Parameters, Success, Failure>,
    handler: (input: Parameters["Type"]) => Stream.Stream<Returned<Success>, E, R> & Declared<E, Failure>,
    options?: StreamOptions
  ): Layer.Layer<
    never,
    never,
    | McpServer
    | Exclude<R, McpRequest | Scope.Scope>
    | Parameters["DecodingServices"]
    | Success["EncodingServices"]
    | Failure["EncodingServices"]
  >
  <
    Name extends string,
    Parameters extends Schema.Constraint,
    Success extends Schema.Constraint,
    Failure extends Schema.Constraint,
    A,
    E,
    R
  >(
    tool: McpTool<Name, Parameters, Success, Failure>,
    handler: (input: Parameters["Type"]) => Stream.Stream<A, E, R> & Declared<E, Failure>,
    options: ReduceOptions<A, Success>
  ): Layer.Layer<
    never,
    never,
    | McpServer
    | Exclude<R, McpRequest | Scope.Scope>
    | Parameters["DecodingServices"]
    | Success["EncodingServices"]
    | Failure["EncodingServices"]
  >
} = <
  Parameters extends Schema.Constraint,
  Success extends Schema.Constraint,
  Failure extends Schema.Constraint,
  A,
  E,
  R
>(
  tool: McpTool<string, Parameters, Success, Failure>,
  handler: (input: Parameters["Type"]) => Stream.Stream<A, E, R>,
  options?: StreamOptions | ReduceOptions<A, Success>
) => {
  const reduce = options?.reduce ?? ((elements: ReadonlyArray<A>) => defaultReduce(elements) as Returned<Success>)
  const collect = Effect.fnUntraced(function* (input: Parameters["Type"]) {
    const request = yield* McpRequest
    const elements: Array<A> = []
    yield* Stream.runForEach(handler(input), (element) => {
      elements.push(element)
      const message = typeof element === "string" ? element : JSON.stringify(element)
      return request.progress({ progress: elements.length, total: options?.total, message })
    })
    return reduce(elements)
  })
  return tool.toLayer<E, R>(collect as never)
}

const defaultReduce = (elements: ReadonlyArray<unknown>): unknown =>
  elements.every((element) => typeof element === "string") ? elements.join("") : elements.at(-1)

export interface DynamicOptions<Output extends Validator | undefined> {
  /** The JSON Schema of the arguments; its root has `"type": "object"`. `McpJsonSchema.validator` prepares one. */
  readonly input: Validator
  /** The JSON Schema of the value it answers with (`structuredContent`). Default: content blocks. */
  readonly output?: Output
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly annotations?: ToolAnnotations | undefined
  readonly icons?: ReadonlyArray<Icon> | undefined
  /** Its `_meta` in lists. */
  readonly meta?: JsonObject | undefined
  /** For guards and other middleware of the server; clients do not see them. */
  readonly tags?: ReadonlyArray<string> | undefined
  /** How long one call may take; then the handler is interrupted and the call is an error result. Default: no limit. */
  readonly timeout?: Duration.Input | undefined
}

/** A tool that is known only when the program runs. */
export interface DynamicTool<Output extends Validator | undefined> {
  readonly name: string
  /** Registers the tool with a handler, for as long as the Layer lives. The handler gets the arguments as they came. */
  toLayer<R = never>(
    handler: (args: JsonObject) => Effect.Effect<DynamicReturned<Output>, Builtin, R>
  ): Layer.Layer<never, never, McpServer | Exclude<R, McpRequest | Scope.Scope>>
  /** As `toLayer`, while the server runs, until the Scope closes. */
  register<R = never>(
    handler: (args: JsonObject) => Effect.Effect<DynamicReturned<Output>, Builtin, R>
  ): Effect.Effect<void, NameTaken, McpServer | Scope.Scope | Exclude<R, McpRequest | Scope.Scope>>
}

/** JSON that the output schema accepts, or content where there is no such schema. */
export type DynamicReturned<Output extends Validator | undefined> = Output extends Validator
  ? unknown
  : McpContent.Output

/**
 * Declares a tool by JSON Schemas, for tools that come from elsewhere: another server, a file, a database. Arguments are
 * checked by them at run time, within the bounds of `McpJsonSchema`. Throws when the input schema is not of an object.
 *
 * ```ts
 * const input = Result.getOrThrow(McpJsonSchema.validator({ type: "object", properties: { q: { type: "string" } } }))
 * const Search = McpTool.dynamic("search", { input })
 * ```
 */
export const dynamic = <Output extends Validator | undefined = undefined>(
  name: string,
  options: DynamicOptions<Output>
): DynamicTool<Output> => {
  const definition: DynamicDefinition = {
    name,
    input: options.input,
    output: options.output,
    title: options.title,
    description: options.description,
    annotations: options.annotations,
    icons: options.icons,
    meta: options.meta,
    tags: options.tags ?? [],
    timeout: options.timeout
  }
  requireObject(name, options.input)
  return {
    name,
    toLayer: (handler) => Layer.effectDiscard(Effect.orDie(registerDynamic(definition, handler))),
    register: (handler) => registerDynamic(definition, handler)
  }
}
