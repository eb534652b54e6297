/**
 * Sealed text: authenticated encryption (AES-256-GCM) by a key that has a name, bound to what it is about.
 *
 * The first key seals, all of them open: a new key is put in front of the old one, which goes when nothing that it sealed
 * can still come back. Text that was altered, or that is about something else, does not open; a name that is not known is
 * told apart, since that is what a server meets that lacks a key.
 */
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Result from "effect/Result"
import type { Secrets } from "../secrets.ts"

/** Why a text did not open. */
export type Unopened = "UnknownKey" | "Altered"

const ALGORITHM = "AES-GCM"
const IV_BYTES = 12
const NAME_BYTES = 6

interface Key {
  readonly name: string
  readonly key: Awaited<ReturnType<typeof crypto.subtle.importKey>>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class Sealing {
  readonly #secrets: Secrets
  #keys: Promise<ReadonlyArray<Key>> | undefined

  constructor(secrets: Secrets) {
    this.#secrets = secrets
  }

  #made(): Promise<ReadonlyArray<Key>> {
    this.#keys ??= Promise.all([this.#secrets.derive("state-name"), this.#secrets.derive("state")]).then(
      ([names, keys]) =>
        Promise.all(
          keys.map((raw, index) =>
            crypto.subtle.importKey("raw", raw, ALGORITHM, false, ["encrypt", "decrypt"]).then((key) => ({
              name: Base64Url.encode(new Uint8Array(names[index]!).subarray(0, NAME_BYTES)),
              key
            }))
          )
        )
    )
    return this.#keys
  }

  /** Seals a text that is about something. */
  seal(text: string, about: string): Effect.Effect<string> {
    return Effect.promise(() =>
      this.#made().then((keys) => {
        const { key, name } = keys[0]!
        const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
        const algorithm = { name: ALGORITHM, iv, additionalData: encoder.encode(about) }
        return crypto.subtle.encrypt(algorithm, key, encoder.encode(text)).then((sealed) => {
          const bytes = new Uint8Array(IV_BYTES + sealed.byteLength)
          bytes.set(iv)
          bytes.set(new Uint8Array(sealed), IV_BYTES)
          return `${name}.${Base64Url.encode(bytes)}`
        })
      })
    )
  }

  /** Opens what was sealed about the same thing. */
  open(sealed: string, about: string): Effect.Effect<string, Unopened> {
    const dot = sealed.indexOf(".")
    const bytes = Result.getOrUndefined(Base64Url.decode(sealed.slice(dot + 1)))
    // decoders are lenient: what does not come out the same again was not written here
    if (dot < 0 || bytes === undefined || Base64Url.encode(bytes) !== sealed.slice(dot + 1))
      return Effect.fail("Altered")
    return Effect.flatMap(
      Effect.promise(() => this.#made()),
      (keys) => {
        const key = keys.find(({ name }) => name === sealed.slice(0, dot))?.key
        if (key === undefined) return Effect.fail("UnknownKey" as const)
        const algorithm = { name: ALGORITHM, iv: bytes.slice(0, IV_BYTES), additionalData: encoder.encode(about) }
        return Effect.tryPromise({
          try: () => crypto.subtle.decrypt(algorithm, key, bytes.slice(IV_BYTES)).then((text) => decoder.decode(text)),
          catch: () => "Altered" as const
        })
      }
    )
  }
}
