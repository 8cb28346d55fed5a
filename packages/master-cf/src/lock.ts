/**
 * The lock under which a configuration file is replaced: Postfix's own (src/util/edit_file.c), so that postconf -e, -F and
 * -P wait for us and we for them.
 *
 * The temporary file has a fixed name, the file's with `.tmp`, and whoever holds flock(2) on it may write it and rename it.
 * The kernel drops the lock with the process, so a crash leaves at most a file that the next writer takes over. Node.js has
 * no flock(2); flock(1) takes it on the descriptor it inherits, and the lock stays with ours.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, type Stats, unlinkSync } from 'node:fs'
import { MasterCfError } from './error.js'

const RETRY_MS = 50

/** The temporary file, open, empty, locked and of mode 0600. */
export interface Lock {
  readonly path: string
  readonly descriptor: number
  /** Gives the lock back; first takes the temporary file away, unless it was renamed. May be called once. */
  release(renamed: boolean): void
}

/**
 * Makes the file at `path` and locks it, or waits for whoever holds it, and lets go of it when this process ends, however it
 * ends. Blocks. Throws `FILE_LOCKED` after `waitMs` milliseconds, and Node's error when the directory can't be written.
 */
export function takeLock(path: string, waitMs: number): Lock {
  const deadline = Date.now() + waitMs
  for (let tries = 0; ; tries++) {
    if (tries > 0) {
      if (Date.now() >= deadline) throw new MasterCfError('FILE_LOCKED', `${path} is locked by another process`)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
    const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    try {
      if (flock(descriptor) && isOurs(path, descriptor)) {
        ftruncateSync(descriptor)
        return { path, descriptor, release: (renamed) => release(path, descriptor, renamed) }
      }
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
    closeSync(descriptor)
  }
}

function release(path: string, descriptor: number, renamed: boolean): void {
  try {
    // Somebody may have removed it by hand, and another process made its own.
    if (!renamed && isNamed(path, fstatSync(descriptor))) unlinkSync(path)
  } finally {
    closeSync(descriptor)
  }
}

/** Tries flock(2), without waiting. Status 1 is flock(1)'s word for "held by another". */
function flock(descriptor: number): boolean {
  const { status, error, stderr } = spawnSync('flock', ['-x', '-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
  })
  if (error !== undefined) throw new Error('flock(1), part of util-linux, is needed', { cause: error })
  if (status !== 0 && status !== 1) throw new Error(`flock(1) failed: ${stderr.toString().trim()}`)
  return status === 0
}

/** Whether the locked file still has its name (its last holder renamed or removed it while we waited) and is safe to write. */
function isOurs(path: string, descriptor: number): boolean {
  const held = fstatSync(descriptor)
  if (!isNamed(path, held)) return false
  if (held.isFile() && held.nlink === 1 && (held.mode & 0o7777) === 0o600) return true
  // What a crash in the middle of a rename leaves; not to be written into.
  unlinkSync(path)
  return false
}

function isNamed(path: string, { ino, dev }: Stats): boolean {
  const named = lstatSync(path, { throwIfNoEntry: false })
  return named !== undefined && named.ino === ino && named.dev === dev
}
