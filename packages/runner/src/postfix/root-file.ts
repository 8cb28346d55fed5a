/**
 * Files that root writes for itself and acts upon later. One is written whole or not at all, and survives a power cut once it
 * is written; one that is read is root's own regular file, and no link leads to it. Who may write the directories on the way is
 * looked at before (cli/postfix-instance.ts).
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
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { unlinkIfThere } from '../os/unlink.js'
import { PostfixError } from './error.js'

const OTHERS_WRITE = 0o022

/** Where a file is written before it has its name. Only one command writes at a time. */
export function draftOf(path: string): string {
  return `${path}.tmp`
}

/** The bytes as Latin-1; undefined when there is no such file. Throws PostfixError when it is not root's own. */
export function readRootFile(path: string): string | undefined {
  let descriptor: number
  try {
    // O_NONBLOCK: a FIFO in this place must not hold root up.
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

/** Puts a file in place of what is there, if anything. Latin-1. */
export function writeRootFile(path: string, text: string, mode = 0o600): void {
  writeDraft(path, text, mode)
  renameSync(draftOf(path), path)
  syncDirectory(path)
}

/** Makes a file. Throws Node's `EEXIST` when there is something. Latin-1. */
export function makeRootFile(path: string, text: string, mode: number): void {
  writeDraft(path, text, mode)
  try {
    linkSync(draftOf(path), path)
  } finally {
    unlinkIfThere(draftOf(path))
  }
  syncDirectory(path)
}

/** Nothing to do where there is none. */
export function removeRootFile(path: string): void {
  const present = [path, draftOf(path)].filter((name) => lstatSync(name, { throwIfNoEntry: false }) !== undefined)
  for (const name of present) unlinkIfThere(name)
  if (present.length > 0) syncDirectory(path)
}

function writeDraft(path: string, text: string, mode: number): void {
  const draft = draftOf(path)
  // What a killed command has left.
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
    // write(2) knows of no path.
    throw Object.assign(error as NodeJS.ErrnoException, { path })
  } finally {
    closeSync(descriptor)
  }
}

/** Without this a power cut may undo a rename that was long done. */
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
