/**
 * Finds out where a Postfix instance and its candy log: files that the operator names; else `maillog_file` of postconf(5), the
 * file of `[log] to` in candy.toml, and for what goes to syslog the files that syslog daemons write, or the journal.
 */
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { errorText } from '../os/error-text.js'
import { asSystemError } from '../os/system-error.js'
import { type Commands, commandsOf } from '../postfix/commands.js'
import { readParameters } from '../postfix/parameters.js'
import { hasJournal, JOURNAL, type JournalSpan, journal } from './journal.js'
import { logFile } from './log-file.js'
import { findLines } from './matching-lines.js'
import { withOlderParts } from './rotation.js'
import { type LogSource, SourceError } from './source.js'
import { parseTimestamp } from './timestamp.js'

/** Where Debian, Red Hat and SUSE have syslog daemons write facility mail. */
const SYSLOG_FILES = ['/var/log/mail.log', '/var/log/maillog', '/var/log/mail']

export interface SourceOptions extends JournalSpan {
  readonly configDirectory: string
  /** `[log] to` of candy.toml. */
  readonly candyLog: string
  /** Files to read and nothing else. */
  readonly files: readonly string[]
  /** Reads the journal in place of the files of syslog. */
  readonly journal: boolean
}

export interface Sources {
  /** candy's own file first, then by time. */
  readonly sources: readonly LogSource[]
  /** What cannot be read: one line each. */
  readonly problems: readonly SourceProblem[]
}

export interface SourceProblem {
  readonly text: string
  /** Whether another user may read it. */
  readonly denied: boolean
}

export async function findSources(options: SourceOptions): Promise<Sources> {
  const problems: SourceProblem[] = []
  const open = (paths: readonly string[], followLinks: boolean): LogSource[] =>
    paths.flatMap((path) => {
      try {
        return logFile(path, followLinks)
      } catch (error) {
        problems.push(problemOf(path, error))
        return []
      }
    })
  const parts = (path: string): readonly string[] => {
    try {
      return withOlderParts(path)
    } catch (error) {
      problems.push(problemOf(path, error))
      return []
    }
  }
  if (options.files.length > 0) return { sources: await byTime(open(options.files, true), problems), problems }
  const ownFile = isAbsolute(options.candyLog) ? options.candyLog : undefined
  const own = await byTime(ownFile === undefined ? [] : open(parts(ownFile), false), problems)
  const { maillogFile, instance } = await readPostfix(options.configDirectory)
  const direct = await byTime(maillogFile === undefined ? [] : open(parts(maillogFile), true), problems)
  if (maillogFile !== undefined && ownFile !== undefined) return { sources: [...own, ...direct], problems }
  const syslogFiles = options.journal ? [] : SYSLOG_FILES.filter((path) => existsSync(path) && path !== maillogFile)
  const files = await byTime(open(syslogFiles.flatMap(parts), true), problems)
  const journals = syslogFiles.length === 0 ? openJournal(options, problems) : []
  const syslog = [...files, ...journals].map((source) => ({ ...source, instance }))
  return { sources: [...own, ...direct, ...syslog], problems }
}

function openJournal(span: JournalSpan, problems: SourceProblem[]): readonly LogSource[] {
  try {
    return hasJournal() ? [journal(span)] : []
  } catch (error) {
    problems.push(problemOf(JOURNAL, error))
    return []
  }
}

interface PostfixLogging {
  /** Undefined where Postfix logs to syslog. */
  readonly maillogFile: string | undefined
  readonly instance: string | undefined
}

async function readPostfix(configDirectory: string): Promise<PostfixLogging> {
  const run: Commands = commandsOf(configDirectory)
  // The log is there also where Postfix is not, or not any more.
  const parameters = await readParameters(run, '-x', 'maillog_file', 'syslog_name').catch(
    () => new Map<string, string>(),
  )
  const path = parameters.get('maillog_file') ?? ''
  return {
    maillogFile: path.startsWith('/') && !path.startsWith('/dev/') ? path : undefined,
    instance: parameters.get('syslog_name'),
  }
}

function problemOf(name: string, error: unknown): SourceProblem {
  if (error instanceof SourceError) return { text: `${name}: ${error.message}`, denied: error.denied }
  const system = asSystemError(error)
  return { text: system?.text ?? `${name}: ${errorText(error)}`, denied: system?.kind === 'rights' }
}

/** The sources in the order of their first lines. The times of files say less: a copy may be newer than what it is a copy of. */
async function byTime(sources: readonly LogSource[], problems: SourceProblem[]): Promise<readonly LogSource[]> {
  const dated: { readonly source: LogSource; readonly time: number }[] = []
  for (const source of sources) {
    try {
      dated.push({ source, time: (await firstTime(source)) ?? source.written })
    } catch (error) {
      problems.push(problemOf(source.name, error))
    }
  }
  return dated.toSorted((a, b) => a.time - b.time).map(({ source }) => source)
}

async function firstTime(source: LogSource): Promise<number | undefined> {
  const { first } = await findLines(firstChunk(source.read()), { pattern: () => /(?!)/g, onLine: () => {} })
  return first === undefined ? undefined : parseTimestamp(first, source.written)?.time
}

async function* firstChunk(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    return
  }
}
