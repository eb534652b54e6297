/**
 * Chapter `basic/patterns/mrtr`: a result that asks for input, and is retried with the answers (2026-07-28).
 *
 * What used to be requests from server to client travels inside a result, by keys of the server's choice; the client's
 * retry carries the answers by the same keys.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */
import * as Schema from "effect/Schema"
import { choice, shape } from "../internal/shape.ts"
import { Result } from "../McpSchema.ts"
import { ElicitRequestParams, ElicitResult } from "./elicitation.ts"
import { ListRootsRequestParams, ListRootsResult } from "./roots.ts"
import { CreateMessageRequestParams, CreateMessageResult } from "./sampling.ts"

/** A question: a method and its parameters, without id. */
export const InputRequest = choice("InputRequest", [
  shape("ElicitRequest", { method: Schema.Literal("elicitation/create"), params: ElicitRequestParams }),
  shape("CreateMessageRequest", {
    method: Schema.Literal("sampling/createMessage"),
    params: CreateMessageRequestParams
  }),
  shape("ListRootsRequest", {
    method: Schema.Literal("roots/list"),
    params: Schema.optionalKey(ListRootsRequestParams)
  })
])
export type InputRequest = typeof InputRequest.Type

export const InputRequests = Schema.Record(Schema.String, InputRequest).annotate({ identifier: "InputRequests" })

/** An answer: the result that the method would have had. */
export const InputResponse = choice("InputResponse", [CreateMessageResult, ListRootsResult, ElicitResult])
export type InputResponse = typeof InputResponse.Type

export const InputResponses = Schema.Record(Schema.String, InputResponse).annotate({ identifier: "InputResponses" })
export type InputResponses = typeof InputResponses.Type

/** `resultType` is `input_required`; at least one of the other two is there. */
export const InputRequiredResult = shape("InputRequiredResult", {
  inputRequests: Schema.optionalKey(InputRequests),
  /** Opaque to the client, which sends it back as it is. */
  requestState: Schema.optionalKey(Schema.String),
  ...Result
})
export interface InputRequiredResult extends Schema.Schema.Type<typeof InputRequiredResult> {}
