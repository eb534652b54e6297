/**
 * Every feature of servers that we did not write, by our client, over stdio: a table of feature × server.
 *
 * The rows are made from each server's capabilities and lists (`support/features.ts`). A row without a test fails, by its
 * name, and so does a test whose row is gone. Each server is started once; the table is printed at the end.
 */
import { assert, layer } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { afterAll } from "vitest"
import { Hostless, Running, running } from "./support/features.ts"
import { everything } from "./support/features/everything.ts"
import { filesystem } from "./support/features/filesystem.ts"
import { memory } from "./support/features/memory.ts"
import { officialLegacy, officialModern } from "./support/features/official.ts"

const servers = [everything, filesystem, memory, officialLegacy, officialModern]

/** What became of each row, of each server. */
const table = new Map<string, Map<string, string>>()

const note = (row: string, server: string, cell: string): void => {
  table.set(row, (table.get(row) ?? new Map<string, string>()).set(server, cell))
}

for (const server of servers) {
  const tests = Object.entries(server.tests)

  layer(running(server), { excludeTestServices: true, timeout: "30 seconds" })(
    `our client and ${server.name}`,
    (it) => {
      it.effect("every row has a test, every test a row", () =>
        Effect.gen(function* () {
          const { rows } = yield* Running
          for (const row of rows) note(row, server.name, "?")
          const named = tests.map(([name]) => name)
          const untested = rows.filter((row) => !named.includes(row))
          const gone = named.filter((name) => !rows.includes(name))
          assert.isEmpty(untested, `rows without a test: ${untested.join("; ")}`)
          assert.isEmpty(gone, `tests without a row: ${gone.join("; ")}`)
          assert.strictEqual(new Set(rows).size, rows.length)
        })
      )

      for (const [row, test] of tests) {
        const hostless = test instanceof Hostless
        it.effect(hostless ? `${row} (refused: nobody answers for this client)` : row, () =>
          Effect.gen(function* () {
            const { at } = yield* Running
            yield* (hostless ? test.body : test)(at)
          }).pipe(
            Effect.onExit((exit) =>
              Effect.sync(() => note(row, server.name, Exit.isFailure(exit) ? "✗" : hostless ? "refused" : "✓"))
            )
          )
        )
      }
    }
  )
}

const kinds = ["capability", "tools:", "tool", "resources:", "resource", "templates:", "template", "prompts:", "prompt"]
const kindOf = (row: string): number => kinds.indexOf(row.split(" ")[0]!)

afterAll(() => {
  const names = servers.map(({ name }) => name)
  const rows = Array.from(table.keys()).sort((one, other) => kindOf(one) - kindOf(other))
  const width = Math.max(...rows.map((row) => row.length))
  const line = (row: string, cells: ReadonlyArray<string>): string =>
    [row.padEnd(width), ...cells.map((cell, at) => cell.padEnd(names[at]!.length))].join(" | ")
  const cellsOf = (row: string) => names.map((name) => table.get(row)?.get(name) ?? "")
  const counts = ["✓", "refused", "✗", "?"].map(
    (cell) => `${rows.flatMap(cellsOf).filter((one) => one === cell).length} ${cell}`
  )
  console.log([line("feature", names), ...rows.map((row) => line(row, cellsOf(row))), counts.join(", ")].join("\n"))
})
