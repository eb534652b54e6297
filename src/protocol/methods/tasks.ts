/**
 * Chapter `basic/utilities/tasks`: requests whose result is fetched later (2025-11-25, experimental).
 *
 * Either side may ask for a request to be run as a task by a `task` parameter. In 2026-07-28 this is an extension with
 * other shapes: `extensions/tasks.ts`.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { NotificationParams, RequestParams, Result } from "../McpSchema.ts"
import { PaginatedRequestParams, PaginatedResult } from "./pagination.ts"

/** `_meta["io.modelcontextprotocol/related-task"]`: the task that a message belongs to. */
export const RelatedTaskMetadata = shape("RelatedTaskMetadata", { taskId: Schema.String })

/** The last three are final. */
export const TaskStatus = Schema.Literals(["working", "input_required", "completed", "failed", "cancelled"])
export type TaskStatus = typeof TaskStatus.Type

const taskFields = {
  taskId: Schema.String,
  status: TaskStatus,
  statusMessage: Schema.optionalKey(Schema.String),
  /** ISO 8601. */
  createdAt: Schema.String,
  /** ISO 8601. */
  lastUpdatedAt: Schema.String,
  /** Milliseconds for which the task is kept; `null` without end. */
  ttl: Schema.NullOr(Schema.Int),
  /** Milliseconds to wait between two looks. */
  pollInterval: Schema.optionalKey(Schema.Int)
}

export const Task = shape("Task", taskFields)
export interface Task extends Schema.Schema.Type<typeof Task> {}

/** The answer to a request that runs as a task. */
export const CreateTaskResult = shape("CreateTaskResult", { task: Task, ...Result })

const TaskParams = shape("TaskParams", { taskId: Schema.String, ...RequestParams })
const TaskResult = shape("TaskResult", { ...taskFields, ...Result })

export const GetTask = McpMethod.request("tasks/get", { params: TaskParams, result: TaskResult, capability: "tasks" })

export const CancelTask = McpMethod.request("tasks/cancel", {
  params: TaskParams,
  result: TaskResult,
  capability: "tasks"
})

/** What the original request would have answered, whatever that is. */
export const GetTaskPayloadResult = shape("GetTaskPayloadResult", Result)

export const GetTaskPayload = McpMethod.request("tasks/result", {
  params: TaskParams,
  result: GetTaskPayloadResult,
  capability: "tasks"
})

export const ListTasksResult = shape("ListTasksResult", {
  tasks: Schema.Array(Task),
  ...PaginatedResult,
  ...Result
})

export const ListTasks = McpMethod.request("tasks/list", {
  params: PaginatedRequestParams,
  result: ListTasksResult,
  capability: "tasks"
})

export const TaskStatusNotification = McpMethod.notification("notifications/tasks/status", {
  params: shape("TaskStatusNotificationParams", { ...taskFields, ...NotificationParams })
})
