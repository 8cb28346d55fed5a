/** Replacing the files of a site, so that each step can be taken back byte for byte. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { readText, unifiedDiff, updateText } from '@candy/master-cf'
import { PostfixError } from './error.js'
import type { FileChange } from './journal.js'

/** A text to write, and the one that must be there before: anything else was written by somebody else meanwhile. Latin-1. */
export interface Step {
  readonly path: string
  readonly from: string | null
  readonly to: string
}

/** A file before and after; null where there is none. */
export interface FileTexts {
  readonly path: string
  readonly before: string | null
  readonly after: string
}

export function readIfThere(path: string): string | null {
  return existsSync(path) ? readText(path) : null
}

/** As a unified diff; empty when nothing changes. */
export function diffOf({ path, before, after }: FileTexts): string {
  return unifiedDiff(path, before ?? '', after)
}

/** Throws PostfixError, and changes nothing, when the file is not what it was. */
export function take({ path, from, to }: Step): void {
  if (from === null) {
    writeFileSync(path, to, { encoding: 'latin1', flag: 'wx', mode: 0o644 })
    return
  }
  updateText(path, (text) => {
    if (text === from) return to
    throw new PostfixError(`${path} was changed by somebody else meanwhile: nothing was written, try again`)
  })
}

/** Puts back what was there before. Returns the paths of files that somebody else has edited meanwhile, which stay. */
export function putBack(files: readonly FileChange[]): readonly string[] {
  return files
    .filter(({ path, before, written }) => {
      const present = readIfThere(path)
      if (present === before) return false
      if (present === null || !written.includes(present)) return true
      if (before === null) rmSync(path)
      else take({ path, from: present, to: before })
      return false
    })
    .map(({ path }) => path)
}
