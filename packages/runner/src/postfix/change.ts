/** Replaces files of an instance in such a way that each step can be undone byte for byte. */
import { existsSync, utimesSync } from 'node:fs'
import { basename } from 'node:path'
import { readText, unifiedDiff, updateText } from '@candy/master-cf'
import { PostfixError } from './error.js'
import { createRootFile } from './root-file.js'

/**
 * Replaces the text `from`, which the file must have, with `to`. Any other text means that another program has changed the file
 * meanwhile. `from` is null where there must be no file. Texts are Latin-1, one character for each byte.
 */
export interface Replacement {
  readonly path: string
  readonly from: string | null
  readonly to: string
}

/** The text of a file before and after a change; `before` is null where there is no file yet. */
export interface FileVersions {
  readonly path: string
  readonly before: string | null
  readonly after: string
}

export function readFileIfPresent(path: string): string | null {
  return existsSync(path) ? readText(path) : null
}

/** The change as a unified diff; empty when nothing changes. */
export function diffOf({ path, before, after }: FileVersions): string {
  return unifiedDiff(path, before ?? '', after)
}

/** Throws PostfixError, and changes nothing, when the text of the file is not `from`. */
export function replaceFile({ path, from, to }: Replacement): void {
  if (from === null) {
    createRootFile(path, to, 0o644)
    return
  }
  updateText(path, (text) => {
    if (text === from) return to
    throw new PostfixError(`${path} was changed by somebody else meanwhile: nothing was written, try again`)
  })
  if (basename(path) === 'main.cf') makeOlder(path)
}

/** Seconds; one more than Postfix waits for. */
const OLDER = 3

/**
 * Makes main.cf look some seconds old. Every program of Postfix that finds it younger waits, since whoever writes it may not have come to
 * the end (dict_load_file_xt in dict.c): for two seconds after a change each new process would take no mail. This one is whole, since it
 * was renamed into its place.
 */
function makeOlder(path: string): void {
  const now = Date.now() / 1_000
  utimesSync(path, now, now - OLDER)
}

/** Replaces files and remembers every text that was written: only a file that still has one of these texts may be put back. */
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
