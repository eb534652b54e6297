/**
 * One sentence for a Node that is too old, instead of a stack trace from a dependency.
 */
const WANTED: readonly [major: number, minor: number] = [22, 19]

/** Ends the process with that sentence where Node is older than what Effect's platform needs. */
export const requireNode = (): void => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  if (major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1])) return
  process.stderr.write(`mcp-effect needs Node ${WANTED.join(".")} or later; this is Node ${process.versions.node}.\n`)
  process.exit(1)
}
