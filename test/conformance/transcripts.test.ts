/**
 * The golden transcripts (`test/golden/<revision>/<chapter>.jsonl`), replayed against our server and our client.
 *
 * `UPDATE_GOLDEN=1` records them anew first. That they are valid at all, the oracle says.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { revisions } from "mcp-effect/revisions"
import { apps } from "../golden/support/apps.ts"
import { againstClient, againstServer } from "../golden/support/replay.ts"
import { chapters, files, read, write } from "../golden/support/transcript.ts"

const versions = revisions.map(({ version }) => version)
const all = versions.flatMap((version) => chapters.map((chapter) => ({ version, chapter })))

if (process.env["UPDATE_GOLDEN"] === "1") {
  // only here: what records needs the official packages
  const { record } = await import("../golden/support/record.ts")
  for (const { chapter, version } of all) write(await Effect.runPromise(record(version, chapter)))
}

describe("golden transcripts", () => {
  it("are there for every chapter of every revision, and for nothing else", () => {
    assert.sameMembers(
      [...files()],
      all.map(({ chapter, version }) => `${version}/${chapter}`)
    )
  })

  it.each(chapters)("of %s were recorded from an official peer at least once", (chapter) => {
    const recorded = versions.map((version) => read(version, chapter).recorded)
    assert.isTrue(
      recorded.some((who) => who.startsWith("@modelcontextprotocol/")),
      recorded.join("; ")
    )
  })
})

describe.each(all)("$version/$chapter", ({ chapter, version }) => {
  it.live("is what our server says", () => Effect.scoped(againstServer(apps[chapter], read(version, chapter))))

  it.live("is what our client says, and what it takes", () => Effect.scoped(againstClient(read(version, chapter))))
})
