/**
 * Checks answers fast enough not to be the bottleneck. The first answer to an operation is parsed and judged by
 * `Request.check`; it then serves as a template, in which the digits of the id and of the value are replaced for each
 * further answer and the whole compared byte by byte. An answer that differs from the template (another order of keys,
 * say) is parsed and judged in full; one that is judged wrong throws.
 */
import type { Request } from "./requests.ts"

const DIGITS = 7

const positions = (line: Buffer, digits: number): Array<number> => {
  const found: Array<number> = []
  for (let at = line.indexOf(String(digits)); at >= 0; at = line.indexOf(String(digits), at + DIGITS)) found.push(at)
  return found
}

const write = (line: Buffer, at: number, digits: number): void => {
  for (let i = DIGITS - 1, rest = digits; i >= 0; i--, rest = Math.trunc(rest / 10)) line[at + i] = 48 + (rest % 10)
}

const read = (line: Buffer, at: number): number => {
  let digits = 0
  for (let i = 0; i < DIGITS; i++) digits = digits * 10 + line[at + i]! - 48
  return digits
}

/** A judged answer: its id and result, or undefined for a notification. */
export const parse = (line: Buffer): { readonly id: number; readonly result: unknown } | undefined => {
  const text = line.toString("utf8")
  let message: any
  try {
    message = JSON.parse(text)
  } catch {
    throw new Error(`wrong answer, not JSON: ${text.slice(0, 300)}`)
  }
  if (message.id === undefined && typeof message.method === "string") return undefined
  if (message.jsonrpc !== "2.0" || message.result === undefined) throw new Error(`wrong answer: ${text.slice(0, 300)}`)
  return message
}

export class Answers {
  /** How many answers did not match the template byte by byte and were parsed. */
  parsed = 0
  private readonly request: Request
  private readonly template: Buffer
  private readonly idAt: number
  private readonly valuesAt: ReadonlyArray<number>

  /** `line` is the judged answer to `id`. */
  constructor(request: Request, id: number, line: Buffer) {
    const value = request.value(id)
    const ids = positions(line, id)
    this.request = request
    this.template = Buffer.from(line)
    this.idAt = ids[0] ?? -1
    this.valuesAt = value === undefined ? [] : positions(line, value)
    if (ids.length !== 1) throw new Error(`the id ${id} stands ${ids.length} times in the answer to ${request.load}`)
  }

  /** The id that the line `bytes[from..to)` answers, after a check of the whole; undefined for a notification. */
  accept(bytes: Buffer, from: number, to: number): number | undefined {
    const { idAt, template, valuesAt } = this
    if (to - from === template.length) {
      const id = read(bytes, from + idAt)
      write(template, idAt, id)
      if (valuesAt.length > 0) {
        const value = this.request.value(id)!
        for (let i = 0; i < valuesAt.length; i++) write(template, valuesAt[i]!, value)
      }
      if (template.compare(bytes, from, to) === 0) return id
    }
    this.parsed++
    const message = parse(bytes.subarray(from, to))
    if (message === undefined) return undefined
    this.request.check(message.id, message.result)
    return message.id
  }
}
