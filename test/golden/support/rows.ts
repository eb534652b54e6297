/**
 * The methods of the golden transcripts as rows, found by their names; one that no chapter has is a method of one's own.
 */
import { Schema } from "effect"
import { McpMethod } from "mcp-effect"
import type { Payload } from "mcp-effect/McpMethod"
import { rows } from "../../protocol/support/vocabulary.ts"

/** Who every recorded client says that it is. */
export const clientInfo = { name: "golden client", version: "1.0.0" }

const Anything = Schema.Record(Schema.String, Schema.Unknown)

/** The row of a request. */
export const requestOf = (name: string): McpMethod.Request<string, Payload, Payload> => {
  const found = rows.find(({ method }) => method.name === name)?.method
  return found?._tag === "Request" ? found : McpMethod.request(name, { params: Anything, result: Anything })
}
