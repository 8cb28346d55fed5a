/**
 * Who may write what the runner is told by: a drop-in, a script, a package. Whoever can change one of these, or put
 * another in its place, decides about everybody's mail, so each must belong to root or to the user who runs candy, and no
 * one else may write it or a directory on its path. Symbolic links are followed the way the kernel follows them, and
 * every directory they lead through is looked at too.
 */
import { lstatSync, readdirSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname, join, parse, resolve, sep } from 'node:path'

/** path_resolution(7): the kernel gives up after 40. */
const LINK_LIMIT = 40
/** Files and directories of one package, or of all that are installed together. */
const TREE_LIMIT = 50_000
const STICKY = 0o1000
const OTHERS_WRITE = 0o022

/** Answers for one load: a directory that many files share is looked at once. */
export class Ownership {
  readonly #user: number
  readonly #directories = new Map<string, string | undefined>()
  readonly #trees = new Map<string, string | undefined>()

  /** `user` may own files beside root; by default the user that this process runs as. */
  constructor(user: number = process.geteuid?.() ?? 0) {
    this.#user = user
  }

  /**
   * Why an existing file or directory can't be trusted, or nothing when it can.
   * Throws what lstat(2) throws when it can't be looked at.
   */
  complaint(path: string): string | undefined {
    let links = 0
    let todo = resolve(path)
    for (;;) {
      const parent = this.#parents(dirname(todo))
      if (typeof parent === 'string') return parent
      if (parent !== undefined) {
        if (++links > LINK_LIMIT) return `${path} leads through too many symbolic links`
        todo = join(parent.target, todo.slice(parent.link.length))
        continue
      }
      const stats = lstatSync(todo)
      if (!stats.isSymbolicLink()) return this.#judge(todo, stats, false)
      const owner = this.#owner(todo, stats)
      if (owner !== undefined) return owner
      if (++links > LINK_LIMIT) return `${path} leads through too many symbolic links`
      todo = resolve(dirname(todo), readlinkSync(todo))
    }
  }

  /** The same of everything below a directory, and of what links there lead to. Throws what readdir(3) throws. */
  complaintBelow(directory: string): string | undefined {
    const root = realpathSync(directory)
    if (!this.#trees.has(root)) this.#trees.set(root, this.#below(root))
    return this.#trees.get(root)
  }

  #below(root: string): string | undefined {
    const todo = [root]
    const seen = new Set(todo)
    let count = 0
    for (let directory = todo.pop(); directory !== undefined; directory = todo.pop()) {
      for (const name of readdirSync(directory)) {
        if (++count > TREE_LIMIT) return `there are more than ${TREE_LIMIT} files below ${root}, too many to look at`
        const path = join(directory, name)
        const stats = lstatSync(path)
        const complaint = stats.isSymbolicLink() ? this.#linked(path) : this.#judge(path, stats, false)
        if (complaint !== undefined) return complaint
        const leadsOn = stats.isSymbolicLink()
          ? statSync(path, { throwIfNoEntry: false })?.isDirectory()
          : stats.isDirectory()
        const inner = leadsOn ? realpathSync(path) : undefined
        if (inner === undefined || seen.has(inner)) continue
        seen.add(inner)
        todo.push(inner)
      }
    }
    return undefined
  }

  /** What a link leads to need not be there: then only the directories count in which it could be put. */
  #linked(path: string): string | undefined {
    try {
      return this.complaint(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Looks at a directory and all above it, from the root down: a complaint, or the first link on the way. */
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
      const complaint = this.#judge(path, stats, true)
      this.#directories.set(path, complaint)
      if (complaint !== undefined) return complaint
    }
    return undefined
  }

  #judge(path: string, stats: Stats, above: boolean): string | undefined {
    const owner = this.#owner(path, stats)
    if (owner !== undefined) return owner
    if ((stats.mode & OTHERS_WRITE) === 0) return undefined
    // In root's /tmp others may add names but not replace a name that isn't theirs.
    if (above && stats.isDirectory() && stats.uid === 0 && (stats.mode & STICKY) !== 0) return undefined
    return `others than its owner may write ${path}: chmod go-w ${path}`
  }

  #owner(path: string, stats: Stats): string | undefined {
    if (stats.uid === 0 || stats.uid === this.#user) return undefined
    return `${path} belongs to user ${stats.uid}, not to root or the user who runs candy`
  }
}
