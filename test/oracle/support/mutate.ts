/**
 * Messages that are wrong in one or two places, or odd: each kind of mutation changes one place of a message.
 *
 * A place is an object or array of the message and a key in it, present or not. Which place, and with what, is drawn as
 * numbers, so that a case is data.
 */
import { Arbitrary, Schema } from "effect"
import { isObject } from "./amend.ts"
import { constantFor } from "./constants.ts"
import type { Holder } from "./walk.ts"

export const kinds = [
  "delete",
  "null",
  "wrong type",
  "wrong constant",
  "unknown field",
  "other revision",
  "swap",
  "huge number",
  "fraction",
  "empty",
  "many",
  "nest"
] as const
export type Kind = (typeof kinds)[number]

const MOST = 2 ** 20
const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

export interface Mutation {
  readonly kind: Kind
  /** Which place. */
  readonly place: number
  /** What instead. */
  readonly pick: number
}

/** Fields are taken away more often than others are changed: most that is required is required of one shape only. */
const weighted: ReadonlyArray<Kind> = [...kinds, "delete", "delete"]

const mutation: Arbitrary.Arbitrary<Mutation> = Arbitrary.map(
  Arbitrary.schema(Schema.Struct({ kind: upTo(weighted.length - 1), place: upTo(MOST), pick: upTo(MOST) })),
  ({ kind, pick, place }) => ({ kind: weighted[kind]!, place, pick })
)

/** Mostly one change, now and then two or none. */
export const mutations: Arbitrary.Arbitrary<ReadonlyArray<Mutation>> = Arbitrary.map(
  Arbitrary.all({
    all: Arbitrary.all([mutation, mutation]),
    count: Arbitrary.schema(Schema.Literals([1, 1.2, 1.4, 1.6, 2, 0]))
  }),
  ({ all, count }) => all.slice(0, Math.floor(count))
)

export interface Place {
  readonly holder: Holder
  readonly key: string
}

const types: ReadonlyArray<unknown> = ["text", 7, true, { a: 1 }, ["b"], [], {}, null, { "": { "": [] } }]
const huge = [2 ** 53, -(2 ** 53), 2 ** 53 - 1, 2 ** 64, 1e300, -1e300]
const fractions = [0.5, 1.5, -0.5, 1e-9, -1, 2, 0, 100.25]
const unknowns = ["x-own", "__proto__", "constructor", "toString", "", "Type", "type ", "0"]

/** An item of a list that goes round. */
export const of = <A>(values: ReadonlyArray<A>, index: number): A => values[index % values.length]!

const copy = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)))

/** What is there, never what is inherited: a key may be `__proto__`. */
const get = ({ holder, key }: Place): unknown =>
  Object.hasOwn(holder, key) ? (holder as { [key: string]: unknown })[key] : undefined

/** Own, whatever its name. */
const set = ({ holder, key }: Place, value: unknown): void =>
  void Object.defineProperty(holder, key, { value: copy(value), configurable: true, enumerable: true, writable: true })

const remove = ({ holder, key }: Place): void => {
  if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else delete holder[key]
}

const addUnknown = (place: Place, index: number): void => {
  const inside = get(place)
  const holder = isObject(inside) ? (inside as Holder) : place.holder
  if (Array.isArray(holder)) holder.push(of(types, index))
  else set({ holder, key: of(unknowns, index) }, of(types, index >> 3))
}

const swap = (place: Place, other: Place): void => {
  const [one, two] = [get(place), get(other)].map(copy)
  set(place, two)
  set(other, one)
}

const many = (place: Place): void => {
  const value = get(place)
  const item = Array.isArray(value) && value.length > 0 ? value[0] : "many"
  set(
    place,
    Array.from({ length: 101 }, () => item)
  )
}

const nest = (place: Place, index: number): void => {
  const value = get(place)
  if (Array.isArray(value) && value.length > 0 && index % 2 === 0) set(place, value[0])
  else set(place, index % 3 === 0 ? { value } : [value])
}

/** One of the places, the first of them more often: deep places are many. */
const near = <A>(places: ReadonlyArray<A>, index: number): A =>
  places[Math.floor((index / (MOST + 1)) ** 2 * places.length)]!

/** Where a kind of mutation makes most of what is there. */
const suited: { readonly [K in Kind]?: (value: unknown) => boolean } = {
  "wrong constant": (value) => typeof value === "string",
  "huge number": (value) => typeof value === "number",
  fraction: (value) => typeof value === "number",
  many: Array.isArray
}

const placeFor = ({ kind, pick, place }: Mutation, places: ReadonlyArray<Place>): Place => {
  const suits = suited[kind]
  const fitting = suits === undefined || pick % 4 === 0 ? places : places.filter((one) => suits(get(one)))
  return near(fitting.length === 0 ? places : fitting, place)
}

/** Changes one of the places; `others` are fields that only other revisions have there. */
export const mutate = (mutation: Mutation, places: ReadonlyArray<Place>, others: ReadonlyArray<Place>): void => {
  const place = placeFor(mutation, places)
  switch (mutation.kind) {
    case "delete":
      return remove(place)
    case "null":
      return set(place, null)
    case "wrong type":
      return set(place, of(types, mutation.pick))
    case "wrong constant":
      return set(place, constantFor(place.key, mutation.pick))
    case "unknown field":
      return addUnknown(place, mutation.pick)
    case "other revision":
      return set(others.length === 0 ? place : near(others, mutation.place), of(types, mutation.pick))
    case "swap":
      return swap(place, near(places, mutation.pick))
    case "huge number":
      return set(place, of(huge, mutation.pick))
    case "fraction":
      return set(place, of(fractions, mutation.pick))
    case "empty":
      return set(place, of([{}, [], ""], mutation.pick))
    case "many":
      return many(place)
    case "nest":
      return nest(place, mutation.pick)
  }
}
