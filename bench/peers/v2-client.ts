/**
 * The official client v2 over stdio, measured. Command line and output: as `../client.ts`.
 */
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import * as options from "../args.ts"
import { connections, run } from "./v2-calls.ts"

options.transport()
const [command = "", ...args] = options.words(options.target())
const transport = () => new StdioClientTransport({ command, args })
await (options.op() === "connect" ? connections(transport) : run(transport()))
