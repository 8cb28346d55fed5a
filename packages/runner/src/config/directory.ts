/**
 * Lists the files of `filters.d` in the order in which filters run: drop-ins, scripts, and ignored files with the reason.
 *
 * Names follow run-parts(8): a script is an executable file named `[A-Za-z0-9_-]+`, and a drop-in has such a name and `.toml`. The
 * files that editors, dpkg and administrators leave behind have other names, so they are never opened.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Ownership } from './ownership.js'
import { type Problem, reason } from './problem.js'

export interface DirectoryEntry {
  readonly kind: 'drop-in' | 'script'
  /** The filter's name in logs and header fields: the file name of a script, and that of a drop-in without `.toml`. */
  readonly name: string
  readonly path: string
}

export interface IgnoredEntry {
  readonly kind: 'ignored'
  readonly name: string
  readonly path: string
  readonly reason: string
}

/** Lists the directory in byte order of the names. Files that cannot be trusted or read are added to `problems`. */
export function listDirectory(
  directory: string,
  ownership: Ownership,
  problems: Problem[],
): readonly (DirectoryEntry | IgnoredEntry)[] {
  const names = namesIn(directory, problems)
  if (names === undefined) return []
  const trusted = isTrusted(directory, ownership, problems)
  const entries: (DirectoryEntry | IgnoredEntry)[] = []
  const pathByName = new Map<string, string>()
  for (const file of names) {
    const path = join(directory, file)
    let entry: DirectoryEntry | IgnoredEntry
    try {
      entry = classify(file, path)
    } catch (error) {
      problems.push({ file: path, what: `cannot be looked at: ${reason(error)}` })
      continue
    }
    if (entry.kind !== 'ignored' && trusted) isTrusted(path, ownership, problems)
    entries.push(entry)
    if (entry.kind === 'ignored') continue
    const other = pathByName.get(entry.name)
    if (other !== undefined)
      problems.push({ file: path, what: `has the same name as ${other}: logs could not tell them apart` })
    pathByName.set(entry.name, path)
  }
  return entries
}

function isTrusted(path: string, ownership: Ownership, problems: Problem[]): boolean {
  try {
    const complaint = ownership.complaint(path)
    if (complaint === undefined) return true
    problems.push({ file: path, what: `refused: ${complaint}` })
  } catch (error) {
    problems.push({ file: path, what: `cannot be looked at: ${reason(error)}` })
  }
  return false
}

/** The names in byte order, whatever the locale. A name that is not UTF-8 cannot be decoded, but such a file is ignored anyway. */
function namesIn(directory: string, problems: Problem[]): string[] | undefined {
  try {
    return readdirSync(directory, { encoding: 'buffer' })
      .sort(Buffer.compare)
      .map((name) => name.toString())
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const what = {
      ENOENT: `no such directory: "candy enable" makes it; if mail is to pass unfiltered, make it (mkdir ${directory}) and leave it empty`,
      ENOTDIR: 'must be a directory',
    }[String(code)]
    problems.push({ file: directory, what: what ?? `cannot be read: ${reason(error)}` })
    return undefined
  }
}

function classify(file: string, path: string): DirectoryEntry | IgnoredEntry {
  const ignored = (why: string): IgnoredEntry => ({ kind: 'ignored', name: file, path, reason: why })
  const complaint = nameComplaint(file)
  if (complaint !== undefined) return ignored(complaint)
  const stats = statSync(path)
  if (!stats.isFile()) return ignored(stats.isDirectory() ? 'a directory' : 'not a file')
  if (file.endsWith('.toml')) return { kind: 'drop-in', name: file.slice(0, -'.toml'.length), path }
  if ((stats.mode & 0o111) !== 0) return { kind: 'script', name: file, path }
  if (file === 'README') return ignored('documentation')
  if (file === 'template') return ignored('the example that is shipped: copy it and make the copy executable')
  return ignored(`not executable (chmod +x ${path} makes it a script filter)`)
}

function nameComplaint(file: string): string | undefined {
  if (/^[A-Za-z0-9_-]+(\.toml)?$/.test(file)) return undefined
  if (file.startsWith('.')) return 'a hidden file'
  if (file.endsWith('~')) return 'a backup'
  if (file.endsWith('.disabled')) return 'disabled'
  if (file.endsWith('.candy-new')) return "a package's new drop-in: compare it with yours"
  if (/\.dpkg-[a-z]+$/.test(file)) return 'left by dpkg'
  return 'its name does not fit: letters, digits, _ and -, then .toml for a drop-in or nothing for a script'
}
