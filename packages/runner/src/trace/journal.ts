/**
 * The systemd journal, through journalctl(1). Postfix and candy log with facility mail, whatever the name of an instance is, so
 * that is what is asked for.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type LogSource, SourceError } from './source.js'

/** LOG_MAIL of syslog(3). `--all` also prints lines that have bytes outside of ASCII. */
const ARGUMENTS = ['--all', '--no-pager', '--quiet', '--output=short-iso-precise', 'SYSLOG_FACILITY=2']

const PERMISSION = /insufficient permissions|permission denied/i

/** Its name for people. */
export const JOURNAL = 'the journal'

export interface JournalSpan {
  /** Milliseconds since 1970. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** Whether journalctl(1) finds lines of mail. Throws SourceError where this user may not read them. */
export function hasJournal(): boolean {
  const { stdout, stderr } = spawnSync('journalctl', [...ARGUMENTS, '--lines=1'], { encoding: 'latin1' })
  if (stdout === '' && PERMISSION.test(stderr ?? '')) throw new SourceError('permission denied', true)
  return stdout !== null && stdout !== ''
}

export function journal({ since, until }: JournalSpan): LogSource {
  const limits = [...limit('since', since), ...limit('until', until)]
  return { name: JOURNAL, written: Date.now(), read: () => read([...ARGUMENTS, ...limits]) }
}

function limit(name: 'since' | 'until', time: number | undefined): readonly string[] {
  return time === undefined ? [] : [`--${name}=@${Math.floor(time / 1000)}`]
}

async function* read(args: readonly string[]): AsyncGenerator<Uint8Array> {
  const child = spawn('journalctl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint ||= chunk.toString('latin1').trim()
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  ended.catch(() => {})
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>
    const [status] = await ended
    if (status !== 0 && complaint !== '') throw new SourceError(complaint, PERMISSION.test(complaint))
  } catch (error) {
    if (error instanceof SourceError) throw error
    throw new SourceError('journalctl(1) is not installed')
  } finally {
    child.kill()
  }
}
