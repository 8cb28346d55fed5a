/**
 * What the service keeps below its state directory, in a directory of its own: the last configuration that was good, copies
 * of the scripts that run, and the socket by which it is spoken to. All of it is candy's own to write, so nothing that is
 * done with root's rights ever believes or runs what lies there.
 */
import { closeSync, constants, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { unlinkIfThere } from '../os/unlink.js'

export interface ServiceFiles {
  readonly directory: string
  /** The last configuration that was good. */
  readonly lastGood: string
  /** Directory of the copies of scripts. */
  readonly scripts: string
  /** UNIX socket. */
  readonly control: string
}

export function serviceFiles(state: string): ServiceFiles {
  const directory = join(state, 'service')
  return {
    directory,
    lastGood: join(directory, 'last-good.json'),
    scripts: join(directory, 'scripts'),
    control: join(directory, 'control'),
  }
}

/** Makes what is missing. Throws `CONFIG` where that is for root to do. */
export function makeServiceFiles(state: string): ServiceFiles {
  const files = serviceFiles(state)
  try {
    for (const path of [files.directory, files.scripts]) mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CandyError(
      'CONFIG',
      `${files.directory} cannot be made (${code}): install -d -o candy -g candy -m 700 ${files.directory}`,
    )
  }
  return files
}

/** Writes a file whole or not at all, and lasting (rename(2), fsync(2)). Throws what the file system says. */
export function writeWhole(path: string, bytes: Uint8Array | string, mode: number): void {
  const draft = join(dirname(path), `.${process.pid}.${basename(path)}`)
  unlinkIfThere(draft)
  const file = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode)
  try {
    writeFileSync(file, bytes)
    fsyncSync(file)
  } catch (error) {
    unlinkIfThere(draft)
    throw error
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
