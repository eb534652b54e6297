/**
 * JSON in one order: two values are the same if they are the same JSON, whatever the order of the members of their objects.
 *
 * It is for comparing, as text; nobody reads it back.
 */

/** A value in which the order of members is always the same; an object does not look like a list. */
export const canonical = (value: unknown): unknown => {
  // a number too large for JSON would be written as null
  if (typeof value === "number" && !Number.isFinite(value)) return ["#", String(value)]
  if (Array.isArray(value)) return ["[", ...value.map(canonical)]
  if (typeof value !== "object" || value === null) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return ["{", ...members.map(([key, member]) => [key, canonical(member)])]
}
