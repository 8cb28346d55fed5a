/** The files of a Debian package before they are written: every path once, with its content and mode. All belong to root. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

export type Entry =
  | { readonly kind: 'file'; readonly content: Buffer; readonly mode: 0o644 | 0o755 }
  | { readonly kind: 'link'; readonly target: string }

export class Tree {
  readonly #entries = new Map<string, Entry>()

  /** By their paths, without a slash at the beginning, in order. */
  get entries(): readonly (readonly [path: string, entry: Entry])[] {
    return [...this.#entries].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  /** The configuration files, which dpkg asks about before it replaces a changed one (deb-conffiles(5)). */
  get conffiles(): readonly string[] {
    return this.entries.map(([path]) => path).filter((path) => path.startsWith('etc/'))
  }

  /** Kilobytes, as deb-substvars(5) counts them for Installed-Size. */
  get kilobytes(): number {
    const sizes = this.entries.map(([, entry]) => (entry.kind === 'file' ? Math.ceil(entry.content.length / 1024) : 1))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  addFile(path: string, content: Buffer | string, mode: 0o644 | 0o755 = 0o644): void {
    this.#add(path, { kind: 'file', content: Buffer.from(content), mode })
  }

  /** Compressed as Policy asks for (`gzip -9n`). */
  addCompressed(path: string, content: Buffer | string): void {
    this.addFile(`${path}.gz`, gzipSync(content, { level: 9 }))
  }

  addLink(path: string, target: string): void {
    this.#add(path, { kind: 'link', target })
  }

  /** Copies the files below a directory that are wanted. A file that its owner may run is one that everybody may run. */
  addDirectory(path: string, from: string, isWanted: (path: string) => boolean): void {
    for (const name of filesBelow(from)) {
      if (!isWanted(name)) continue
      const file = join(from, name)
      this.addFile(join(path, name), readFileSync(file), (statSync(file).mode & 0o100) === 0 ? 0o644 : 0o755)
    }
  }

  #add(path: string, entry: Entry): void {
    if (this.#entries.has(path)) throw new Error(`two files are /${path}`)
    this.#entries.set(path, entry)
  }
}

/** The paths of all files below a directory, relative to it; none where it does not exist. */
export function filesBelow(directory: string): readonly string[] {
  const entries = statSync(directory, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(directory, { withFileTypes: true })
    : []
  return entries.flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(directory, entry.name)).map((name) => join(entry.name, name)) : [entry.name],
  )
}
