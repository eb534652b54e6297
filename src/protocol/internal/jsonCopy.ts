/**
 * A copy of a stranger's JSON, within bounds of depth and size.
 *
 * Only what JSON can say is copied: no accessors, no inherited properties, no cycles, no NaN. Objects of the copy have no
 * prototype, so that `__proto__` is a name like any other. The walk keeps its own stack, however deep the value.
 */

/** What stands in the way of a copy, and where. */
export class NotCopied {
  readonly reason: "NotJson" | "TooDeep" | "TooLarge"
  readonly path: string
  readonly detail: string
  constructor(reason: NotCopied["reason"], path: string, detail: string) {
    this.reason = reason
    this.path = path
    this.detail = detail
  }
}

export interface Bounds {
  /** Arrays and objects inside each other. */
  readonly depth: number
  /** The characters of strings and names, and eight for each value. */
  readonly size: number
}

type Container = Array<unknown> | { [name: string]: unknown }

interface Frame {
  readonly source: object
  readonly target: Container
  /** The names of an object; nothing for an array. */
  readonly names: ReadonlyArray<string> | undefined
  readonly length: number
  index: number
}

/** What a value counts besides its characters. */
const VALUE = 8

/** One step of a JSON pointer. */
export const step = (key: string | number): string => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`

/** Objects of any realm whose prototype is the first one, or none. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const frameOf = (source: object): Frame => {
  if (Array.isArray(source)) return { source, target: [], names: undefined, length: source.length, index: 0 }
  const names = Object.keys(source)
  return { source, target: Object.create(null), names, length: names.length, index: 0 }
}

const keyOf = ({ index, names }: Frame): string | number => names?.[index] ?? index

/** Half a surrogate pair, in which no two programs agree what it means in a name. */
const HALF = /\p{Surrogate}/u

export class Copying {
  readonly #bounds: Bounds
  readonly #seen: (target: object, names: ReadonlyArray<string>) => object
  readonly #frames: Array<Frame> = []
  readonly #open = new Set<object>()
  #size = 0
  #root: unknown

  /** `seen` is called with each object that is complete, and gives what stands for it in the copy. */
  constructor(bounds: Bounds, seen: (target: object, names: ReadonlyArray<string>) => object = (target) => target) {
    this.#bounds = bounds
    this.#seen = seen
  }

  /** The copy; throws `NotCopied`. */
  run(value: unknown): unknown {
    this.#value(value)
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      if (frame.index === frame.length) this.#close(frame)
      else this.#value((frame.source as { readonly [key: string | number]: unknown })[keyOf(frame)])
    }
    return this.#root
  }

  #fail(reason: NotCopied["reason"], detail: string): never {
    const path = this.#frames.map((frame) => step(keyOf(frame))).join("")
    throw new NotCopied(reason, path.length > 500 ? `${path.slice(0, 500)}…` : path, detail)
  }

  #count(size: number): void {
    this.#size += size
    if (this.#size > this.#bounds.size) this.#fail("TooLarge", `it is larger than ${this.#bounds.size} characters`)
  }

  #value(value: unknown): void {
    this.#count(typeof value === "string" ? value.length + VALUE : VALUE)
    if (typeof value === "object" && value !== null) this.#enter(value)
    else if (typeof value === "string" || typeof value === "boolean" || value === null) this.#put(value)
    else if (typeof value === "number" && Number.isFinite(value)) this.#put(value)
    else this.#fail("NotJson", `JSON has no ${typeof value === "number" ? String(value) : typeof value}`)
  }

  #enter(value: object): void {
    if (this.#open.has(value)) this.#fail("NotJson", "it contains itself")
    if (!Array.isArray(value) && !isPlain(value)) this.#fail("NotJson", "it is an instance of a class")
    if (this.#frames.length >= this.#bounds.depth) {
      this.#fail("TooDeep", `it is nested deeper than ${this.#bounds.depth} levels`)
    }
    const frame = frameOf(value)
    for (const name of frame.names ?? []) {
      this.#count(name.length)
      if (HALF.test(name)) this.#fail("NotJson", `the name ${JSON.stringify(name.slice(0, 50))} is not valid Unicode`)
    }
    this.#open.add(value)
    this.#frames.push(frame)
  }

  #close(frame: Frame): void {
    this.#frames.pop()
    this.#open.delete(frame.source)
    this.#put(frame.names === undefined ? frame.target : this.#seen(frame.target, frame.names))
  }

  #put(value: unknown): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) {
      this.#root = value
      return
    }
    ;(frame.target as { [key: string | number]: unknown })[keyOf(frame)] = value
    frame.index++
  }
}
