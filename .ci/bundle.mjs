/**
 * The build as Node loads it: the same modules, gathered into few files.
 *
 * Node pays for each file that it loads, and a server has about eighty of ours. Every entry becomes a file with what it
 * shares with others in chunks beside it. Bundlers get the modules one by one (the condition `module`), since they drop
 * what is not used better without chunks.
 */
import { build } from "esbuild"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const { exports: entries } = JSON.parse(readFileSync(`${root}package.json`, "utf8"))

const modules = Object.values(entries).flatMap(({ module }) => {
  if (module === undefined) return []
  if (!module.includes("*")) return [module]
  const [folder, end] = module.split("*")
  return readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(end))
    .map((file) => folder + file)
})

rmSync(`${root}dist/bundled`, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: modules,
  outbase: "dist",
  outdir: "dist/bundled",
  chunkNames: "chunks/[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  platform: "neutral",
  format: "esm",
  target: "es2023",
  sourcemap: true,
  logLevel: "warning"
})
