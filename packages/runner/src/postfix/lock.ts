/**
 * Ensures that only one command at a time changes an instance: main.cf, master.cf, candy.toml, filters.d, and candy's records.
 * The lock file is in the configuration directory, where only root may write, and which is the same directory whatever path leads
 * to it. The kernel releases the lock when its process ends (flock(2)), so a killed command does not block later ones.
 */
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Lock, MasterCfError, takeLock } from '@candy/master-cf'
import { asSystemError } from '../os/system-error.js'
import { PostfixError } from './error.js'

const NAME = 'candy.lock'

/** Milliseconds to wait for the lock: long enough to notice that its last holder has just removed the file. */
const WAIT = 250

/** The content of the lock file: which command holds the lock. */
interface Holder {
  readonly pid: number
  /** The command as it was typed: `candy enable`. */
  readonly command: string
  /** When it took the lock (ISO 8601). */
  readonly since: string
}

/**
 * Runs `act` while it holds the lock. Throws PostfixError, without running it, when another command holds the lock: the text says
 * which command, and what to do.
 */
export async function whileLocked<T>(configDirectory: string, command: string, act: () => Promise<T>): Promise<T> {
  const path = join(configDirectory, NAME)
  const lock = acquire(path, configDirectory)
  try {
    const holder: Holder = { pid: process.pid, command, since: new Date().toISOString() }
    writeHolder(lock, holder)
    return await act()
  } finally {
    lock.release(false)
  }
}

/** Writes who holds the lock into its file. That is only informative, so a full disk is no error here. */
function writeHolder({ descriptor }: Lock, holder: Holder): void {
  try {
    writeSync(descriptor, JSON.stringify(holder))
  } catch (error) {
    if (asSystemError(error)?.kind !== 'disk') throw error
  }
}

function acquire(path: string, configDirectory: string): Lock {
  try {
    return takeLock(path, WAIT)
  } catch (error) {
    if (error instanceof MasterCfError && error.code === 'FILE_LOCKED')
      throw new PostfixError(heldText(path, configDirectory))
    throw error
  }
}

function heldText(path: string, configDirectory: string): string {
  const holder = readHolder(path)
  if (holder === undefined)
    return `another command changes ${configDirectory} at this moment: try again when it is done`
  const { pid, command, since } = holder
  return `"${command}" (process ${pid}) has been changing ${configDirectory} since ${since}: nothing was done. Wait for it, or end it (kill ${pid}), then try again: what it has begun is put back or finished first.`
}

/** Who holds the lock; undefined while the holder has not written it yet. */
function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}
