/** Replacing the files of a site, so that each step can be taken back byte for byte. */
import { existsSync } from 'node:fs'
import { readText, unifiedDiff, updateText } from '@candy/master-cf'
import { PostfixError } from './error.js'
import { makeRootFile } from './root-file.js'

/** A text to write, and the one that must be there before: anything else was written by somebody else meanwhile. Latin-1. */
export interface Replacement {
  readonly path: string
  readonly from: string | null
  readonly to: string
}

/** A file before and after; null where there is none. */
export interface FileVersions {
  readonly path: string
  readonly before: string | null
  readonly after: string
}

export function readFileIfPresent(path: string): string | null {
  return existsSync(path) ? readText(path) : null
}

/** As a unified diff; empty when nothing changes. */
export function diffOf({ path, before, after }: FileVersions): string {
  return unifiedDiff(path, before ?? '', after)
}

/** Throws PostfixError, and changes nothing, when the file is not what it was. */
export function replaceFile({ path, from, to }: Replacement): void {
  if (from === null) {
    makeRootFile(path, to, 0o644)
    return
  }
  updateText(path, (text) => {
    if (text === from) return to
    throw new PostfixError(`${path} was changed by somebody else meanwhile: nothing was written, try again`)
  })
}

/** What one command writes: each text that it has written, and no other, is its own to take back. */
export class Changes {
  readonly #written = new Map<string, string[]>()

  write(replacement: Replacement): void {
    const { path, from, to } = replacement
    if (from === to) return
    replaceFile(replacement)
    this.#written.set(path, [...this.written(path), to])
  }

  written(path: string): readonly string[] {
    return this.#written.get(path) ?? []
  }
}
