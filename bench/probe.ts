/**
 * Loaded into a server before its own modules (`--expose-gc --import`): each line on stdin is answered on stdout with the
 * bytes that the process keeps, `{"heap"}`, after collections that leave time for what is freed late.
 */
import { once } from "node:events"
import { setTimeout as pause } from "node:timers/promises"

const collect = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.()
    await pause(100)
  }
}

const answer = async (): Promise<void> => {
  for (;;) {
    await once(process.stdin, "data")
    await collect()
    const { external, heapUsed } = process.memoryUsage()
    process.stdout.write(`${JSON.stringify({ heap: heapUsed + external })}\n`)
  }
}

void answer()
