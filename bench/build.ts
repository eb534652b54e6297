/**
 * Prepares what is started: each program once as plain JavaScript with its packages left outside (so that no run pays
 * for stripping types), and the servers once more as one minified file with everything inside, as a published binary
 * would be. The output goes to `bench/.cache`, inside the package, so that "mcp-effect" resolves to its own `dist`.
 */
import { build, type BuildOptions } from "esbuild"
import { rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { words } from "./args.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const cache = `${here}.cache/`

const common: BuildOptions = {
  absWorkingDir: here,
  outbase: here,
  bundle: true,
  platform: "node",
  target: "node22",
  format: "esm",
  outExtension: { ".js": ".mjs" },
  tsconfigRaw: "{}",
  logLevel: "silent"
}

/** CommonJS packages inside an ESM bundle ask for `require`. */
const REQUIRE = `import { createRequire as _require } from "node:module"; const require = _require(import.meta.url)`

/** The command that starts a prepared program; `flags` are Node's. */
export const command = (program: string, flags = ""): string =>
  [process.execPath, ...words(flags), fileOf(program)].join(" ")
/** The file of a prepared program. */
export const fileOf = (program: string): string => `${cache}plain/${program}.mjs`
export const bundledCommand = (program: string): string => `${process.execPath} ${cache}bundled/${program}.mjs`

const PLAIN = [
  "server",
  "server-modules",
  "client",
  "memory",
  "import",
  "check",
  "large-server",
  "peers/bare-server",
  "peers/bare-http",
  "probe",
  ...["v1", "v2"].flatMap((peer) =>
    ["server", "http", "client", "memory", "check", "large"].map((role) => `peers/${peer}-${role}`)
  )
]
const BUNDLED = ["server", "server-modules", "peers/v1-server", "peers/v2-server"]

/** Builds everything, bundles only if wanted; gives the programs that could not be bundled, with the reason. */
export const prepare = async (bundles: boolean): Promise<Map<string, string>> => {
  rmSync(cache, { recursive: true, force: true })
  await build({
    ...common,
    entryPoints: PLAIN.map((program) => `${program}.ts`),
    outdir: `${cache}plain`,
    packages: "external"
  })
  const failed = new Map<string, string>()
  await Promise.all(
    (bundles ? BUNDLED : []).map(async (program) => {
      try {
        await build({
          ...common,
          entryPoints: [`${program}.ts`],
          outdir: `${cache}bundled`,
          minify: true,
          banner: { js: REQUIRE }
        })
      } catch (error) {
        failed.set(program, (error as Error).message.split("\n")[1] ?? String(error))
      }
    })
  )
  return failed
}
