/** Logs for the tests of candy trace: real ones of each mode, and lines of the test's own, as sources in memory or as files. */
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { parseQuery } from '../../src/trace/query.js'
import { type Found, type SearchOptions, search } from '../../src/trace/search.js'
import type { LogSource } from '../../src/trace/source.js'
import type { TracedMessage } from '../../src/trace/traced-message.js'
import { scratch } from '../support.js'

export const MODES = ['smtp', 'smtp-before', 'pipe-sendmail', 'pipe-candy-in'] as const
export type LoggedMode = (typeof MODES)[number]

/** When the logs in logs/ were last written. */
const WRITTEN = Date.parse('2026-11-27T21:00:00Z')

export function loggedIn(mode: LoggedMode): { readonly mail: string; readonly candy: string } {
  const read = (name: string): string => readFileSync(new URL(`logs/${mode}/${name}`, import.meta.url), 'latin1')
  return { mail: read('mail.log'), candy: read('candy.log') }
}

/** The lines of a log of Postfix with the date of RFC 3339, which needs no time zone. */
export function dated(mail: string): string {
  return mail.replace(/^Nov (\d\d) (\S+) /gm, '2026-11-$1T$2.000000+00:00 ')
}

/** A log in memory. */
export function sourceOf(text: string, more: Partial<LogSource> = {}): LogSource {
  return {
    name: 'mail.log',
    written: WRITTEN,
    read: async function* () {
      yield Buffer.from(text, 'latin1')
    },
    ...more,
  }
}

/** What a search in these logs finds; they are read in this order. */
export function find(
  what: string,
  logs: readonly (string | LogSource)[],
  options: Partial<SearchOptions> = {},
): Promise<Found> {
  const query = parseQuery(what)
  if (query === undefined) throw new Error(`${what} is no query`)
  const sources = logs.map((log) => (typeof log === 'string' ? sourceOf(log) : log))
  return search(sources, { query, limit: 20, ...options })
}

/** Lines one second after the other. */
export function log(...lines: readonly string[]): string {
  const second = (at: number): string => String(at).padStart(2, '0')
  return lines.map((line, at) => `2026-11-27T20:41:${second(at)}+00:00 mx postfix/${line}\n`).join('')
}

/** The only message that is found. */
export async function one(...args: Parameters<typeof find>): Promise<TracedMessage> {
  const { messages } = await find(...args)
  expect(messages).toHaveLength(1)
  return messages[0] as TracedMessage
}

/** What has happened to a message, in order. */
export function eventsOf({ events }: TracedMessage): readonly string[] {
  return events.map(({ event }) => event)
}

/** The logs of a mode, candy's own first. */
export function logsOf(mode: LoggedMode): readonly string[] {
  const { mail, candy } = loggedIn(mode)
  return [candy, dated(mail)]
}

/** Writes files into a directory of the test's own, as old as the logs are; returns its path. */
export function writeLogs(files: Readonly<Record<string, string | Uint8Array>>, written: number = WRITTEN): string {
  const directory = scratch()
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    utimesSync(path, written / 1000, written / 1000)
  }
  return directory
}
