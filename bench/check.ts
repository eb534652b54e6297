/**
 * Our checks of payloads, as the server and the client make them: a revision and the schema of a method's row.
 * `--payload project` measures a projection in their place: a list of 100 tools as the oldest revision can say it.
 */
import { CallTool, ListTools } from "mcp-effect/methods/tools"
import { find, latestLegacy, latestModern } from "mcp-effect/revisions"
import { asked, type Check, fail, print, run, time } from "./check-load.ts"
import { makePayloads } from "./payloads.ts"

const project = (ms: number): void => {
  const oldest = find("2024-11-05")!
  const { right } = makePayloads().list
  const projected: Check = (list) => {
    const said = oldest.project(ListTools.result, list)
    return said !== list && typeof said === "object"
  }
  const said = oldest.project(ListTools.result, right[0]) as { tools: ReadonlyArray<object> }
  const wrong = oldest.check(ListTools.result, said)
  if (wrong !== undefined || said.tools.length !== 100 || "title" in said.tools[0]!) fail("a wrong projection")
  time(projected, right, 1000)
  print(time(projected, right, ms))
}

const { kind, ms } = asked()
if (kind === "project") project(ms)
else {
  run({
    "call-meta": (params) => latestModern.check(CallTool.params, params) === undefined,
    call: (params) => latestLegacy.check(CallTool.params, params) === undefined,
    result: (result) => latestModern.check(CallTool.result, result) === undefined,
    list: (result) => latestModern.check(ListTools.result, result) === undefined
  })
}
