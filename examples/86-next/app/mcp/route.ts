/** A route handler as Next wants it: `https://shop.example/mcp`. */
import * as McpHttp from "mcp-effect/McpHttp"
import { runtime } from "../../server.ts"

export const dynamic = "force-dynamic"
/** Seconds that an answer may take, for hosts that want to know. */
export const maxDuration = 60

const answer = (request: Request): Promise<Response> => runtime.runPromise(McpHttp.handle(request))

export { answer as DELETE, answer as GET, answer as POST }
