/**
 * Sealed cursors: a position in a list that only this server can have written, and only for that list.
 *
 * The text of a cursor is authenticated (HMAC-SHA-256, cut to 128 bits) by a key that is made when the first one is
 * needed and ends with the process. Positions are not secret; nothing else is in a cursor.
 */
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Result from "effect/Result"
import { cursorOf, LONGEST_CURSOR, positionOf } from "../../protocol/methods/pagination.ts"

const MAC_BYTES = 16
const algorithm = { name: "HMAC", hash: "SHA-256" } as const
const makeKey = () =>
  crypto.subtle.importKey("raw", crypto.getRandomValues(new Uint8Array(32)), algorithm, false, ["sign"])

export class Cursors {
  #made: ReturnType<typeof makeKey> | undefined

  /** The cursor that goes on after a position of a method's list. */
  seal(method: string, position: string): Effect.Effect<string> {
    const text = cursorOf(method, position)
    if (text.length > LONGEST_CURSOR) {
      const detail = `A position in "${method}" has ${position.length} characters; it must fit into a cursor`
      return Effect.die(new Error(detail))
    }
    return Effect.map(this.#mac(text), (mac) => `${text}.${mac}`)
  }

  /** The position that a cursor of a method's list names; nothing when this server did not write it for that list. */
  open(method: string, cursor: string): Effect.Effect<string | undefined> {
    const dot = cursor.lastIndexOf(".")
    const text = cursor.slice(0, Math.max(dot, 0))
    const position = positionOf(method, text)
    const mac = Result.getOrUndefined(Base64Url.decode(cursor.slice(dot + 1)))
    if (position === undefined || mac?.length !== MAC_BYTES) return Effect.succeed(undefined)
    return Effect.map(this.#mac(text), (expected) => (sameText(`${text}.${expected}`, cursor) ? position : undefined))
  }

  #mac(text: string): Effect.Effect<string> {
    return Effect.promise(() => {
      this.#made ??= makeKey()
      return this.#made.then((key) => crypto.subtle.sign(algorithm, key, new TextEncoder().encode(text)))
    }).pipe(Effect.map((mac) => Base64Url.encode(new Uint8Array(mac).subarray(0, MAC_BYTES))))
  }
}

/** Compares in a time that says nothing about where two texts differ. */
const sameText = (a: string, b: string): boolean => {
  let difference = a.length ^ b.length
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at)
  return difference === 0
}
