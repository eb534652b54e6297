/**
 * A stub of `Authenticate` that believes a header, and what it says to whoever does not send it.
 */
import { Effect } from "effect"
import { McpLimits, McpTransport } from "mcp-effect"

export const CHALLENGE = 'Bearer realm="stub"'

/** `Authorization: <name>` is that person; `nobody` may not come in, and without the header it has to be sent. */
export const believe: McpTransport.Authenticator = (headers) => {
  const name = headers["authorization"]
  if (name === undefined) {
    return Effect.fail(new McpTransport.Unauthenticated({ detail: "Say who you are", challenge: CHALLENGE }))
  }
  if (name === "nobody") {
    const challenge = `${CHALLENGE}, error="insufficient_scope"`
    return Effect.fail(new McpTransport.Unauthenticated({ detail: "Not you", challenge, forbidden: true }))
  }
  return Effect.succeed({ id: name, scopes: [], claims: {} })
}

/** Everybody has to say who they are. */
export const asking = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, McpTransport.Authenticate, believe)

/** Other limits than the defaults. */
export const limited = <A, E, R>(effect: Effect.Effect<A, E, R>, limits: Partial<McpLimits.Limits>) =>
  Effect.provideService(effect, McpLimits.McpLimits, { ...McpLimits.defaults, ...limits })
