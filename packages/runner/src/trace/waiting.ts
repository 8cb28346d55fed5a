/**
 * Messages in Postfix's queue now. Postfix logs the recipients of a message only once it has tried to deliver it, and so nothing of them
 * while filters judge it.
 */
import type { Commands } from '../postfix/commands.js'
import { queueEntries } from '../postfix/queue.js'
import { isNamed, type Query } from './query.js'

/** Recipients that wait, by queue id. They are Latin-1, as lines of logs are read. */
export type Waiting = ReadonlyMap<string, readonly string[]>

/** The latest messages that are asked for, `limit` at most; none where the queue may not be read. */
export async function waitingFor(run: Commands, query: Query, limit: number): Promise<Waiting> {
  const entries = await queueEntries(run).catch(() => [])
  const asked = entries
    .map(({ id, arrival, recipients }) => ({
      id,
      arrival,
      recipients: recipients.map(({ address }) => latin1(address)),
    }))
    .filter(({ id, recipients }) => id === query.id || recipients.some((one) => isNamed(query, one)))
    .toSorted((a, b) => b.arrival.getTime() - a.arrival.getTime())
  return new Map(asked.slice(0, limit).map(({ id, recipients }) => [id, recipients]))
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
