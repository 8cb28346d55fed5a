/**
 * The service's own directory below the state directory. It holds the last good configuration, the copies of the scripts that run,
 * and the control socket. The account candy may write all of it, so nothing that runs as root trusts or runs a file from there.
 */
import { chmodSync, closeSync, constants, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { unlinkIfThere } from '../os/unlink.js'

export interface ServiceFiles {
  readonly directory: string
  /** The file with the last good configuration. */
  readonly lastGood: string
  /** The directory with the copies of scripts. */
  readonly scripts: string
  /** The control socket. */
  readonly control: string
  /** The file that tells when the last digest of the quarantine was sent. */
  readonly digest: string
  /** The file that tells what the clock said when the quarantine was last looked through for what has expired. */
  readonly clock: string
}

export function serviceFiles(state: string): ServiceFiles {
  const directory = join(state, 'service')
  return {
    directory,
    lastGood: join(directory, 'last-good.json'),
    scripts: join(directory, 'scripts'),
    control: join(directory, 'control'),
    digest: join(directory, 'digest.json'),
    clock: join(directory, 'clock.json'),
  }
}

/** Members of candy's group may reach the control socket by its name, and see nothing else. */
const DIRECTORY_MODE = 0o710

/** Makes the directories that are missing. Throws `CONFIG` when only root can make them. */
export function makeServiceFiles(state: string): ServiceFiles {
  const files = serviceFiles(state)
  try {
    mkdirSync(files.directory, { recursive: true, mode: DIRECTORY_MODE })
    // Also where it was there with other rights, and whatever the umask is.
    chmodSync(files.directory, DIRECTORY_MODE)
    mkdirSync(files.scripts, { recursive: true, mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CandyError(
      'CONFIG',
      `${files.directory} cannot be made (${code}): install -d -o candy -g candy -m 710 ${files.directory}`,
    )
  }
  return files
}

/** Writes a file atomically, and so that it survives a power failure (rename(2), fsync(2)). Throws the error of the system call. */
export function writeAtomically(path: string, bytes: Uint8Array | string, mode: number): void {
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
