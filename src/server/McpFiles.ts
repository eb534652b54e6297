/**
 * The files of a directory as resources: listed on demand, read as text or bytes, never from outside the directory.
 *
 * A URI is the prefix and the path of a file. What would lead out is not found: `..`, an absolute path, an encoded slash, a
 * symlink whose target is elsewhere. It needs Effect's `FileSystem` and `Path`, which `NodeServices.layer` provides.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type * as PlatformError from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { ResourceContents } from "../protocol/McpContent.ts"
import { McpFault } from "../protocol/McpError.ts"
import type { CacheHints } from "../protocol/McpSchema.ts"
import type { Resource } from "../protocol/methods/resources.ts"
import * as McpResource from "./McpResource.ts"
import { McpRequest } from "./McpRequest.ts"
import { McpServer } from "./McpServer.ts"

export interface Options {
  /** The directory. Symlinks in its own path are followed. */
  readonly root: string
  /** What stands before the path of a file in its URI, with a slash at its end: `docs:///`. */
  readonly uri: string
  /** A name for programs. Default: `files`. */
  readonly name?: string | undefined
  /** A name for people. */
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** The type of a file, by its path; by its extension where it says nothing. */
  readonly mimeType?: ((path: string) => string | undefined) | undefined
  /** Bytes of a file that may be read. Default: 4 MB. */
  readonly maxSize?: number | undefined
  /** How long, and by whom, what is read may be cached. */
  readonly cache?: CacheHints | undefined
  /**
   * Tell clients of files that change, as far as the system tells: Node follows symlinks and may fall silent where one
   * leads to itself. Default: false.
   */
  readonly watch?: boolean | undefined
}

const MAX_SIZE = 4 * 1024 * 1024

const types = new Map(
  Object.entries({
    "text/plain": "txt log ini conf env",
    "text/markdown": "md markdown",
    "text/html": "html htm",
    "text/css": "css",
    "text/csv": "csv",
    "text/javascript": "js mjs cjs",
    "text/x-typescript": "ts mts cts tsx",
    "application/json": "json map",
    "application/yaml": "yaml yml",
    "application/toml": "toml",
    "application/xml": "xml xsl",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "image/svg+xml": "svg",
    "image/png": "png",
    "image/jpeg": "jpg jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "video/mp4": "mp4"
  }).flatMap(([type, extensions]) => extensions.split(" ").map((extension) => [extension, type] as const))
)

const typeOf = (path: string): string | undefined => types.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase())

/** A path that stays where it is: segments with names, and slashes between. */
const isPlain = (path: string): boolean =>
  !/[\\\0]/.test(path) && path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..")

const hidesSlash = (uri: string): boolean => /%(?:2f|5c|00)/i.test(uri)

/** Text if the bytes are UTF-8 without zeros, bytes otherwise. */
const textOrBytes = (bytes: Uint8Array): string | Uint8Array =>
  bytes.includes(0)
    ? bytes
    : Result.getOrElse(
        Result.try(() => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)),
        () => bytes
      )

const isMissing = ({ reason }: PlatformError.PlatformError): boolean =>
  reason._tag === "NotFound" || reason._tag === "PermissionDenied" || reason._tag === "BadResource"

class Files {
  readonly #fs: FileSystem.FileSystem
  readonly #path: Path.Path
  readonly #root: string
  /** What the path of every file begins with. */
  readonly #inside: string
  readonly #options: Options

  constructor(fs: FileSystem.FileSystem, path: Path.Path, root: string, options: Options) {
    this.#fs = fs
    this.#path = path
    this.#root = root
    this.#inside = root.endsWith(path.sep) ? root : root + path.sep
    this.#options = options
  }

  typeOf(path: string): string | undefined {
    return this.#options.mimeType?.(path) ?? typeOf(path)
  }

  uriOf(path: string): string {
    return this.#options.uri + path.split("/").map(encodeURIComponent).join("/")
  }

  /** Reads a file, by its path under the root, for who asked for it by a URI. */
  read(path: string, uri: string): Effect.Effect<ReadonlyArray<ResourceContents>, McpFault> {
    const missing = McpResource.notFound(uri)
    const max = this.#options.maxSize ?? MAX_SIZE
    return Effect.gen({ self: this }, function* () {
      const real = yield* Effect.mapError(this.#fs.realPath(this.#path.join(this.#root, path)), () => missing)
      if (!real.startsWith(this.#inside)) return yield* missing
      const { size, type } = yield* this.#fs.stat(real)
      if (type !== "File") return yield* missing
      if (Number(size) > max) {
        return yield* new McpFault({ fault: "Internal", detail: `${uri} has ${size} bytes; at most ${max} are read` })
      }
      const bytes = yield* this.#fs.readFile(real)
      return [McpResource.contents(uri, textOrBytes(bytes), { mimeType: this.typeOf(path) })]
    }).pipe(Effect.catchTag("PlatformError", (error) => (isMissing(error) ? Effect.fail(missing) : Effect.die(error))))
  }

  /** All files under the root, in the order of their paths. What a symlink points to is not listed. */
  list(path = ""): Stream.Stream<Resource> {
    const directory = path === "" ? this.#root : this.#path.join(this.#root, path)
    const entries = Effect.map(this.#fs.readDirectoryEntries(directory), (entries) =>
      entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    )
    return Stream.fromIterableEffect(Effect.catch(entries, () => Effect.succeed([]))).pipe(
      Stream.flatMap(({ name, type }): Stream.Stream<Resource> => {
        const child = path === "" ? name : `${path}/${name}`
        if (type === "Directory") return this.list(child)
        if (type !== "File") return Stream.empty
        const mimeType = this.typeOf(child)
        return Stream.succeed({ uri: this.uriOf(child), name: child, ...(mimeType === undefined ? {} : { mimeType }) })
      })
    )
  }

  /** Tells of every file that changes, and of the list when one comes or goes. */
  watch(server: McpServer["Service"]): Stream.Stream<void, PlatformError.PlatformError> {
    return Stream.mapEffect(this.#fs.watch(this.#root, { recursive: true }), ({ _tag, path }) => {
      const absolute = this.#path.isAbsolute(path) ? path : this.#path.join(this.#root, path)
      const relative = this.#path.relative(this.#root, absolute).split(this.#path.sep).join("/")
      const told = server.updated(this.uriOf(relative))
      return _tag === "Update" ? told : Effect.andThen(told, server.listChanged("resources"))
    })
  }
}

/**
 * Serves the files of a directory. Fails when there is no such directory.
 *
 * ```ts
 * const Docs = McpFiles.layer({ root: "./docs", uri: "docs:///" })
 * ```
 */
export const layer = (
  options: Options
): Layer.Layer<never, PlatformError.PlatformError, McpServer | FileSystem.FileSystem | Path.Path> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const files = new Files(fs, path, yield* fs.realPath(options.root), options)
      const template = McpResource.template(`${options.uri}{+path}`, {
        name: options.name ?? "files",
        title: options.title,
        description: options.description,
        cache: options.cache,
        parameters: { path: Schema.String }
      })
      const read = ({ path }: { readonly path: string }) =>
        Effect.flatMap(McpRequest, ({ name: uri = "" }) =>
          isPlain(path) && !hidesSlash(uri) ? files.read(path, uri) : Effect.fail(McpResource.notFound(uri))
        )
      const reading = template.toLayer(read, { list: files.list() })
      if (options.watch !== true) return reading
      const watching = Effect.gen(function* () {
        const server = yield* McpServer
        const told = Stream.runDrain(files.watch(server))
        yield* Effect.forkScoped(
          Effect.catch(told, (error) => Effect.logError("Files are not watched any more", error))
        )
      })
      return Layer.merge(reading, Layer.effectDiscard(watching))
    })
  )
