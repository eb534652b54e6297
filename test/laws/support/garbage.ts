/**
 * What is not a good message, by kind, and what its sender gets for it.
 *
 * Kinds that a peer may not answer (responses, good or broken, and notifications) expect nothing. `eventually` waits for
 * something to become true as long as anything can still happen without time passing, and then lets the test judge.
 */
import { Effect } from "effect"
import { settle } from "./law.ts"

/** What comes back: an error of this code, with the id of the message or without; or nothing. */
export interface Expected {
  readonly code: number
  readonly withId: boolean
}

export interface Kind {
  readonly text: (id: string) => string
  readonly expected: Expected | undefined
}

const parse: Expected = { code: -32700, withId: false }
const envelope: Expected = { code: -32600, withId: false }
const envelopeWithId: Expected = { code: -32600, withId: true }

const rpc = (members: object): string => JSON.stringify({ jsonrpc: "2.0", ...members })

const kinds = {
  word: { text: () => "listening on port 3000", expected: parse },
  half: { text: (id) => rpc({ id, method: "tools/list" }).slice(0, -3), expected: parse },
  two: { text: (id) => rpc({ id, method: "tools/list" }) + "{}", expected: parse },
  null: { text: () => "null", expected: envelope },
  number: { text: () => "42", expected: envelope },
  batch: { text: (id) => `[${rpc({ id, method: "tools/list" })}]`, expected: envelope },
  empty: { text: () => "{}", expected: envelope },
  neither: { text: () => rpc({}), expected: envelope },
  noVersion: { text: (id) => JSON.stringify({ id, method: "tools/list" }), expected: envelopeWithId },
  oldVersion: { text: (id) => JSON.stringify({ jsonrpc: "1.0", id, method: "tools/list" }), expected: envelopeWithId },
  badMethod: { text: (id) => rpc({ id, method: 7 }), expected: envelopeWithId },
  badParams: { text: (id) => rpc({ id, method: "tools/list", params: "p" }), expected: envelopeWithId },
  foreignSuccess: { text: (id) => rpc({ id, result: {} }), expected: undefined },
  foreignFailure: { text: (id) => rpc({ id, error: { code: 1, message: "m" } }), expected: undefined },
  failureWithoutId: { text: () => rpc({ error: { code: 1, message: "m" } }), expected: undefined },
  brokenResponse: { text: (id) => rpc({ id, result: {}, error: "e" }), expected: undefined },
  resultWithoutId: { text: () => rpc({ result: {} }), expected: undefined },
  unknownNotification: { text: () => rpc({ method: "notifications/unknown", params: { a: 1 } }), expected: undefined },
  oddCancel: { text: () => rpc({ method: "notifications/cancelled", params: { requestId: [1] } }), expected: undefined }
} satisfies { readonly [name: string]: Kind }

/** The names of all kinds. */
export type Name = keyof typeof kinds
export const names = Object.keys(kinds) as ReadonlyArray<Name>
export const garbage: { readonly [N in Name]: Kind } = kinds

/** Lets things happen until something is true, or a long time in which it did not become so. */
export const eventually = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.asVoid(Effect.repeat(settle, { until: holds, times: 100 }))))

/** What arrived, sorted by what it answers: results and errors by id, and the codes of errors without one. */
export const sorted = (texts: ReadonlyArray<string>) => {
  const byId = new Map<unknown, ReadonlyArray<unknown>>()
  const codes: Array<number> = []
  for (const text of texts) {
    const { error, id, method, result } = JSON.parse(text) as {
      readonly id?: unknown
      readonly method?: string
      readonly result?: unknown
      readonly error?: { readonly code: number }
    }
    if (method !== undefined) continue
    if (id === undefined) codes.push(error?.code ?? Number.NaN)
    else byId.set(id, [...(byId.get(id) ?? []), error === undefined ? { result } : { code: error.code }])
  }
  return { byId, codes: codes.toSorted((a, b) => a - b) }
}
