/**
 * The official client v1 over stdio, measured; legacy era only. Command line and output: as `../client.ts`.
 */
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import * as options from "../args.ts"
import { connections, run } from "./v1-calls.ts"

options.transport()
const [command = "", ...args] = options.words(options.target())
const transport = () => new StdioClientTransport({ command, args })
await (options.op() === "connect" ? connections(transport) : run(transport()))
