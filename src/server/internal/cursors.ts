/**
 * Sealed cursors: a position in a list that only this server can have written, and only for that list.
 *
 * The text of a cursor is authenticated (HMAC-SHA-256, cut to 128 bits) by a key of the server's secrets: those that
 * it is given, or one that ends with the process. Positions are not secret; nothing else is in a cursor.
 */
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Result from "effect/Result"
import { Secrets } from "./secrets.ts"
import { cursorOf, LONGEST_CURSOR, positionOf } from "../../protocol/methods/pagination.ts"

const MAC_BYTES = 16
const algorithm = { name: "HMAC", hash: "SHA-256" } as const
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

export class Cursors {
  readonly #secrets: Secrets
  #keys: Promise<ReadonlyArray<Key>> | undefined

  constructor(secrets = new Secrets()) {
    this.#secrets = secrets
  }

  /** The cursor that goes on after a position of a method's list. */
  seal(method: string, position: string): Effect.Effect<string> {
    const text = cursorOf(method, position)
    if (text.length > LONGEST_CURSOR) {
      const detail = `A position in "${method}" has ${position.length} characters; it must fit into a cursor`
      return Effect.die(new Error(detail))
    }
    return Effect.map(this.#macs(text), ([mac]) => `${text}.${mac}`)
  }

  /** The position that a cursor of a method's list names; nothing when this server did not write it for that list. */
  open(method: string, cursor: string): Effect.Effect<string | undefined> {
    const dot = cursor.lastIndexOf(".")
    const text = cursor.slice(0, Math.max(dot, 0))
    const position = positionOf(method, text)
    const mac = Result.getOrUndefined(Base64Url.decode(cursor.slice(dot + 1)))
    if (position === undefined || mac?.length !== MAC_BYTES) return Effect.succeed(undefined)
    return Effect.map(this.#macs(text), (macs) =>
      macs.some((expected) => sameText(`${text}.${expected}`, cursor)) ? position : undefined
    )
  }

  /** What each key says of a text, the key that writes first. */
  #macs(text: string): Effect.Effect<ReadonlyArray<string>> {
    const bytes = new TextEncoder().encode(text)
    return Effect.promise(() => {
      this.#keys ??= this.#secrets
        .derive("cursor")
        .then((raws) => Promise.all(raws.map((raw) => crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]))))
      return this.#keys.then((keys) => Promise.all(keys.map((key) => crypto.subtle.sign(algorithm, key, bytes))))
    }).pipe(Effect.map((macs) => macs.map((mac) => Base64Url.encode(new Uint8Array(mac).subarray(0, MAC_BYTES)))))
  }
}

/** Compares in a time that says nothing about where two texts differ. */
const sameText = (a: string, b: string): boolean => {
  let difference = a.length ^ b.length
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at)
  return difference === 0
}
