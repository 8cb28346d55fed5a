/** What the runner's tests share: a place to spool, a log that remembers, filters from a function. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bytes, Context, Message, Verdict } from '@candy/sdk'
import { onTestFinished } from 'vitest'
import type { ConfiguredFilter } from '../src/chain/configured-filter.js'
import type { Outcome, Reason } from '../src/chain/outcome.js'
import type { Policy } from '../src/chain/policy.js'
import type { History } from '../src/history/history.js'
import type { HistoryRecord } from '../src/history/record.js'
import type { Log, LogFields, LogLevel } from '../src/log/log.js'
import { ACCOUNT, groupId, userId } from '../src/os/accounts.js'

/** A history that keeps its records in memory. */
export interface MemoryHistory extends History {
  readonly records: HistoryRecord[]
}

export function memoryHistory(addresses = false): MemoryHistory {
  const records: HistoryRecord[] = []
  return { addresses, records, write: (record) => records.push(record), close: () => {} }
}

/** A directory that is removed after the test. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'candy-test-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The user ID and the group ID of the account candy, for chown(2). */
export async function candyIds(): Promise<readonly [user: number, group: number]> {
  const [user, group] = [await userId(ACCOUNT), await groupId(ACCOUNT)]
  if (user === undefined || group === undefined) throw new Error('this host has no account candy')
  return [user, group]
}

export interface MemoryLog extends Log {
  readonly lines: { readonly level: LogLevel; readonly event: string; readonly fields: LogFields }[]
}

export function memoryLog(): MemoryLog {
  const lines: MemoryLog['lines'] = []
  return { lines, write: (level, event, fields = {}) => lines.push({ level, event, fields }), close: async () => {} }
}

export const POLICY: Policy = {
  timeout: 5_000,
  onError: 'defer',
  onReject: 'refuse',
  onQuarantine: 'quarantine',
  onUnscannable: 'quarantine',
}

export function makeFilter(
  name: string,
  judge: (message: Message, context: Context) => Verdict | Promise<Verdict>,
  policy: Partial<Policy> = {},
  rewrites = false,
): ConfiguredFilter {
  return { name, filter: { judge }, rewrites, fields: [], sharedFields: ['X-*', 'A'], policy: { ...POLICY, ...policy } }
}

/** The reason why a message is not delivered; undefined when it is. */
export function reasonOf(outcome: Outcome): Reason | undefined {
  return outcome.action === 'accept' ? undefined : outcome.reason
}

/** A sequence of bytes in these chunks. */
export async function* chunks(...parts: readonly (string | Uint8Array)[]): Bytes {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part, 'latin1') : part
}

export async function text(bytes: Bytes): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return Buffer.concat(parts).toString('latin1')
}
