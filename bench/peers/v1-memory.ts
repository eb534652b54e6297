/**
 * The official client v1 connected to the official server v1 in one process, measured; legacy era only. Its in-memory
 * transport passes message objects by reference, without JSON. Command line and output: as `../memory.ts`.
 */
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import { makeServer } from "./v1-app.ts"
import { run } from "./v1-calls.ts"

const [near, far] = InMemoryTransport.createLinkedPair()
await makeServer(2).connect(far)
await run(near)
