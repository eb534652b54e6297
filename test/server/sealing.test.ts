/**
 * Sealed text: what was sealed opens by any of the keys, about the same thing; nothing else does.
 *
 * Every character of a sealed text is changed, every length is tried, and every bit of its bytes is turned over. A key that
 * is not there is told apart from a text that was altered.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Result, Schema } from "effect"
import { Base64Url } from "effect/encoding"
import { Sealing } from "../../src/server/internal/asking/sealing.ts"
import { Secrets } from "../../src/server/internal/secrets.ts"
import { property } from "../laws/support/law.ts"

const by = (...all: ReadonlyArray<string>) =>
  new Sealing(new Secrets(all.map((secret) => Redacted.make(secret.repeat(40)))))
const sealing = by("a")
const TEXT = "a text, ünd more 🙂"
const opened = (sealed: string, sealer = sealing, about = "about") => Effect.exit(sealer.open(sealed, about))
const failed = (reason: "Altered" | "UnknownKey") => Exit.fail(reason)

property(
  "a text opens by the key that has sealed it, wherever that stands",
  { text: Schema.String, about: Schema.String, older: Schema.Boolean, newer: Schema.Boolean },
  { keys: ["one", "more"] },
  ({ about, newer, older, text }, seen) =>
    Effect.gen(function* () {
      seen("keys", newer || older ? "more" : "one")
      const json = JSON.stringify(text)
      const sealed = yield* sealing.seal(json, about)
      assert.match(sealed, /^[\w-]{8}\.[\w-]+$/)
      const keys = [...(newer ? ["b"] : []), "a", ...(older ? ["c"] : [])]
      assert.strictEqual(yield* by(...keys).open(sealed, about), json)
    })
)

it.effect("the first key seals", () =>
  Effect.gen(function* () {
    const sealed = yield* by("b", "a").seal(TEXT, "about")
    assert.deepStrictEqual(yield* opened(sealed, by("b")), Exit.succeed(TEXT))
    assert.deepStrictEqual(yield* opened(sealed), failed("UnknownKey"))
  })
)

it.effect("the same text is sealed another way each time, and shows nothing of itself or its key", () =>
  Effect.gen(function* () {
    const all = yield* Effect.all(Array.from({ length: 20 }, () => sealing.seal("aaaaaaaaaaaaaaaa", "about")))
    assert.strictEqual(new Set(all).size, 20)
    for (const sealed of all)
      assert.notInclude(Buffer.from(sealed.split(".")[1]!, "base64url").toString("latin1"), "aaaa")
  })
)

it.effect("a text about something else does not open", () =>
  Effect.gen(function* () {
    const sealed = yield* sealing.seal(TEXT, "about")
    for (const about of ["", "About", "about ", "abou"]) {
      assert.deepStrictEqual(yield* opened(sealed, sealing, about), failed("Altered"))
    }
  })
)

it.effect("without secrets a key is made, and each has its own", () =>
  Effect.gen(function* () {
    const [one, other] = [by(), by()]
    const sealed = yield* one.seal(TEXT, "about")
    assert.deepStrictEqual(yield* opened(sealed, one), Exit.succeed(TEXT))
    assert.deepStrictEqual(yield* opened(sealed, other), failed("UnknownKey"))
  })
)

it.effect("a text with any bit turned over does not open", () =>
  Effect.gen(function* () {
    const sealed = yield* sealing.seal(TEXT, "about")
    const [name, body] = sealed.split(".") as [string, string]
    const bytes = Result.getOrThrow(Base64Url.decode(body))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = Uint8Array.from(bytes)
      turned[bit >> 3]! ^= 1 << (bit & 7)
      assert.deepStrictEqual(yield* opened(`${name}.${Base64Url.encode(turned)}`), failed("Altered"), `bit ${bit}`)
    }
  })
)

const NEAR = ["A", "_", "=", "+", "/", " ", "\n", "\u0000", "é", "."]

it.effect("a text with any character replaced, inserted or left out does not open", () =>
  Effect.gen(function* () {
    const sealed = yield* sealing.seal(TEXT, "about")
    for (let at = 0; at < sealed.length; at++) {
      const [before, after] = [sealed.slice(0, at), sealed.slice(at + 1)]
      const altered = [
        before + after,
        ...NEAR.flatMap((near) => [before + near + after, before + near + sealed.slice(at)])
      ]
      for (const text of altered.filter((text) => text !== sealed)) {
        const exit = yield* opened(text)
        assert.isTrue(Exit.isFailure(exit), `at ${at}: ${text}`)
        // behind the name of the key it is altered; in the name, it is another key's
        if (at > sealed.indexOf(".")) assert.deepStrictEqual(exit, failed("Altered"), text)
      }
    }
  })
)

it.effect("a text that was cut anywhere does not open, nor does what never was one", () =>
  Effect.gen(function* () {
    const sealed = yield* sealing.seal(TEXT, "about")
    for (let length = 0; length < sealed.length; length++) {
      assert.deepStrictEqual(yield* opened(sealed.slice(0, length)), failed("Altered"), `cut to ${length}`)
    }
    for (const text of ["", ".", "..", "a.b.c", sealed + sealed, `${sealed}.`, `.${sealed}`, "🙂", "null", "{}"]) {
      assert.isTrue(Exit.isFailure(yield* opened(text)), text)
    }
  })
)
