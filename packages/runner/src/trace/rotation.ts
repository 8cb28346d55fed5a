/**
 * A log file and its older parts, as logrotate(8), newsyslog(8) and `postfix logrotate` name them: `mail.log.1`, `mail.log.2.gz`,
 * `mail.log-20261127.xz`, `mail-20261127.log` (logrotate's `extension`), `mail.log.20261127-204111`.
 */
import { readdirSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { COMPRESSIONS } from './compression.js'
import { escaped } from './matching-lines.js'

/** A number or a date. */
const PART = '[.-]\\d[\\d-]*'

/** The paths of the file and of its older parts that there are, in no order. Throws the error of readdir(3). */
export function withOlderParts(path: string): readonly string[] {
  const [directory, name] = [dirname(path), basename(path)]
  const extension = extname(name)
  const stem = name.slice(0, name.length - extension.length)
  const compressed = `(?:${COMPRESSIONS.map(escaped).join('|')})?`
  const older = new RegExp(`^(?:${escaped(name)}${PART}|${escaped(stem)}${PART}${escaped(extension)})${compressed}$`)
  const names = readdirSync(directory).filter((other) => other === name || older.test(other))
  // While a part is being compressed, both files are there.
  return names.filter((one) => !isCompressedCopy(one, names)).map((one) => join(directory, one))
}

function isCompressedCopy(name: string, names: readonly string[]): boolean {
  return COMPRESSIONS.some((extension) => name.endsWith(extension) && names.includes(name.slice(0, -extension.length)))
}
