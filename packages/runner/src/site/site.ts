/**
 * A site: what the operator wrote, made into filters that are ready to judge.
 *
 * It loads whole or not at all. Every file is read, every package loaded and every option checked before any filter is
 * made, and all that is wrong is said at once: an operator who mends one line at a time would reload once for each.
 */
import { statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { OnReject, Policy } from '../chain/policy.js'
import type { ReadyFilter } from '../chain/ready.js'
import type { Log } from '../log/log.js'
import { createFilter } from './creation.js'
import { listDirectory } from './directory.js'
import { type DropIn, readDropIn } from './drop-in.js'
import { Hosts } from './host.js'
import { Ownership } from './ownership.js'
import { type LoadedPackage, loadPackage } from './package.js'
import { defaultPolicy } from './policy.js'
import { type Problem, reason, SiteError } from './problem.js'
import { readScript, type Script, scriptFilter } from './script.js'
import { readSettings, type Settings } from './settings.js'
import type { Queue } from './smtp-settings.js'
import { parseDocument } from './toml.js'

export interface SiteOptions {
  /** Postfix's configuration directory. */
  readonly configDirectory: string
  /** Default: `filters.d` in the configuration directory. */
  readonly filtersDirectory?: string
  /** A package's name or an absolute path: judge with this filter alone, without options, and don't look at `filters.d`. */
  readonly filter?: string
  /** What a drop-in's `on_reject` is unless it says; the default follows from the mode. */
  readonly onReject?: Policy['onReject']
  /** The user, beside root, whose files are trusted; default: the user of this process. */
  readonly user?: number
  /** Whether the filters are made for a check alone: they judge no mail that anybody gets. */
  readonly check?: boolean
  /** Bytes of the largest message that Postfix takes, where that is known. */
  readonly messageSizeLimit?: number
  readonly log: Log
}

export interface Site {
  readonly settings: Settings
  /** In the order in which they run. */
  readonly filters: readonly ReadyFilter[]
  /** Closes every filter. Called once, after the last message; never throws. */
  close(): Promise<void>
}

/** Stands for a file in complaints about a filter that no file names. */
const COMMAND_LINE = '--filter'

/** Loads a site. Throws a SiteError with everything that is wrong, after closing what was made. */
export async function loadSite(options: SiteOptions): Promise<Site> {
  const problems: Problem[] = []
  const ownership = new Ownership(options.user)
  const settings = readSettings(options.configDirectory, ownership, problems)
  const onReject = options.onReject ?? defaultOnReject(settings)
  const sources =
    options.filter === undefined
      ? readDirectory(filtersDirectory(options), onReject, ownership, problems)
      : readOne(options.filter, onReject, ownership, problems)
  const parts = await Promise.all(sources.map((source) => load(source, settings.state, ownership)))
  problems.push(...parts.flatMap((part) => part.problems).map(withoutPlace))
  const hosts = new Hosts({ ...options, state: settings.state })
  const filters: ReadyFilter[] = []
  for (const { loaded } of problems.length === 0 ? parts : []) {
    const ready = loaded === undefined ? undefined : await make(loaded, hosts, problems)
    if (ready !== undefined) filters.push(ready)
  }
  const close = () => closeAll(filters, options.log).finally(() => hosts.close())
  if (problems.length > 0) {
    await close()
    throw new SiteError(problems)
  }
  return { settings, filters, close }
}

/** Before the queue the client hears a refusal; later it would be a bounce to a sender who is probably forged. */
export const ON_REJECT: Readonly<Record<Queue, OnReject>> = { after: 'quarantine', before: 'refuse' }

/** What becomes of rejected mail by the way that new mail takes. */
export function defaultOnReject({ mode, smtp }: Settings): OnReject {
  return ON_REJECT[mode === 'pipe' ? 'after' : smtp.queue]
}

export function filtersDirectory(options: Pick<SiteOptions, 'configDirectory' | 'filtersDirectory'>): string {
  return resolve(options.filtersDirectory ?? join(options.configDirectory, 'filters.d'))
}

type Source = DropIn | Script
type Loaded = LoadedPackage | Script

function readDirectory(
  directory: string,
  onReject: Policy['onReject'],
  ownership: Ownership,
  problems: Problem[],
): Source[] {
  return listDirectory(directory, ownership, problems).flatMap((entry) => {
    if (entry.kind === 'ignored') return []
    const source =
      entry.kind === 'drop-in'
        ? readDropIn(entry.path, entry.name, onReject, problems)
        : readScript(entry.path, entry.name, defaultPolicy(onReject), problems)
    return source ?? []
  })
}

/** A filter that no file in `filters.d` names, as if a drop-in of one line did. */
function readOne(filter: string, onReject: Policy['onReject'], ownership: Ownership, problems: Problem[]): Source[] {
  const name = filter.split('/').findLast((part) => part !== '') ?? filter
  if (isScript(filter, problems)) {
    const complaint = ownership.complaint(filter)
    if (complaint !== undefined) problems.push({ file: filter, what: `refused: ${complaint}` })
    return [readScript(filter, name, defaultPolicy(onReject), problems) ?? []].flat()
  }
  const document = parseDocument(`filter = ${JSON.stringify(filter)}`, COMMAND_LINE, problems)
  if (document === undefined) return []
  return [{ name, document, filter, policy: defaultPolicy(onReject), options: {}, rules: [] }]
}

/** The line that stands in for a drop-in has no place that an operator could look at. */
function withoutPlace(problem: Problem): Problem {
  if (problem.file !== COMMAND_LINE) return problem
  const { line, column, key, ...rest } = problem
  return key === undefined || key === 'filter' ? rest : { ...rest, key }
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

async function load(
  source: Source,
  state: string,
  ownership: Ownership,
): Promise<{ loaded: Loaded | undefined; problems: Problem[] }> {
  const problems: Problem[] = []
  const loaded = 'path' in source ? source : await loadPackage(source, state, ownership, problems)
  return { loaded, problems }
}

function make(loaded: Loaded, hosts: Hosts, problems: Problem[]): Promise<ReadyFilter | undefined> | ReadyFilter {
  return 'path' in loaded ? scriptFilter(loaded) : createFilter(loaded, hosts, problems)
}

/** A filter, and what it is for some recipients. */
function instances(ready: ReadyFilter): readonly ReadyFilter[] {
  const others = [...(ready.recipients?.values() ?? [])]
  return [ready, ...others.filter((other) => typeof other === 'object')]
}

/** In parallel, and each however the others fare: what one filter holds is no other's business. */
async function closeAll(filters: readonly ReadyFilter[], log: Log): Promise<void> {
  const all = new Map(filters.flatMap(instances).map(({ name, filter }) => [filter, name]))
  await Promise.all(
    Array.from(all, async ([filter, name]) => {
      try {
        await filter.close?.()
      } catch (error) {
        log.write('warn', 'filter did not close', { filter: name, reason: reason(error) })
      }
    }),
  )
}
