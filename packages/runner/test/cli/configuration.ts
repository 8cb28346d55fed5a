/** A configuration directory of a Postfix that does not run, and all the bytes that are in it. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratch } from '../support.js'

export interface Written {
  /** Latin-1. */
  readonly master: string
  /** Lines after those that every instance needs. */
  readonly main?: string
  /** Further files by name. */
  readonly files?: Readonly<Record<string, string>>
}

export function configuration({ master, main = '', files = {} }: Written): string {
  const directory = scratch()
  chmodSync(directory, 0o755)
  mkdirSync(join(directory, 'queue'))
  writeFileSync(join(directory, 'master.cf'), master, 'latin1')
  const own = `compatibility_level = 3.6\nqueue_directory = ${directory}/queue\ndata_directory = ${directory}/data\n`
  writeFileSync(join(directory, 'main.cf'), own + main)
  // Every Postfix command waits until main.cf is older than a second (dict_load_file_xt in dict.c).
  const then = new Date(Date.now() - 60_000)
  utimesSync(join(directory, 'main.cf'), then, then)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return directory
}

/** Every path below a directory; of a file its bytes too. */
export function bytesIn(directory: string): readonly (readonly [string, string])[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path, entry.isFile() ? readFileSync(path, 'latin1') : ''] as const
    })
    .toSorted()
}
