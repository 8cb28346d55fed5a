/**
 * One command at a time changes an instance: Postfix's two files, candy.toml, filters.d, and what is on record about them.
 * The lock lies in the configuration directory, where only root may write and where every name of that directory leads. The
 * kernel drops it with the process that holds it (flock(2)), so what a killed command leaves is never taken for one at work.
 */
import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Lock, MasterCfError, takeLock } from '@candy/master-cf'
import { asSystemError } from '../os/system-error.js'
import { PostfixError } from './error.js'

const NAME = 'candy.lock'

/** Milliseconds: longer than it takes to see that the last holder has just removed the file. */
const WAIT = 250

/** Who holds the lock, as it stands in the file. */
interface Holder {
  readonly pid: number
  /** As it was typed: `candy enable`. */
  readonly command: string
  /** ISO 8601. */
  readonly since: string
}

/**
 * Does something while no other command changes this instance. Throws PostfixError, and does nothing, when one does: the text
 * says which, and what to do.
 */
export async function whileLocked<T>(configDirectory: string, command: string, act: () => Promise<T>): Promise<T> {
  const path = join(configDirectory, NAME)
  const lock = acquire(path, configDirectory)
  try {
    const holder: Holder = { pid: process.pid, command, since: new Date().toISOString() }
    note(lock, holder)
    return await act()
  } finally {
    lock.release(false)
  }
}

/** Who is at work is for people: on a full disk the lock holds without it. */
function note({ descriptor }: Lock, holder: Holder): void {
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

/** Nothing while the holder has not written it yet. */
function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}
