/**
 * Checks who may write drop-ins, scripts and packages. A user who can change one of them, or replace it, decides about everybody's
 * mail. So each must belong to root or to the user who runs candy, and nobody else may write it or a directory on its path. Symbolic
 * links are followed as the kernel follows them, and every directory on the way is checked too.
 */
import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname, join, parse, resolve, sep } from 'node:path'

/** The largest number of symbolic links on a path: the kernel gives up after 40 (path_resolution(7)). */
const LINK_LIMIT = 40
/** The largest number of files and directories of one package, or of all packages that are installed together. */
const TREE_LIMIT = 50_000
const STICKY = 0o1000
const OTHERS_WRITE = 0o022

/** Checks the files of one configuration. It remembers its results, so a directory that many files share is checked once. */
export class Ownership {
  readonly #user: number
  readonly #directories = new Map<string, string | undefined>()
  readonly #trees = new Map<string, string | undefined>()

  /** `user` is the user whose files are trusted beside those of root; by default the user of this process. */
  constructor(user: number = process.geteuid?.() ?? 0) {
    this.#user = user
  }

  /** Says why a file or directory cannot be trusted; undefined when it can. Throws the error of lstat(2), also when it does not exist. */
  complaint(path: string): string | undefined {
    let links = 0
    let pending = resolve(path)
    for (;;) {
      const parent = this.#parents(dirname(pending))
      if (typeof parent === 'string') return parent
      if (parent !== undefined) {
        if (++links > LINK_LIMIT) return `${path} leads through too many symbolic links`
        pending = join(parent.target, pending.slice(parent.link.length))
        continue
      }
      const stats = lstatSync(pending)
      if (!stats.isSymbolicLink()) return this.#check(pending, stats, false)
      const owner = this.#owner(pending, stats)
      if (owner !== undefined) return owner
      if (++links > LINK_LIMIT) return `${path} leads through too many symbolic links`
      pending = resolve(dirname(pending), readlinkSync(pending))
    }
  }

  /** Checks everything below a directory, and what the links there lead to. Throws the error of readdir(3) or lstat(2). */
  complaintBelow(directory: string): string | undefined {
    const root = realpathSync(directory)
    if (!this.#trees.has(root)) this.#trees.set(root, this.#below(root))
    return this.#trees.get(root)
  }

  #below(root: string): string | undefined {
    const pending = [root]
    const seen = new Set(pending)
    let count = 0
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      for (const name of readdirSync(directory)) {
        if (++count > TREE_LIMIT) return `there are more than ${TREE_LIMIT} files below ${root}, too many to look at`
        const path = join(directory, name)
        const stats = lstatSync(path)
        const complaint = stats.isSymbolicLink() ? this.#linked(path) : this.#check(path, stats, false)
        if (complaint !== undefined) return complaint
        const leadsOn = stats.isSymbolicLink()
          ? statSync(path, { throwIfNoEntry: false })?.isDirectory()
          : stats.isDirectory()
        const inner = leadsOn ? realpathSync(path) : undefined
        if (inner === undefined || seen.has(inner)) continue
        seen.add(inner)
        pending.push(inner)
      }
    }
    return undefined
  }

  /** Checks what a link leads to. That may be missing; then the directories on the way are checked, in which it could be made. */
  #linked(path: string): string | undefined {
    try {
      return this.complaint(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Checks a directory and all above it, from the root down. Returns a complaint, or the first link on the way, or undefined. */
  #parents(directory: string): string | { link: string; target: string } | undefined {
    const { root } = parse(directory)
    const names = directory.slice(root.length).split(sep).filter(Boolean)
    let path = root
    for (let at = 0; at <= names.length; at++) {
      if (at > 0) path = join(path, names[at - 1] ?? '')
      if (this.#directories.has(path)) {
        const known = this.#directories.get(path)
        if (known !== undefined) return known
        continue
      }
      const stats = lstatSync(path)
      if (stats.isSymbolicLink()) {
        return this.#owner(path, stats) ?? { link: path, target: resolve(dirname(path), readlinkSync(path)) }
      }
      const complaint = this.#check(path, stats, true)
      this.#directories.set(path, complaint)
      if (complaint !== undefined) return complaint
    }
    return undefined
  }

  #check(path: string, stats: Stats, above: boolean): string | undefined {
    const owner = this.#owner(path, stats)
    if (owner !== undefined) return owner
    if ((stats.mode & OTHERS_WRITE) === 0) return undefined
    // In a sticky directory of root, /tmp for example, users may add names, but not replace those of others.
    if (above && stats.isDirectory() && stats.uid === 0 && (stats.mode & STICKY) !== 0) return undefined
    return `others than its owner may write ${path}: chmod go-w ${path}`
  }

  #owner(path: string, stats: Stats): string | undefined {
    if (stats.uid === 0 || stats.uid === this.#user) return undefined
    return `${path} belongs to user ${stats.uid}, not to root or the user who runs candy`
  }
}
