/**
 * From bytes to lines: one message per line, with a ceiling on the bytes of a line.
 *
 * A `Splitter` is fed chunks and gives back lines. A line that is too long or is not UTF-8 comes back as a `BadLine`,
 * once, and the lines after it are unharmed. It holds at most one ceiling of bytes. Blank lines are skipped, a carriage
 * return before the newline and a byte order mark at the start of a line are dropped. It does not look inside a line:
 * that is `JsonRpc`.
 */

/** A line that cannot be read as text. */
export interface BadLine {
  readonly _tag: "BadLine"
  readonly problem: "TooLong" | "NotUtf8"
  readonly message: string
}

export type Line = string | BadLine

export interface Splitter {
  /** Takes the next chunk of bytes; every line that it completes is appended to `out`. */
  push(chunk: Uint8Array, out: Array<Line>): void
  /** Ends the input: what stands after the last newline is a line too. */
  end(out: Array<Line>): void
}

const NEWLINE = 10
const BOM = "\uFEFF"

/** Makes a splitter whose lines are at most `maxBytes` long, without the newline. */
export const makeSplitter = (maxBytes: number): Splitter => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  let pending: Array<Uint8Array> = []
  let pendingBytes = 0
  let skipping = false

  const tooLong: BadLine = { _tag: "BadLine", problem: "TooLong", message: `A line is longer than ${maxBytes} bytes` }
  const notUtf8: BadLine = { _tag: "BadLine", problem: "NotUtf8", message: "A line is not valid UTF-8" }

  const decodeText = (bytes: Uint8Array): string | undefined => {
    try {
      return decoder.decode(bytes)
    } catch {
      return undefined
    }
  }

  const emitText = (text: string, out: Array<Line>) => {
    const line = text.slice(text.startsWith(BOM) ? BOM.length : 0, text.endsWith("\r") ? -1 : undefined)
    if (line.length > 0) out.push(line)
  }

  const emitBytes = (bytes: Uint8Array, out: Array<Line>) => {
    if (bytes.length > maxBytes) {
      out.push(tooLong)
      return
    }
    const text = decodeText(bytes)
    if (text === undefined) out.push(notUtf8)
    else emitText(text, out)
  }

  const keep = (bytes: Uint8Array, out: Array<Line>) => {
    if (skipping || bytes.length === 0) return
    pendingBytes += bytes.length
    if (pendingBytes > maxBytes) {
      out.push(tooLong)
      skipping = true
      pending = []
      pendingBytes = 0
    } else {
      pending.push(bytes)
    }
  }

  const finishPending = (out: Array<Line>) => {
    const parts = pending
    const size = pendingBytes
    pending = []
    pendingBytes = 0
    if (skipping) {
      skipping = false
      return
    }
    if (parts.length > 0) emitBytes(parts.length === 1 ? parts[0]! : concat(parts, size), out)
  }

  const emitRegion = (region: Uint8Array, out: Array<Line>) => {
    const text = region.length <= maxBytes ? decodeText(region) : undefined
    if (text !== undefined) {
      for (const line of text.split("\n")) emitText(line, out)
      return
    }
    let from = 0
    while (from <= region.length) {
      const newline = region.indexOf(NEWLINE, from)
      const to = newline === -1 ? region.length : newline
      emitBytes(region.subarray(from, to), out)
      from = to + 1
    }
  }

  return {
    push(chunk, out) {
      const last = chunk.lastIndexOf(NEWLINE)
      if (last === -1) return keep(chunk, out)
      let from = 0
      if (pendingBytes > 0 || skipping) {
        const first = chunk.indexOf(NEWLINE)
        keep(chunk.subarray(0, first), out)
        finishPending(out)
        from = first + 1
      }
      if (from < last) emitRegion(chunk.subarray(from, last), out)
      if (last + 1 < chunk.length) keep(chunk.subarray(last + 1), out)
    },
    end(out) {
      finishPending(out)
    }
  }
}

const concat = (parts: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const all = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}
