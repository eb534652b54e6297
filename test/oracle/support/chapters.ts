/**
 * The chapters and their rows: one per module of `methods/`; `schema`, `content`, `forms` and `words` for shapes.
 *
 * The tasks extension is not here: it has a specification of its own, and no schema in these files. What a module does
 * not export under the specification's name is added by hand.
 */
import { Schema } from "effect"
import { nameOf } from "../../../src/protocol/internal/shape.ts"
import * as McpContent from "../../../src/protocol/McpContent.ts"
import type { McpRevision } from "../../../src/protocol/McpRevision.ts"
import * as McpSchema from "../../../src/protocol/McpSchema.ts"
import * as cancellation from "../../../src/protocol/methods/cancellation.ts"
import * as completion from "../../../src/protocol/methods/completion.ts"
import * as discover from "../../../src/protocol/methods/discover.ts"
import * as elicitation from "../../../src/protocol/methods/elicitation.ts"
import * as errors from "../../../src/protocol/methods/errors.ts"
import * as lifecycle from "../../../src/protocol/methods/lifecycle.ts"
import * as logging from "../../../src/protocol/methods/logging.ts"
import * as mrtr from "../../../src/protocol/methods/mrtr.ts"
import * as pagination from "../../../src/protocol/methods/pagination.ts"
import * as ping from "../../../src/protocol/methods/ping.ts"
import * as progress from "../../../src/protocol/methods/progress.ts"
import * as prompts from "../../../src/protocol/methods/prompts.ts"
import * as resources from "../../../src/protocol/methods/resources.ts"
import * as roots from "../../../src/protocol/methods/roots.ts"
import * as sampling from "../../../src/protocol/methods/sampling.ts"
import * as subscriptions from "../../../src/protocol/methods/subscriptions.ts"
import * as tasks from "../../../src/protocol/methods/tasks.ts"
import * as tools from "../../../src/protocol/methods/tools.ts"
import { latestLegacy, latestModern, revisions } from "../../../src/protocol/revisions/index.ts"
import type { Judged } from "./judge.ts"
import { failure, type Row, rowsIn, shape } from "./rows.ts"

/** The shapes of forms, apart from the methods that carry them. */
const {
  Elicit,
  ElicitationComplete,
  ElicitRequestFormParams,
  ElicitRequestParams,
  ElicitRequestURLParams,
  ElicitResult,
  ...forms
} = elicitation

const modules = {
  cancellation,
  completion,
  content: McpContent,
  discover,
  elicitation: {
    Elicit,
    ElicitationComplete,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitRequestURLParams,
    ElicitResult
  },
  errors,
  forms,
  lifecycle,
  logging,
  mrtr,
  pagination,
  ping,
  progress,
  prompts,
  resources,
  roots,
  sampling,
  schema: { ...McpSchema, JsonObject: undefined },
  subscriptions,
  tasks,
  tools,
  words: {}
} as const

export type Chapter = keyof typeof modules
export const chapters = Object.keys(modules) as ReadonlyArray<Chapter>

const { code: _, ...errorFields } = errors.ErrorObject.fields

const errorOf = (code: number, data?: Schema.Constraint): Schema.Constraint =>
  Schema.Struct({ ...errorFields, code: Schema.Literal(code), ...(data === undefined ? undefined : { data }) })

const struct = Schema.Struct
const { Result, RequestParams } = McpSchema
const { errors: modern } = latestModern
const url = latestLegacy.errors.UrlElicitationRequired

const added: { readonly [C in Chapter]?: ReadonlyArray<Row> } = {
  content: [shape("content", "EmbeddedContents", McpContent.ResourceContents)],
  errors: [
    failure("JSONRPCErrorResponse", errors.ErrorObject, true),
    failure("ParseError", errorOf(modern.Parse), false),
    failure("InvalidRequestError", errorOf(modern.Envelope), false),
    failure("MethodNotFoundError", errorOf(modern.MethodNotFound), false),
    failure("InvalidParamsError", errorOf(modern.InvalidParams), false),
    failure("InternalError", errorOf(modern.Internal), false),
    failure("HeaderMismatchError", errorOf(modern.HeaderMismatch), true),
    failure(
      "MissingRequiredClientCapabilityError",
      errorOf(modern.MissingCapability, errors.MissingRequiredClientCapabilityData),
      true
    ),
    failure(
      "UnsupportedProtocolVersionError",
      errorOf(modern.UnsupportedVersion, errors.UnsupportedProtocolVersionData),
      true
    ),
    failure("URLElicitationRequiredError", errorOf(url, errors.URLElicitationRequiredData), true)
  ],
  forms: [shape("forms", "RequestedSchema", ElicitRequestFormParams.fields.requestedSchema)],
  mrtr: [
    ...mrtr.InputRequest.members.map((member) => shape("mrtr", nameOf(member.ast)!, member, latestModern.version)),
    shape("mrtr", "InputResponseRequestParams", struct({ ...McpSchema.InputResponseRequestParams, ...RequestParams }))
  ],
  pagination: [shape("pagination", "PaginatedResult", struct({ ...pagination.PaginatedResult, ...Result }))],
  resources: [
    shape("resources", "ResourceRequestParams", resources.Subscribe.params),
    shape("resources", "UnsubscribeRequestParams", resources.Unsubscribe.params)
  ],
  sampling: [
    shape("sampling", "ModelHint", sampling.ModelPreferences.fields.hints.schema.value),
    shape("sampling", "SamplingMessageContentBlock", sampling.SamplingMessageContentBlock)
  ],
  schema: [
    shape("schema", "BaseMetadata", struct(McpSchema.BaseMetadata)),
    shape("schema", "Icons", struct(McpSchema.Icons)),
    shape("schema", "Result", struct(Result)),
    shape("schema", "CacheableResult", struct({ ...McpSchema.CacheableResult, ...Result }))
  ],
  words: [
    shape("words", "Cursor", pagination.Cursor),
    shape("words", "JSONObject", McpSchema.JsonObject),
    shape("words", "LoggingLevel", McpSchema.LoggingLevel),
    shape("words", "MetaObject", McpSchema.JsonObject),
    shape("words", "ProgressToken", McpSchema.Id),
    shape("words", "RequestId", McpSchema.Id),
    shape("words", "ResultType", Schema.String),
    shape("words", "Role", McpSchema.Role)
  ],
  tasks: [
    shape("tasks", "TaskStatus", tasks.TaskStatus),
    shape("tasks", "TaskAugmentedRequestParams", struct({ ...McpSchema.TaskAugmentedRequestParams, ...RequestParams }))
  ]
}

/** Every row, whichever revision has it. */
export const rows: ReadonlyArray<Row> = chapters.flatMap((chapter) => [
  ...rowsIn(chapter, modules[chapter]),
  ...(added[chapter] ?? [])
])

/** A row that a revision has. */
export interface RowOf extends Row {
  readonly revision: McpRevision
  /** The schema as the revision has it. */
  readonly own: Schema.Constraint
  readonly by: ReadonlyArray<Judged>
}

const hadBy = (revision: McpRevision): ReadonlyArray<RowOf> =>
  rows.flatMap((row) => {
    const by = row.judged(revision)
    return by === undefined ? [] : [{ ...row, revision, own: revision.schema(row.schema), by }]
  })

const byRevision = new Map(revisions.map((revision) => [revision, hadBy(revision)]))

/** The rows of a chapter that a revision has. A shape that is all of a message there is judged in the message. */
export const rowsOf = (chapter: Chapter, revision: McpRevision): ReadonlyArray<RowOf> => {
  const had = byRevision.get(revision)!
  const travelling = new Set(had.filter((row) => row.isMessage).map((row) => row.schema))
  return had.filter((row) => row.chapter === chapter && (row.isMessage || !travelling.has(row.schema)))
}

/** The revisions that have something of a chapter. */
export const revisionsOf = (chapter: Chapter): ReadonlyArray<McpRevision> =>
  revisions.filter((revision) => rowsOf(chapter, revision).length > 0)

const everywhere = new Map<string, ReadonlyArray<RowOf>>()
for (const { chapter, name } of rows) {
  const same = [...byRevision.values()].flatMap((had) =>
    had.filter((row) => row.chapter === chapter && row.name === name)
  )
  everywhere.set(`${chapter} ${name}`, same)
}

/** A row as each revision has it that has it. */
export const everywhereOf = ({ chapter, name }: Row): ReadonlyArray<RowOf> => everywhere.get(`${chapter} ${name}`) ?? []
