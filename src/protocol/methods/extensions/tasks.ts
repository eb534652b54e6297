/**
 * Extension `io.modelcontextprotocol/tasks`: the server decides to answer later (2026-07-28).
 *
 * A client says in each request that it understands tasks; the server may then answer `tools/call` with a task, which
 * the client polls, feeds with input, and cancels. The shapes differ from the core tasks of 2025-11-25.
 * Specification: https://modelcontextprotocol.io/extensions/tasks/overview
 */
import * as Schema from "effect/Schema"
import { choice, shape } from "../../internal/shape.ts"
import * as McpMethod from "../../McpMethod.ts"
import { EmptyResult, JsonObject, NotificationParams, RequestParams, Result } from "../../McpSchema.ts"
import { ErrorObject } from "../errors.ts"
import { InputRequests, InputResponses } from "../mrtr.ts"

/** The id of the extension, as it stands in capabilities. */
export const id = "io.modelcontextprotocol/tasks"

const fields = {
  taskId: Schema.String,
  statusMessage: Schema.optionalKey(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  lastUpdatedAt: Schema.String,
  /** Milliseconds for which the task is kept; `null` without end. */
  ttlMs: Schema.NullOr(Schema.Int),
  /** Milliseconds to wait between two looks. */
  pollIntervalMs: Schema.optionalKey(Schema.Int)
}

/** The answer to `tools/call` when it became a task; `resultType` is `task`. */
export const CreateTaskResult = shape("extension/CreateTaskResult", {
  ...fields,
  status: Schema.Literals(["working", "input_required", "completed", "failed", "cancelled"]),
  ...Result
})
export interface CreateTaskResult extends Schema.Schema.Type<typeof CreateTaskResult> {}

const detailed = <const Rest extends Schema.Struct.Fields>(rest: Rest) =>
  [
    Schema.Struct({ ...fields, status: Schema.Literal("working"), ...rest }),
    /** What is asked now: all questions that are open, by keys that are never used again. */
    Schema.Struct({ ...fields, status: Schema.Literal("input_required"), inputRequests: InputRequests, ...rest }),
    /** What the request would have answered; an error result too. */
    Schema.Struct({ ...fields, status: Schema.Literal("completed"), result: JsonObject, ...rest }),
    Schema.Struct({
      ...fields,
      status: Schema.Literal("failed"),
      error: ErrorObject,
      ...rest
    }),
    Schema.Struct({ ...fields, status: Schema.Literal("cancelled"), ...rest })
  ] as const

/** A task with what its status brings. */
export const DetailedTask = choice("extension/DetailedTask", detailed({}))
export type DetailedTask = typeof DetailedTask.Type

const TaskParams = shape("extension/TaskParams", { taskId: Schema.String, ...RequestParams })

export const GetTask = McpMethod.request("tasks/get", {
  params: TaskParams,
  result: choice("extension/GetTaskResult", detailed(Result))
})

export const UpdateTask = McpMethod.request("tasks/update", {
  params: shape("extension/UpdateTaskParams", {
    taskId: Schema.String,
    inputResponses: InputResponses,
    ...RequestParams
  }),
  result: EmptyResult
})

/** Asks for the end of a task; it ends when it ends. */
export const CancelTask = McpMethod.request("tasks/cancel", { params: TaskParams, result: EmptyResult })

export const TaskChanged = McpMethod.notification("notifications/tasks", {
  params: choice("extension/TaskNotificationParams", detailed(NotificationParams))
})
