/** JSON with one change somewhere in it: another kind of value, a little more or less, a name too many or missing. */

type Json = unknown
type Change = (value: Json) => Json

const OTHERS: ReadonlyArray<Json> = [
  null,
  true,
  0,
  1.5,
  -1,
  1e300,
  "",
  "a",
  "NaN",
  "2020-01-01",
  "5",
  [],
  {},
  [null],
  { a: 1 }
]

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const changesOf = (value: Json): ReadonlyArray<Change> => {
  const others = OTHERS.map(
    (other): Change =>
      () =>
        other
  )
  if (typeof value === "number") return [...others, () => -value, () => value + 1, () => value + 0.5, () => value * 10]
  if (typeof value === "string") {
    return [...others, () => `${value}a`, () => ` ${value}`, () => value.slice(1), () => value.slice(0, -1), () => "😀"]
  }
  if (Array.isArray(value)) {
    return [
      ...others,
      () => value.slice(1),
      () => [...value, null],
      () => [...value, ...value.slice(0, 1)],
      () => value.toReversed()
    ]
  }
  if (!isObject(value)) return others
  const names = Object.keys(value)
  const without = names.map(
    (name): Change =>
      () =>
        Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
  )
  return [...others, ...without, () => ({ ...value, extra: null }), () => ({ ...value, "0": "a" })]
}

/** The places of a value, as functions that put something else there. */
const placesOf = (value: Json): ReadonlyArray<readonly [Json, (other: Json) => Json]> => {
  const inside = Array.isArray(value)
    ? value.map((item, index) => [item, (other: Json) => value.with(index, other)] as const)
    : isObject(value)
      ? Object.keys(value).map((name) => [value[name], (other: Json) => ({ ...value, [name]: other })] as const)
      : []
  return [
    [value, (other) => other],
    ...inside.flatMap(([item, put]) =>
      placesOf(item).map(([at, set]) => [at, (other: Json) => put(set(other))] as const)
    )
  ]
}

const pick = <A>(list: ReadonlyArray<A>, index: number): A => list[index % list.length]!

/** The value with one change, chosen by two numbers. */
export const mutated = (value: Json, at: number, how: number): Json => {
  const [there, put] = pick(placesOf(value), at)
  return JSON.parse(JSON.stringify(put(pick(changesOf(there), how)(there))))
}
