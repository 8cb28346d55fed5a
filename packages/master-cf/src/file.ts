/**
 * Reads and replaces a configuration file of Postfix, main.cf or master.cf.
 *
 * The new text is written to a temporary file in the same directory, synced, and renamed over the old file under Postfix's
 * own lock: a reader sees the old file or the new one, whole, whatever happens. A symbolic link is followed and stays.
 * Owner, group and mode are kept; access control lists and extended attributes are not.
 */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { MasterCfError } from './error.js'
import { takeLock } from './lock.js'

export interface UpdateOptions {
  /** Milliseconds to wait for another writer; default: 5,000. */
  readonly waitMs?: number
}

/** Reads a file as Latin-1 text, with one character for each byte. Throws the error of Node.js. */
export function readText(path: string): string {
  return readFileSync(path, 'latin1')
}

/**
 * Replaces the text of a file by the result of `change`. It reads and writes under one lock. Returns whether it has written the
 * file: it does not when the text is the same. Blocks; `change` must not call this for the same file.
 *
 * Nothing is changed when it throws: what `change` throws, Node's error of any step, `FILE_LOCKED` after `waitMs`,
 * `FILE_CHANGED` when someone who takes no lock (an editor, `>>`) touched the file meanwhile, `BAD_VALUE` for a text with
 * characters that are no bytes.
 */
export function updateText(
  path: string,
  change: (text: string) => string,
  { waitMs = 5_000 }: UpdateOptions = {},
): boolean {
  const target = realpathSync(path)
  const lock = takeLock(`${target}.tmp`, waitMs)
  let renamed = false
  try {
    const before = readWhole(target)
    const text = change(before.text)
    if (text === before.text) return false
    writeLike(lock.descriptor, text, before.stats)
    const now = readWhole(target)
    const same = now.text === before.text && now.stats.ino === before.stats.ino && now.stats.mode === before.stats.mode
    if (!same || realpathSync(path) !== target) {
      throw new MasterCfError('FILE_CHANGED', `${path} was changed by another process meanwhile`)
    }
    renameSync(lock.path, target)
    renamed = true
    syncDirectory(dirname(target))
    return true
  } catch (error) {
    // The errors of write(2) and of other calls on a descriptor have no path.
    if (error instanceof Error && 'syscall' in error && !('path' in error)) Object.assign(error, { path: target })
    throw error
  } finally {
    lock.release(renamed)
  }
}

function readWhole(path: string): { readonly text: string; readonly stats: Stats } {
  const descriptor = openSync(path, 'r')
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new Error(`${path} is not a regular file`)
    return { text: readFileSync(descriptor, 'latin1'), stats }
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a text with the owner and mode of another file. It sets the mode last; until then nobody else can read the file. */
function writeLike(descriptor: number, text: string, { uid, gid, mode }: Stats): void {
  if (/[\u0100-\uffff]/.test(text)) {
    throw new MasterCfError('BAD_VALUE', 'the new text has characters that are no bytes; encode them first')
  }
  const bytes = Buffer.from(text, 'latin1')
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
  const own = fstatSync(descriptor)
  if (own.uid !== uid || own.gid !== gid) fchownSync(descriptor, uid, gid)
  fchmodSync(descriptor, mode & 0o7777)
  fsyncSync(descriptor)
}

/** Syncs the directory, so that the rename survives a power failure. */
function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
