/**
 * Secrets, and the keys that are made of them: each purpose has a key of its own.
 *
 * The first secret writes, all of them read. Where there is none, one is made that ends with the process.
 */
import * as Redacted from "effect/Redacted"

const encoder = new TextEncoder()

export class Secrets {
  readonly #secrets: ReadonlyArray<Uint8Array>
  /** Whether they end with the process. */
  readonly areOwn: boolean

  constructor(secrets: ReadonlyArray<Redacted.Redacted<string>> = []) {
    this.areOwn = secrets.length === 0
    this.#secrets = this.areOwn
      ? [crypto.getRandomValues(new Uint8Array(32))]
      : secrets.map((secret) => encoder.encode(Redacted.value(secret)))
  }

  /** 32 bytes for a purpose, of each secret. */
  derive(purpose: string): Promise<ReadonlyArray<ArrayBuffer>> {
    const said = encoder.encode(`mcp-effect/${purpose}/`)
    return Promise.all(
      this.#secrets.map((secret) => {
        const bytes = new Uint8Array(said.length + secret.length)
        bytes.set(said)
        bytes.set(secret, said.length)
        return crypto.subtle.digest("SHA-256", bytes)
      })
    )
  }
}
