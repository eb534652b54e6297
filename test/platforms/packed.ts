/**
 * What a stranger has: folders with the packed package unpacked into them, and beside it its dependencies and peers only.
 *
 * The package is packed from a copy of the sources, so that the build of `prepare` is the one that is tried and the
 * `dist` of this checkout is left alone. What it depends on is linked from this checkout, so that no registry is asked.
 */
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

export const root = join(import.meta.dirname, "..", "..")

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies: { readonly [name: string]: string }
}

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest

/** Runs a command to its end; gives what it has printed. */
export const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): string => {
  const { status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"]
  })
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${stdout}\n${stderr}`)
  return stdout
}

/** Packs the sources as they are into a tarball in that folder. */
export const pack = (work: string): string => {
  const copy = join(work, "copy")
  mkdirSync(copy)
  for (const name of ["package.json", "tsconfig.json", ".ci", "src", "README.md", "LICENSE", "CHANGELOG.md"]) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir")
  run(copy, "npm", "pack", "--silent", "--offline", "--pack-destination", work)
  return join(work, `${manifest.name}-${manifest.version}.tgz`)
}

/** Puts a package that this checkout has beside what is installed in that folder. */
export const link = (consumer: string, name: string): void => {
  const place = join(consumer, "node_modules", name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(join(root, "node_modules", name), place, "dir")
}

/** Installs the packed package in that folder, with those peers beside it; gives where it is. */
export const install = (packed: string, consumer: string, peers: ReadonlyArray<string>): string => {
  const installed = join(consumer, "node_modules", manifest.name)
  mkdirSync(installed, { recursive: true })
  run(consumer, "tar", "-xzf", packed, "--strip-components=1", "-C", installed)
  for (const peer of [...peers, ...Object.keys(manifest.dependencies)]) link(consumer, peer)
  writeFileSync(join(consumer, "package.json"), `{ "name": "consumer", "private": true, "type": "module" }\n`)
  return installed
}

/**
 * Packs the package, unless there is a tarball; gives what installs it, with those peers and the suite beside it, into a
 * folder of that name.
 */
export const consumers = (work: string, tarball: string | undefined) => {
  const packed = tarball ?? pack(work)
  return (name: string, peers: ReadonlyArray<string>): string => {
    const consumer = join(work, name)
    install(packed, consumer, peers)
    cpSync(join(import.meta.dirname, "suite"), join(consumer, "suite"), { recursive: true })
    return consumer
  }
}
