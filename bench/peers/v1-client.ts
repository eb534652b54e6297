/**
 * The official client v1 over stdio, measured; legacy era only. Command line and output: as `../client.ts`.
 */
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import * as options from "../args.ts"
import { run } from "./v1-calls.ts"

options.transport()
const [command = "", ...args] = options.words(options.target())
await run(new StdioClientTransport({ command, args }))
