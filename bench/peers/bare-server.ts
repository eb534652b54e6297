/**
 * The raw responder: parses JSON, validates nothing, writes the answer by hand. No SDK; it shows what pipes, JSON and
 * the driver allow on this machine (the ceiling of every row), and it is the neutral server that all clients are
 * measured against. Command line: see `../args.ts`.
 */
import * as args from "../args.ts"
import { answer } from "./bare-answers.ts"

args.transport()
let rest: Array<Buffer> = []
process.stdin.on("data", (chunk: Buffer) => {
  let from = 0
  let out = ""
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
    let line = chunk.subarray(from, end)
    from = end + 1
    if (rest.length > 0) {
      line = Buffer.concat([...rest, line])
      rest = []
    }
    const text = answer(JSON.parse(line.toString("utf8")))
    if (text !== undefined) out += `${text}\n`
  }
  if (from < chunk.length) rest.push(chunk.subarray(from))
  if (out !== "") process.stdout.write(out)
})
