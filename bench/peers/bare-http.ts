/**
 * The raw responder over HTTP: node:http, JSON, and an answer written by hand; a session is a number that nobody keeps.
 * It bounds what a row can show on this machine. Command line: see `../args.ts`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as args from "../args.ts"
import { answer } from "./bare-answers.ts"

args.overHttp()
const eventStream = args.response() === "sse"
const stateful = args.era() === "legacy" && args.sessions() === "stateful"
let opened = 0

const reply = (message: any, response: ServerResponse): void => {
  const text = answer(message)
  if (text === undefined) {
    response.writeHead(202).end()
    return
  }
  if (stateful && message.method === "initialize") response.setHeader("mcp-session-id", `s${++opened}`)
  if (eventStream) {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(`event: message\ndata: ${text}\n\n`)
    response.end()
  } else {
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    response.end(text)
  }
}

const serve = (request: IncomingMessage, response: ServerResponse): void => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    if (request.method === "POST") reply(JSON.parse(Buffer.concat(chunks).toString("utf8")), response)
    else response.writeHead(200).end()
  })
}

createServer(serve).listen(args.port(), "127.0.0.1")
