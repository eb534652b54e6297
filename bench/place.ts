/**
 * Where the two ends of a pipe run. On a machine with two cores the scheduler sometimes puts driver and server on one
 * core and sometimes on two, for seconds at a time; the same server then answers alone in 35 or in 95 µs, and 64 in
 * flight at 30,000 or 50,000 per second. So by default the measuring end gets the first CPU and the server the others,
 * for every peer alike; `--place same` puts both on the first, `--place free` leaves it to the scheduler. Without
 * `taskset` (Linux, util-linux) or with one CPU it is `free`.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpus } from "node:os"
import { option } from "./args.ts"

const count = cpus().length
const possible = count > 1 && spawnSync("taskset", ["-p", String(process.pid)]).status === 0
const wish = option("place", "apart")

export const place = possible ? wish : "free"

const near = "0"
const far = place === "same" ? near : `1-${count - 1}`
const prefix = (set: string) => (place === "free" ? "" : `taskset -c ${set} `)

/** The command on the CPU of the measuring end. */
export const nearby = (command: string): string => prefix(near) + command
/** The command on the CPUs of the server. */
export const apart = (command: string): string => prefix(far) + command

/** Runs `body` while this process keeps to the CPU of the measuring end. */
export const here = async (body: () => Promise<void>): Promise<void> => {
  const move = (set: string) => execFileSync("taskset", ["-acp", set, String(process.pid)], { stdio: "ignore" })
  if (place === "free") return body()
  move(near)
  try {
    await body()
  } finally {
    move(`0-${count - 1}`)
  }
}
