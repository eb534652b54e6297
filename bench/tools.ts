/**
 * The words of the served tools: names and descriptions, shared by all servers so that their lists differ in nothing
 * but what each library makes of the schemas. The first two tools do the measured work; the others fill the list.
 */
export const ADD = {
  description: "Add two numbers",
  a: "The first number",
  b: "The second number",
  sum: "The sum of both numbers"
} as const

export const ECHO = {
  description: "Give the payload back",
  payload: "The text that comes back"
} as const

/** What a filler's parameters and results are: six parameters and a result of three fields, all described. */
export const SEARCH = {
  query: "What to look for, in plain words",
  limit: "How many hits to return at most",
  mode: "How words are compared",
  tags: "Only documents that carry all of these tags",
  after: "Only documents changed after this date (ISO 8601)",
  archived: "Whether archived documents are searched too",
  total: "How many documents matched",
  titles: "The titles of the hits, best first",
  next: "Where the next page starts, if there is one"
} as const

export const MODES = ["exact", "prefix", "fuzzy"] as const

/** Names of the N - 2 further tools, with a description each. */
export const fillers = (tools: number): Array<{ readonly name: string; readonly description: string }> =>
  Array.from({ length: Math.max(0, tools - 2) }, (_, index) => ({
    name: `search_collection_${index + 1}`,
    description: `Search collection ${index + 1} and return the titles of the documents that match`
  }))

/** Names of N resources, with what they are and what is in them. */
export const documents = (
  count: number
): Array<{ readonly uri: string; readonly name: string; readonly description: string; readonly text: string }> =>
  Array.from({ length: count }, (_, index) => ({
    uri: `docs://collection/${index + 1}`,
    name: `document_${index + 1}`,
    description: `What document ${index + 1} says, as it was written`,
    text: `Document ${index + 1}`
  }))

/** The arguments of every prompt. */
export const SUMMARY = {
  topic: "What the summary is about",
  tone: "How it sounds"
} as const

export const TONES = ["plain", "warm", "formal"] as const

/** Names of N prompts, with a description each. */
export const summaries = (count: number): Array<{ readonly name: string; readonly description: string }> =>
  Array.from({ length: count }, (_, index) => ({
    name: `summary_${index + 1}`,
    description: `Ask for a summary of kind ${index + 1}`
  }))
