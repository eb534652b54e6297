/**
 * The runtimes, and how each is given the suite: the sources as they are, or for workerd one bundle.
 *
 * Each comes from npm as a binary of this machine's kind, which needs no script at installation. They get a home of their
 * own and nothing of our environment; Deno may reach the one server and nothing else, workerd gets no flag of compatibility.
 */
import { build } from "esbuild"
import { existsSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./packed.ts"

export interface Command {
  readonly file: string
  readonly args: ReadonlyArray<string>
}

export interface Platform {
  readonly name: string
  /** Says its version. */
  readonly version: Command
  /** Gets the suite ready in the consumer's folder, and says how it is run there and may reach that server only. */
  readonly command: (consumer: string, server: URL) => Promise<Command>
}

/** The file that npm has installed of the packages of that name for many kinds of machines. */
const native = (scope: string, prefix: string, file: string): string => {
  const folder = join(root, "node_modules", scope)
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(prefix)) : []
  const found = names.map((name) => join(folder, name, file)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`${scope}/${prefix}* is not installed: run npm ci`)
  return found
}

const program = (name: string, file: string, args: (server: URL) => ReadonlyArray<string>): Platform => ({
  name,
  version: { file, args: ["--version"] },
  command: (_, server) => Promise.resolve({ file, args: [...args(server), "suite/main.ts"] })
})

/** As the Workers' own bundler does: their conditions, no polyfill. */
const bundle = (consumer: string) =>
  build({
    absWorkingDir: consumer,
    entryPoints: ["suite/worker.ts"],
    outfile: "worker.js",
    bundle: true,
    format: "esm",
    target: "es2023",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "browser", "module"],
    logLevel: "warning"
  })

const workerConfig = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "suite", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js")],
    compatibilityDate = "2026-07-28",
    globalOutbound = "network"
  )), (name = "network", network = (allow = ["private"]))]
);
`

const workerd = (): Platform => {
  const file = native("@cloudflare", "workerd-", "bin/workerd")
  return {
    name: "workerd",
    version: { file, args: ["--version"] },
    command: (consumer) => {
      writeFileSync(join(consumer, "config.capnp"), workerConfig)
      return bundle(consumer).then(() => ({ file, args: ["test", "config.capnp"] }))
    }
  }
}

/** All of them; Node is what the others are compared with. */
export const platforms = (): ReadonlyArray<Platform> => [
  program("node", process.execPath, () => []),
  program("bun", native("@oven", "bun-", "bin/bun"), () => ["run"]),
  program("deno", native("@deno", "", "deno"), ({ host }) => [
    "run",
    "--no-prompt",
    "--cached-only",
    `--allow-net=${host}`
  ]),
  workerd()
]
