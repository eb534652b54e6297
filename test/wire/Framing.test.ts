/**
 * Lines out of bytes: however the bytes are cut, the lines are the same, and one bad line harms no other.
 *
 * The model is written from the words of the module: split at newlines, drop a byte order mark before and a carriage
 * return behind a line, skip blank lines, and replace what is too long or is not UTF-8 by one `BadLine`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Framing } from "mcp-effect"
import { property } from "../laws/support/law.ts"

type Shown = string | { readonly bad: Framing.BadLine["problem"] }

const show = (lines: ReadonlyArray<Framing.Line>): ReadonlyArray<Shown> =>
  lines.map((line) => (typeof line === "string" ? line : { bad: line.problem }))

const split = (chunks: ReadonlyArray<Uint8Array>, maxBytes: number): ReadonlyArray<Shown> => {
  const splitter = Framing.makeSplitter(maxBytes)
  const out: Array<Framing.Line> = []
  for (const chunk of chunks) splitter.push(chunk, out)
  splitter.end(out)
  return show(out)
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

/** Cuts bytes after the given shares of what is left. */
const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let from = 0
  for (const size of sizes) {
    if (from >= bytes.length) break
    chunks.push(bytes.slice(from, from + size))
    from += size
  }
  return from < bytes.length ? [...chunks, bytes.slice(from)] : chunks
}

const MAX = 12

const pieces = {
  ascii: bytesOf('{"a":1}'),
  letters: bytesOf("xyz"),
  accents: bytesOf("é"),
  emoji: bytesOf("💡"),
  newline: bytesOf("\n"),
  crlf: bytesOf("\r\n"),
  cr: bytesOf("\r"),
  bom: Uint8Array.of(0xef, 0xbb, 0xbf),
  invalid: Uint8Array.of(0xc3, 0x28),
  cutOff: Uint8Array.of(0xf0, 0x9f, 0x92),
  overlong: Uint8Array.of(0xc0, 0xaf),
  zero: Uint8Array.of(0)
} as const
type Piece = keyof typeof pieces | "exactly" | "over"
const kinds = [...(Object.keys(pieces) as ReadonlyArray<keyof typeof pieces>), "exactly", "over"] as const

const pieceOf = (kind: Piece, max: number): Uint8Array => {
  if (kind === "exactly") return bytesOf("=".repeat(max))
  return kind === "over" ? bytesOf("+".repeat(max + 1)) : pieces[kind]
}

const model = (bytes: Uint8Array, max: number): ReadonlyArray<Shown> => {
  const lines: Array<Array<number>> = [[]]
  for (const byte of bytes) {
    if (byte === 10) lines.push([])
    else lines.at(-1)!.push(byte)
  }
  return lines.flatMap((line): ReadonlyArray<Shown> => {
    if (line.length > max) return [{ bad: "TooLong" }]
    try {
      // a decoder of its own for every line; it drops a byte order mark at the start
      const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(line)).replace(/\r$/, "")
      return text === "" ? [] : [text]
    } catch {
      return [{ bad: "NotUtf8" }]
    }
  })
}

const Size = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 40 })))

property(
  "any cut of the bytes into chunks gives the lines of the model",
  {
    max: Schema.Literals([MAX, 60, 1000]),
    parts: Schema.Array(Schema.Literals(kinds)).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(24))),
    sizes: Schema.Array(Size).pipe(Schema.check(Schema.isMaxLength(30))),
    ended: Schema.Boolean
  },
  {
    part: kinds,
    chunks: ["one", "several"],
    line: ["text", "TooLong", "NotUtf8"],
    end: ["newline", "none"]
  },
  ({ ended, max, parts, sizes }, seen) =>
    Effect.sync(() => {
      const bytes = concat([...parts.map((part) => pieceOf(part, max)), ...(ended ? [pieces.newline] : [])])
      const chunks = cut(bytes, sizes)
      for (const part of parts) seen("part", part)
      seen("chunks", chunks.length > 1 ? "several" : "one")
      seen("end", bytes.at(-1) === 10 ? "newline" : "none")
      const expected = model(bytes, max)
      for (const line of expected) seen("line", typeof line === "string" ? "text" : line.bad)
      assert.deepStrictEqual(split(chunks, max), expected, `${parts.join(" ")} cut as ${sizes.join(" ")}`)
      const single = [...bytes].map((byte) => Uint8Array.of(byte))
      assert.deepStrictEqual(split(single, max), expected, `${parts.join(" ")} byte by byte`)
      assert.deepStrictEqual(split([bytes], max), expected, `${parts.join(" ")} in one chunk`)
    })
)

describe("the ceiling", () => {
  it.each([
    ["one less", MAX - 1, ["a"]],
    ["exact", MAX, ["a"]],
    ["one more", MAX + 1, [{ bad: "TooLong" }]],
    ["many times", MAX * 50, [{ bad: "TooLong" }]]
  ] as const)("%s", (_, length, expected) => {
    const line = "a".repeat(length)
    const wanted = [...expected.map((shown) => (shown === "a" ? line : shown)), "next"]
    for (const size of [1, 5, MAX, 1000]) {
      const chunks = cut(
        bytesOf(`${line}\nnext`),
        Array.from({ length: 1000 }, () => size)
      )
      assert.deepStrictEqual(split(chunks, MAX), wanted, `in chunks of ${size}`)
    }
  })

  it("counts bytes, not characters", () => {
    assert.deepStrictEqual(split([bytesOf("é".repeat(MAX / 2) + "\n")], MAX), ["é".repeat(MAX / 2)])
    assert.deepStrictEqual(split([bytesOf("é".repeat(MAX / 2) + "a\n")], MAX), [{ bad: "TooLong" }])
  })

  it("tells of a long line once, as soon as it is too long, and reads the line after it", () => {
    const splitter = Framing.makeSplitter(MAX)
    const out: Array<Framing.Line> = []
    for (let i = 0; i < 10; i++) splitter.push(bytesOf("a".repeat(MAX)), out)
    assert.deepStrictEqual(show(out), [{ bad: "TooLong" }])
    splitter.push(bytesOf("a\nnext\n"), out)
    assert.deepStrictEqual(show(out), [{ bad: "TooLong" }, "next"])
  })

  it("is named in the message", () => {
    const splitter = Framing.makeSplitter(MAX)
    const out: Array<Framing.Line> = []
    splitter.push(bytesOf("a".repeat(MAX + 1) + "\n"), out)
    const [line] = out
    assert.isTrue(typeof line === "object" && line.message.includes(String(MAX)))
  })
})

describe("what stands around a line", () => {
  it("a byte order mark at the start of the input is dropped", () => {
    assert.deepStrictEqual(split([Uint8Array.of(0xef, 0xbb, 0xbf), bytesOf("{}\n")], MAX), ["{}"])
  })

  it("a carriage return before the newline is dropped, one inside the line is kept", () => {
    assert.deepStrictEqual(split([bytesOf("a\rb\r\nc\r\n")], MAX), ["a\rb", "c"])
  })

  it("blank lines are skipped", () => {
    assert.deepStrictEqual(split([bytesOf("\n\r\n\na\n\n")], MAX), ["a"])
  })

  it("the last line needs no newline, and nothing follows the last newline", () => {
    assert.deepStrictEqual(split([bytesOf("a\nb")], MAX), ["a", "b"])
    assert.deepStrictEqual(split([bytesOf("a\nb\n")], MAX), ["a", "b"])
    assert.deepStrictEqual(split([], MAX), [])
  })

  it("a last line without newline may be bad too", () => {
    assert.deepStrictEqual(split([bytesOf("a\n"), pieces.cutOff], MAX), ["a", { bad: "NotUtf8" }])
    assert.deepStrictEqual(split([bytesOf("a\n"), pieceOf("over", MAX)], MAX), ["a", { bad: "TooLong" }])
  })
})
