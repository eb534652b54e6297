/**
 * A server on the official SDK v2 that asks: all that it can ask at once, then once more, with a state of its own between.
 *
 * It answers with what it was told, in each round. `fixtures/official-asking.ts` runs it on stdio.
 */
import { type NodeIncomingMessageLike, toNodeHandler } from "@modelcontextprotocol/node"
import { createMcpHandler, inputRequired, McpServer } from "@modelcontextprotocol/server"
import { Effect, type Scope } from "effect"
import { listening, urlOf } from "../../transport/support/httpPeer.ts"

const text = (value: string) => ({ type: "text" as const, text: value })
const json = (value: unknown) => ({ content: [text(JSON.stringify(value))] })

const first = {
  user: inputRequired.elicit({
    message: "Who are you?",
    requestedSchema: {
      type: "object",
      properties: { name: { type: "string" }, age: { type: "integer", default: 30 } },
      required: ["name"]
    }
  }),
  page: inputRequired.elicitUrl({ message: "Pay there", url: "https://example.com/pay" }),
  model: inputRequired.createMessage({
    messages: [{ role: "user", content: text("What is 40 and 2?") }],
    systemPrompt: "Be brief.",
    maxTokens: 20
  }),
  roots: inputRequired.listRoots()
}
const second = {
  sure: inputRequired.elicit({
    message: "Are you sure?",
    requestedSchema: { type: "object", properties: { yes: { type: "boolean" } } }
  })
}

/** The server, one for each connection or request. */
export const officialAsking = (): McpServer => {
  const server = new McpServer({ name: "official-asking", version: "2.4.0" })
  server.registerTool("ask", {}, ({ mcpReq }) => {
    const { inputResponses } = mcpReq
    if (inputResponses === undefined) return inputRequired({ inputRequests: first, requestState: "{}" })
    if (inputResponses["sure"] !== undefined) {
      return json({ before: JSON.parse(String(mcpReq.requestState())), now: inputResponses })
    }
    return inputRequired({ inputRequests: second, requestState: JSON.stringify(inputResponses) })
  })
  server.registerTool("endless", {}, () => inputRequired({ inputRequests: second }))
  server.registerTool("again", {}, ({ mcpReq }) =>
    mcpReq.requestState() === undefined ? inputRequired({ requestState: "once" }) : json(mcpReq.requestState())
  )
  const { user } = first
  server.registerPrompt("ask", {}, ({ mcpReq }) => {
    const { inputResponses } = mcpReq
    if (inputResponses === undefined) return inputRequired({ inputRequests: { user } })
    return { messages: [{ role: "user", content: text(JSON.stringify(inputResponses)) }] }
  })
  server.registerResource("ask", "asked://user", {}, ({ href: uri }, { mcpReq }) => {
    const { inputResponses } = mcpReq
    if (inputResponses === undefined) return inputRequired({ inputRequests: { user } })
    return { contents: [{ uri, text: JSON.stringify(inputResponses) }] }
  })
  return server
}

/** The server behind a port of this process, for modern clients. */
export const officialAskingHttp: Effect.Effect<URL, never, Scope.Scope> = Effect.gen(function* () {
  const handle = toNodeHandler(createMcpHandler(officialAsking, { legacy: "reject" }))
  const server = yield* listening((request, response) => {
    // its interface of a request is not what Node's is under exactOptionalPropertyTypes
    handle(request as NodeIncomingMessageLike, response).catch(() => response.destroy())
  })
  return new URL(urlOf(server))
})
