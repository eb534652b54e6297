/**
 * Every message of the golden transcripts is valid by the schema of its revision, as that stands, and sent by a side that
 * may send it.
 *
 * A request, a notification and a result are judged by the definitions of their method, an error also by that of its code.
 * A method that the specification does not have is judged as a JSON-RPC message only.
 */
import { assert, describe, it } from "@effect/vitest"
import type { McpRevision } from "../../src/protocol/McpRevision.ts"
import { find } from "../../src/protocol/revisions/index.ts"
import { files, type Json, read, type Said, type Transcript } from "../golden/support/transcript.ts"
import { rows } from "./support/chapters.ts"
import { type Judged, judgeOf } from "./support/judge.ts"

const whole = (definition: string): Judged => ({ definition, of: (message) => message, isWhole: true })

/** The methods that the transcripts have of their own, to be refused. */
const foreign = new Set(["acme/none"])

const byMethod = (revision: McpRevision, name: string): ReadonlyArray<Judged> => {
  const judged = rows.find((row) => row.isMessage && row.name === name)?.judged(revision)
  assert.isDefined(judged, `${revision.version} has no ${name}`)
  return judged
}

/** The definitions of an error: of all errors, and of its code where the revision has one. */
const byCode = (revision: McpRevision, message: Json): ReadonlyArray<Judged> => {
  const { named } = judgeOf(revision.version)
  return [
    whole(named.has("JSONRPCErrorResponse") ? "JSONRPCErrorResponse" : "JSONRPCError"),
    ...rows
      .filter((row) => row.chapter === "errors" && row.isMessage && row.refusal(revision, message) === undefined)
      .flatMap((row) => row.judged(revision) ?? [])
  ]
}

const judging = (revision: McpRevision, message: Json, asked: ReadonlyMap<unknown, string>): ReadonlyArray<Judged> => {
  if (message["error"] !== undefined) return byCode(revision, message)
  const method = message["method"] ?? asked.get(message["id"])
  if (typeof method !== "string") return assert.fail(`a reply to nothing: ${JSON.stringify(message)}`)
  if (foreign.has(method)) return [whole("JSONRPCRequest")]
  return byMethod(revision, message["result"] === undefined ? method : `${method} result`)
}

/** Whether the side that said it may say it. */
const maySay = (revision: McpRevision, { from, message }: Said): boolean => {
  const { id, method } = message
  if (typeof method !== "string" || foreign.has(method)) return true
  return revision[from][id === undefined ? "notifications" : "requests"].has(method)
}

const check = ({ messages, revision: version }: Transcript): number => {
  const revision = find(version)!
  const asked = new Map<unknown, string>()
  for (const said of messages) {
    const { message } = said
    assert.isTrue(maySay(revision, said), `${said.from}: ${JSON.stringify(message)}`)
    if (typeof message["method"] === "string" && message["id"] !== undefined)
      asked.set(message["id"], message["method"])
    const verdict = judgeOf(version).judge([whole("JSONRPCMessage"), ...judging(revision, message, asked)], message)
    assert.isTrue(verdict.strict, `${verdict.problem} in ${JSON.stringify(message)}`)
  }
  return asked.size
}

describe("golden transcripts are valid by the schema of their revision", () => {
  const names = files()

  it("of which there are some in every revision", () => {
    assert.sameMembers(
      [...new Set(names.map((name) => name.split("/")[0]))],
      ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]
    )
  })

  it.each(names)("%s", (name) => {
    const [revision = "", chapter = ""] = name.split("/")
    assert.isAbove(check(read(revision, chapter)), 1)
  })
})
