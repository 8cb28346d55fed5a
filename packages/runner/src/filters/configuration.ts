/**
 * Reads the configuration: candy.toml and `filters.d`. A command or the service reads all files at one moment into a snapshot; a
 * worker reads the configuration from the snapshot that it was sent. Neither runs code of a filter. Everything that is wrong is
 * collected and not thrown, so that an operator sees all of it at once.
 */
import { statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { type DirectoryEntry, type IgnoredEntry, listDirectory } from '../config/directory.js'
import { type DropIn, parseDropIn } from '../config/drop-in.js'
import { readText } from '../config/file.js'
import { Ownership } from '../config/ownership.js'
import { DEFAULT_POLICY } from '../config/policy.js'
import type { Problem } from '../config/problem.js'
import { parseSettings, readSettingsText, type Settings } from '../config/settings.js'
import { findPackage, type OwnershipCheck } from '../packages/found-package.js'
import { parseScript, readHead, type Script, type ScriptEntry } from '../script/script.js'
import type { DropInEntry, Snapshot, SnapshotEntry } from './snapshot.js'

export interface ConfigurationOptions {
  /** Postfix's configuration directory. */
  readonly configDirectory: string
  /** Default: `filters.d` in the configuration directory. */
  readonly filtersDirectory?: string
  /** A package's name or an absolute path: this filter alone, without options, as if a drop-in of one line named it. */
  readonly filter?: string
  /** The user, beside root, whose files are trusted; default: the user of this process. */
  readonly user?: number
  /** How many of a package's files are checked for who may write them; default: `all`. */
  readonly ownershipCheck?: OwnershipCheck
}

export interface Configuration {
  readonly snapshot: Snapshot
  readonly settings: Settings
  /** In the order in which filters run. */
  readonly sources: readonly Source[]
  /** Everything that is wrong and that can be seen in the files, without running code of filters. */
  readonly problems: readonly Problem[]
}

/** An entry of `filters.d`, with its parsed content where it could be parsed. */
export type Source =
  | IgnoredEntry
  | (DropInEntry & { readonly dropIn?: DropIn })
  | (ScriptEntry & { readonly script?: Script })

/** The file name in problems of a filter that the command line names, and no file. */
const COMMAND_LINE = '--filter'

/** Reads all files of the configuration. Never throws; everything that is wrong is in `problems`. */
export async function readConfiguration(options: ConfigurationOptions): Promise<Configuration> {
  const problems: Problem[] = []
  const ownership = new Ownership(options.user)
  const configDirectory = resolve(options.configDirectory)
  const toml = readSettingsText(configDirectory, ownership, problems)
  const settings = parseSettings(configDirectory, toml, problems)
  const directory = filtersDirectory(options)
  const listed =
    options.filter === undefined
      ? listDirectory(directory, ownership, problems)
      : listOne(options.filter, ownership, problems)
  const sources: Source[] = []
  for (const entry of listed.map((one) => readEntry(one, problems))) {
    const source = parse(entry, problems)
    if (source.kind !== 'drop-in' || source.dropIn === undefined) sources.push(source)
    else {
      const found = await findPackage(
        source.dropIn,
        settings.state,
        ownership,
        options.ownershipCheck ?? 'all',
        problems,
      )
      sources.push(found === undefined ? source : { ...source, package: found })
    }
  }
  const entries = sources.map(entryOf)
  return {
    snapshot: { version: 1, configDirectory, toml, directory, entries },
    settings,
    sources,
    problems: problems.map(withoutPosition),
  }
}

/** Parses the configuration that is in a snapshot. `problems` are those that were found when the snapshot was made. */
export function reopen(snapshot: Snapshot, problems: readonly Problem[]): Configuration {
  const settings = parseSettings(snapshot.configDirectory, snapshot.toml, [])
  const sources = snapshot.entries.map((entry) => parse(entry, []))
  return { snapshot, settings, sources, problems }
}

export function filtersDirectory(options: Pick<ConfigurationOptions, 'configDirectory' | 'filtersDirectory'>): string {
  return resolve(options.filtersDirectory ?? join(options.configDirectory, 'filters.d'))
}

/** Makes the entry for a filter that the command line names, and no file in `filters.d`. */
function listOne(filter: string, ownership: Ownership, problems: Problem[]): readonly SnapshotEntry[] {
  const name = filter.split('/').findLast((part) => part !== '') ?? filter
  if (!isScript(filter, problems)) {
    return [{ kind: 'drop-in', name, path: COMMAND_LINE, text: `filter = ${JSON.stringify(filter)}` }]
  }
  const complaint = ownership.complaint(filter)
  if (complaint !== undefined) problems.push({ file: filter, what: `refused: ${complaint}` })
  return [{ kind: 'script', name, path: filter }]
}

function isScript(filter: string, problems: Problem[]): boolean {
  if (!isAbsolute(filter) || /\.[cm]?js$/.test(filter)) return false
  try {
    const stats = statSync(filter, { throwIfNoEntry: false })
    return stats?.isFile() === true && (stats.mode & 0o111) !== 0
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    problems.push({
      file: filter,
      what: `cannot be looked at (${code}); filters run as the account candy, not as root`,
    })
    return false
  }
}

function readEntry(entry: DirectoryEntry | SnapshotEntry, problems: Problem[]): SnapshotEntry {
  if (entry.kind === 'ignored') return entry
  if (entry.kind === 'script') {
    const head = readHead(entry.path, problems)
    return { ...entry, kind: 'script', ...(head !== undefined && { head }) }
  }
  const text = 'text' in entry ? entry.text : readText(entry.path, problems)
  return { ...entry, kind: 'drop-in', ...(text !== undefined && { text }) }
}

function parse(entry: SnapshotEntry, problems: Problem[]): Source {
  if (entry.kind === 'ignored') return entry
  if (entry.kind === 'script') {
    const script = parseScript(entry, DEFAULT_POLICY, problems)
    return script === undefined ? entry : { ...entry, script }
  }
  const { path, name, text } = entry
  const dropIn = text === undefined ? undefined : parseDropIn({ path, name, text }, problems)
  return dropIn === undefined ? entry : { ...entry, dropIn }
}

function entryOf(source: Source): SnapshotEntry {
  if (source.kind === 'ignored') return source
  if (source.kind === 'script') {
    const { script: _, ...entry } = source
    return entry
  }
  const { dropIn: _, ...entry } = source
  return entry
}

/** Removes line and column from a problem of a filter that the command line names: there is no file in which the operator could look. */
export function withoutPosition(problem: Problem): Problem {
  if (problem.file !== COMMAND_LINE) return problem
  const { line, column, key, ...rest } = problem
  return key === undefined || key === 'filter' ? rest : { ...rest, key }
}
