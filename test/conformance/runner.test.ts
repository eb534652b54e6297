/**
 * The runner of the official suite is strict: what it holds to be a pass, and what it refuses to.
 *
 * Verdicts and expectations are pure, and tried as tables; that the suite's own output is read rightly is tried with
 * clients that do nothing, that end with an error, and that do not end.
 */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { all, type Case } from "./runner/cases.ts"
import { parse, stale, unexpected } from "./runner/expected.ts"
import { suite } from "./runner/suite.ts"
import { table } from "./runner/table.ts"
import { type Check, companions, judge, passes, type Played, together } from "./runner/verdict.ts"

const caseOf = (scenario: string, role: Case["role"] = "server"): Case => ({
  role,
  revision: "2026-07-28",
  scenario,
  unscored: undefined
})

const right: Check = { id: "a", status: "SUCCESS" }
const wrong: Check = { id: "b", status: "FAILURE", errorMessage: "not\n  so" }

const failuresOf = (played: Played): ReadonlyArray<string> => judge(caseOf("s"), played).failures.map(({ id }) => id)

describe("a verdict", () => {
  const rows: ReadonlyArray<readonly [string, Played, ReadonlyArray<string>]> = [
    ["of what was found right is a pass", { checks: [right] }, []],
    ["does not mind what does not apply", { checks: [right, { id: "c", status: "SKIPPED" }] }, []],
    ["is against a failure", { checks: [right, wrong] }, ["b"]],
    ["is against a warning", { checks: [right, { id: "c", status: "WARNING" }] }, ["c"]],
    ["names a check once", { checks: [right, wrong, wrong] }, ["b"]],
    ["is against a case without checks", { checks: [] }, ["no-success"]],
    ["is against a case that did not apply", { checks: [{ id: "c", status: "SKIPPED" }] }, ["no-success"]],
    ["is against valid messages alone", { checks: [{ id: "wire-schema-valid", status: "SUCCESS" }] }, ["no-success"]],
    ["is against a case that was not played", { checks: undefined }, ["nothing-written"]],
    ["is against a client that breaks", { checks: [right], ending: { id: "exit", detail: "" } }, ["exit"]],
    ["is against a client that hangs", { checks: [right], ending: { id: "timeout", detail: "" } }, ["timeout"]]
  ]
  it.each(rows)("%s", (_, played, expected) => {
    assert.deepStrictEqual(failuresOf(played), expected)
  })

  it.each([...companions])("on %s counts only beside %s", (scenario, companion) => {
    const alone = judge(caseOf(scenario), { checks: [right] })
    const failed = judge(caseOf(companion), { checks: [wrong] })
    const passed = judge(caseOf(companion), { checks: [right] })
    assert.deepStrictEqual(together([alone, failed]).map(passes), [false, false])
    assert.deepStrictEqual(together([alone, passed]).map(passes), [true, true])
  })
})

describe("expected failures", () => {
  const list = (text: string) => parse(`server-2026-07-28:\n${text}`)
  const failed = judge(caseOf("s"), { checks: [right, wrong, { ...wrong, id: "c" }] })
  const cases = [caseOf("s")]

  it("of a scenario cover all that fails in it", () => {
    assert.deepStrictEqual(unexpected(failed, list("  s: not built")), [])
  })

  it("of a check cover that check", () => {
    const [only, ...others] = unexpected(failed, list("  s:b: not built"))
    assert.strictEqual(only?.id, "c")
    assert.deepStrictEqual(others, [])
  })

  it("of another revision or role cover nothing", () => {
    const elsewhere = parse("server-2025-11-25:\n  s: not built\nclient-2026-07-28:\n  s: not built\n")
    assert.deepStrictEqual(
      unexpected(failed, elsewhere).map(({ id }) => id),
      ["b", "c"]
    )
  })

  it("are problems where nothing fails", () => {
    const passed = judge(caseOf("s"), { checks: [right] })
    assert.lengthOf(stale(list("  s: not built"), cases, [passed]), 1)
    assert.lengthOf(stale(list("  s:d: not built"), cases, [failed]), 1)
    assert.lengthOf(stale(list("  s:b: not built"), cases, [failed]), 0)
  })

  it("are problems where the suite has no such scenario, played or not", () => {
    assert.lengthOf(stale(list("  t: not built"), cases, []), 1)
    assert.lengthOf(stale(list("  s: not built"), cases, []), 0)
  })

  it.each(["server-2026-07-28:\n  s:\n", 'server-2026-07-28:\n  s: ""\n', "server:\n  s: not built\n"])(
    "have lists and reasons: %j is refused",
    (text) => {
      assert.throws(() => parse(text))
    }
  )

  it("of this library are of scenarios that the suite has", () => {
    const entries = parse(readFileSync(join(import.meta.dirname, "expected-failures.yaml"), "utf8"))
    assert.deepStrictEqual(stale(entries, all(suite), []), [])
  })
})

describe("the table", () => {
  it("says what passes, what is expected to fail, and what fails", () => {
    const verdicts = [
      judge(caseOf("one"), { checks: [right] }),
      judge(caseOf("two"), { checks: [wrong] }),
      judge({ ...caseOf("three"), unscored: "extension" }, { checks: [wrong] })
    ]
    const lines = table(verdicts, parse("server-2026-07-28:\n  two: not built\n")).split("\n")
    assert.match(lines[1] ?? "", /^ {2}pass {2}one .*1 right/)
    assert.match(lines[2] ?? "", /^ {2}open {2}two .*not built$/)
    assert.match(lines[3] ?? "", /^ {2}FAIL {2}three .*not scored: extension/)
    assert.match(lines[4] ?? "", /b: failure: not so$/)
    assert.match(lines.at(-1) ?? "", /scored 1 of 2, not scored 0 of 1$/)
  })
})

describe("the suite", () => {
  it("has its cases in two roles and two revisions", () => {
    const cases = all(suite)
    const count = (role: string, revision: string, scored: boolean) =>
      cases.filter((one) => one.role === role && one.revision === revision && (one.unscored === undefined) === scored)
        .length
    assert.deepStrictEqual([count("server", "2025-11-25", true), count("server", "2025-11-25", false)], [30, 3])
    assert.deepStrictEqual([count("server", "2026-07-28", true), count("server", "2026-07-28", false)], [37, 13])
    assert.deepStrictEqual([count("client", "2025-11-25", true), count("client", "2025-11-25", false)], [18, 7])
    assert.deepStrictEqual([count("client", "2026-07-28", true), count("client", "2026-07-28", false)], [32, 7])
  })

  /** Plays one scenario, which forgives a client's errors, with a command in place of the client. */
  const played = (command: string) => {
    const which = ["--role", "client", "--revision", "2026-07-28", "--only", "http-invalid-tool-headers"]
    const args = [join(import.meta.dirname, "run.ts"), "--command", command, "--timeout", "1000", ...which]
    return spawnSync(process.execPath, args, { encoding: "utf8" })
  }

  it("fails for a client that does nothing", () => {
    const { status, stdout } = played("true")
    assert.strictEqual(status, 1)
    assert.match(stdout, /FAIL {2}http-invalid-tool-headers/)
    assert.notMatch(stdout, /exit: /)
  })

  it("fails for a client that ends with an error, where the suite itself forgives it", () => {
    const { status, stdout } = played("false")
    assert.strictEqual(status, 1)
    assert.match(stdout, /exit: it ended with code 1/)
  })

  it("fails for a client that does not end", () => {
    const { status, stdout } = played("exec tail -f /dev/null")
    assert.strictEqual(status, 1)
    assert.match(stdout, /timeout: it had not ended after 1000 ms/)
  })

  it("fails for a client that does not even end when it is told to", () => {
    // the shell is told, and what it has started keeps the output open
    const { status, stdout } = played("tail -f /dev/null;")
    assert.strictEqual(status, 1)
    assert.match(stdout, /timeout: it had not ended, and did not when it was told to/)
  })
})
