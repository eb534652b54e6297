/**
 * Runs before the programs of package.json: one sentence instead of a riddle where the pinned Node was not installed.
 */
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `This is Node ${process.versions.node}, mcp-effect needs 22.19 or later; ` +
      "run `npm install` without `--ignore-scripts`, so that the Node of the lockfile is there.\n"
  )
  process.exit(1)
}
