/**
 * The official client v2 connected to the official server v2 in one process, measured. Its in-memory transport passes
 * message objects by reference, without JSON. Command line and output: as `../memory.ts`.
 */
import { InMemoryTransport } from "@modelcontextprotocol/server"
import { serveStdio } from "@modelcontextprotocol/server/stdio"
import { makeServer } from "./v2-app.ts"
import { run } from "./v2-calls.ts"

const [near, far] = InMemoryTransport.createLinkedPair()
serveStdio(() => makeServer(2), { transport: far })
await run(near)
