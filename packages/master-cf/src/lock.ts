/**
 * The lock under which a configuration file is replaced. It is Postfix's own (src/util/edit_file.c), so that postconf -e, -F
 * and -P wait for this process, and this process waits for them.
 *
 * The temporary file has a fixed name: that of the configuration file with `.tmp` behind it. The process that holds flock(2)
 * on the temporary file may write it and rename it over the configuration file. The kernel releases the lock when the
 * process exits, so a crash leaves at most a temporary file, which the next process locks and overwrites.
 *
 * Node.js has no flock(2). flock(1) inherits our open file description and locks that, so the lock stays when flock(1) exits.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, type Stats, unlinkSync } from 'node:fs'
import { MasterCfError } from './error.js'

const RETRY_MS = 50

/** The temporary file: open, empty, locked and of mode 0600. */
export interface Lock {
  /** The temporary file's path. */
  readonly path: string
  readonly descriptor: number
  /** Removes the temporary file, unless `renamed` says that it is now the configuration file, and unlocks it. Call it once. */
  release(renamed: boolean): void
}

/**
 * Creates and locks the temporary file; while another process holds the lock, blocks for up to `waitMs` milliseconds. The
 * kernel releases the lock when this process exits, however it exits.
 *
 * Throws `FILE_LOCKED` when the time is over, Node's error when the file cannot be created, examined or removed (`ELOOP`
 * where it is a symbolic link), and an Error when flock(1) is missing or fails.
 */
export function takeLock(temporaryPath: string, waitMs: number): Lock {
  const deadline = Date.now() + waitMs
  for (let tries = 0; ; tries++) {
    if (tries > 0) {
      if (Date.now() >= deadline) {
        const file = temporaryPath.replace(/\.tmp$/, '')
        throw new MasterCfError(
          'FILE_LOCKED',
          `${file} is being changed by another program, which holds the lock on ${temporaryPath}: try again when it has finished`,
        )
      }
      sleep(RETRY_MS)
    }
    const descriptor = openSync(temporaryPath, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    try {
      if (flock(descriptor) && isUsableOrRemoved(temporaryPath, descriptor)) {
        ftruncateSync(descriptor)
        return {
          path: temporaryPath,
          descriptor,
          release: (renamed) => release(temporaryPath, descriptor, renamed),
        }
      }
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
    closeSync(descriptor)
  }
}

/** Blocks: Node.js has no other sleep without a promise. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

function release(temporaryPath: string, descriptor: number, renamed: boolean): void {
  try {
    // Somebody may have removed our file by hand, and another process may have created its own since: that one stays.
    if (!renamed && isSameFile(temporaryPath, fstatSync(descriptor))) unlinkSync(temporaryPath)
  } finally {
    closeSync(descriptor)
  }
}

/** Tries to lock, without waiting. flock(1) exits with status 1 when another process holds the lock. */
function flock(descriptor: number): boolean {
  const { status, error, stderr } = spawnSync('flock', ['-x', '-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', descriptor],
  })
  if (error !== undefined) throw new Error('flock(1), part of util-linux, is needed', { cause: error })
  if (status !== 0 && status !== 1) throw new Error(`flock(1) failed: ${stderr.toString().trim()}`)
  return status === 0
}

/** Whether the locked file can be written. Removes a temporary file that cannot, so that the next try creates a new one. */
function isUsableOrRemoved(temporaryPath: string, descriptor: number): boolean {
  const locked = fstatSync(descriptor)
  // Between our open(2) and flock(2), the process that held the lock renamed or removed the file.
  if (!isSameFile(temporaryPath, locked)) return false
  // It must be a regular file, and not have a second name: after a crash during rename(2) that can be the configuration
  // file. A mode other than 0600 is that of the configuration file, which a writer had set before it crashed.
  if (locked.isFile() && locked.nlink === 1 && (locked.mode & 0o7777) === 0o600) return true
  unlinkSync(temporaryPath)
  return false
}

function isSameFile(path: string, { ino, dev }: Stats): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.ino === ino && found.dev === dev
}
