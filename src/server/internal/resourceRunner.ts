/**
 * A resource, or a template of them, and what reads it, compiled into what the chapter of resources keeps.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as McpContent from "../../protocol/McpContent.ts"
import { isMisfit } from "../../protocol/McpDefinition.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { ListResources } from "../../protocol/methods/resources.ts"
import type { UriTemplate } from "../../protocol/McpUriTemplate.ts"
import type { Options, Output } from "../McpResource.ts"
import { McpServer } from "../McpServer.ts"
import type { Item, NameTaken } from "./items.ts"
import { own } from "./middlewares.ts"
import { notFound } from "./registry.ts"
import { type RegisteredTemplate, Resources } from "./resources.ts"
import { register as registerSource } from "./sources.ts"
import type { TextFields } from "./textFields.ts"
import { inTime } from "./timed.ts"

type Described = Options & { readonly size?: number | undefined }

export type Definition = Described & { readonly uri: string }

const listing = (where: JsonObject, definition: Described): JsonObject => {
  const { annotations, description, icons, meta, mimeType, name, size, title } = definition
  return {
    ...where,
    name,
    ...(title === undefined ? undefined : { title }),
    ...(description === undefined ? undefined : { description }),
    ...(mimeType === undefined ? undefined : { mimeType }),
    ...(size === undefined ? undefined : { size }),
    ...(annotations === undefined ? undefined : { annotations }),
    ...(icons === undefined ? undefined : { icons }),
    ...(meta === undefined ? undefined : { _meta: meta })
  }
}

const isList = (output: Output): output is ReadonlyArray<McpContent.ResourceContents> => Array.isArray(output)

/** What was read, as contents at a URI. */
const contentsOf = (
  uri: string,
  mimeType: string | undefined,
  output: Output
): ReadonlyArray<McpContent.ResourceContents> => {
  if (typeof output === "string") return [McpContent.contents(uri, output, { mimeType })]
  if (output instanceof Uint8Array) {
    return [McpContent.contents(uri, output, { mimeType: mimeType ?? "application/octet-stream" })]
  }
  return isList(output) ? output : [output]
}

/** Adds a resource until the scope closes. */
export const register = <R>(
  definition: Definition,
  read: Effect.Effect<Output, unknown, R>
): Effect.Effect<void, NameTaken, McpServer | Scope.Scope> =>
  Effect.gen(function* () {
    const registry = (yield* McpServer)["~mcp-effect/Registry"]
    const context: Item["context"] = yield* Effect.context<never>()
    const { cache, mimeType, tags = [], uri } = definition
    yield* registry.chapter(Resources).add({
      kind: "resource",
      name: uri,
      tags,
      context,
      middleware: own(context, registry.stack),
      listed: listing({ uri }, definition),
      cache,
      read: () =>
        Effect.map(
          inTime(read as Effect.Effect<Output, unknown>, `Resource ${JSON.stringify(uri)}`, definition.timeout),
          (output) => contentsOf(uri, mimeType, output as Output)
        )
    })
  })

interface Handlers {
  readonly list?: unknown
  readonly complete?: unknown
}

/** Adds a template, and the list of its instances, until the scope closes. */
export const registerTemplate = <R>(
  definition: Described,
  template: UriTemplate,
  fields: TextFields,
  read: (variables: never) => Effect.Effect<Output, unknown, R>,
  { complete, list }: Handlers = {}
): Effect.Effect<void, NameTaken, McpServer | Scope.Scope> =>
  Effect.gen(function* () {
    const registry = (yield* McpServer)["~mcp-effect/Registry"]
    const context: Item["context"] = yield* Effect.context<never>()
    const { cache, mimeType, tags = [] } = definition
    const item: RegisteredTemplate = {
      kind: "resource",
      name: template.template,
      tags,
      context,
      middleware: own(context, registry.stack),
      listed: listing({ uriTemplate: template.template }, definition),
      cache,
      match: template.match,
      literal: template.template.replaceAll(/\{[^}]*\}/g, "").length,
      form: formOf(template),
      argumentNames: fields.names,
      completers: fields.completers(complete as Parameters<TextFields["completers"]>[0]),
      read: (uri, variables) => {
        const decoded = Effect.catchCause(fields.decode({ ...variables }), (cause) =>
          isMisfit(cause) ? Effect.fail(notFound(uri)) : Effect.failCause(cause as Cause.Cause<never>)
        )
        const run = Effect.flatMap(decoded, (values) =>
          (read as (variables: unknown) => Effect.Effect<Output, unknown>)(values)
        )
        return Effect.map(inTime(run, `Resource ${JSON.stringify(uri)}`, definition.timeout), (output) =>
          contentsOf(uri, mimeType, output as Output)
        )
      }
    }
    yield* registry.chapter(Resources).addTemplate(item)
    if (list !== undefined) {
      yield* registerSource(registry, ListResources, list as Parameters<typeof registerSource>[2])
    }
  })

/** A template with its variables unnamed: two with one form match the same URIs. */
const formOf = ({ template }: UriTemplate): string => template.replaceAll(/[^{}+#./;?&,*]+(?=[^{]*\})/g, "_")
