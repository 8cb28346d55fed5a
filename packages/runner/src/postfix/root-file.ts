/**
 * Reads and writes files that root acts upon later. A file is written completely or not at all, and survives a power failure once
 * it is written. A file is read only if it is a regular file that belongs to root and has no other name. Who may write to the
 * directories on its path is checked before (cli/postfix-instance.ts).
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { unlinkIfThere } from '../os/unlink.js'
import { PostfixError } from './error.js'

const OTHERS_WRITE = 0o022

/** The path under which a file is written before it is renamed. One name is enough, since only one command writes at a time. */
export function draftOf(path: string): string {
  return `${path}.tmp`
}

/** The text as Latin-1; undefined when there is no such file. Throws PostfixError when others could have written it. */
export function readRootFile(path: string): string | undefined {
  let descriptor: number
  try {
    // O_NONBLOCK: if the path is a FIFO, opening it must not block.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP') throw notRootsOwn(path, 'it is a symbolic link')
    throw error
  }
  try {
    const stats = fstatSync(descriptor)
    const { uid, mode, nlink } = stats
    if (!stats.isFile()) throw notRootsOwn(path, 'it is no regular file')
    if (uid !== 0) throw notRootsOwn(path, `it belongs to user ${uid}`)
    if ((mode & OTHERS_WRITE) !== 0) throw notRootsOwn(path, 'others may write it')
    if (nlink !== 1) throw notRootsOwn(path, 'it has other names (ls -i)')
    return readFileSync(descriptor, 'latin1')
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a file, and replaces the one that exists. The text is Latin-1. */
export function writeRootFile(path: string, text: string, mode = 0o600): void {
  writeDraft(path, text, mode)
  renameSync(draftOf(path), path)
  syncDirectory(path)
}

/** Makes a symbolic link, and replaces the file or link that exists. */
export function writeRootLink(path: string, target: string): void {
  unlinkIfThere(draftOf(path))
  symlinkSync(target, draftOf(path))
  renameSync(draftOf(path), path)
  syncDirectory(path)
}

/** Creates a file. Throws Node's error `EEXIST` when the path exists already. The text is Latin-1. */
export function createRootFile(path: string, text: string, mode: number): void {
  writeDraft(path, text, mode)
  try {
    linkSync(draftOf(path), path)
  } finally {
    unlinkIfThere(draftOf(path))
  }
  syncDirectory(path)
}

/** Removes a file and its draft, if they exist. */
export function removeRootFile(path: string): void {
  const present = [path, draftOf(path)].filter((name) => lstatSync(name, { throwIfNoEntry: false }) !== undefined)
  for (const name of present) unlinkIfThere(name)
  if (present.length > 0) syncDirectory(path)
}

function writeDraft(path: string, text: string, mode: number): void {
  const draft = draftOf(path)
  // Remove the draft that a killed command has left.
  unlinkIfThere(draft)
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const descriptor = openSync(draft, flags, 0o600)
  try {
    const bytes = Buffer.from(text, 'latin1')
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
    fchmodSync(descriptor, mode)
    fsyncSync(descriptor)
  } catch (error) {
    unlinkIfThere(draft)
    // An error of write(2) does not name the path.
    throw Object.assign(error as NodeJS.ErrnoException, { path })
  } finally {
    closeSync(descriptor)
  }
}

/** Writes the directory to disk. Without this a power failure may undo a rename. */
function syncDirectory(path: string): void {
  const descriptor = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function notRootsOwn(path: string, why: string): PostfixError {
  return new PostfixError(
    `${path} is not what candy has written as root: ${why}. Look who has put it there, and remove it.`,
  )
}
