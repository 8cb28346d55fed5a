/** Deletes what has been in the quarantine for too long, and the oldest messages where they take more room than the operator wants. */
import { deleteEntry } from './deletion.js'
import { type Entry, readEntries, sizeOf } from './entry.js'
import { timeOf } from './name.js'

export interface ExpiryLimits {
  /** Milliseconds. */
  readonly keep: number | 'forever'
  /** Bytes of all messages together. */
  readonly maxSize?: number
}

export interface Expired {
  readonly entry: Entry
  /** Which limit it is beyond. */
  readonly limit: 'keep' | 'max_size'
}

/**
 * What is beyond the limits, in the order in which it is to be deleted. Of what takes too much room, released messages go first, then the
 * oldest. What has no name of a message never goes, nor does what is being released.
 */
export async function planExpiry(
  directory: string,
  names: readonly string[],
  { keep, maxSize }: ExpiryLimits,
  now: number = Date.now(),
): Promise<readonly Expired[]> {
  const isOld = (name: string): boolean => keep !== 'forever' && now - (timeOf(name) ?? now) > keep
  const messages = names.filter((name) => timeOf(name) !== undefined)
  const old = await entriesOf(directory, messages.filter(isOld))
  const rest = messages.filter((name) => !isOld(name))
  return [
    ...old.map((entry) => ({ entry, limit: 'keep' }) as const),
    ...(maxSize === undefined ? [] : await beyondSize(directory, rest, maxSize)),
  ]
}

/** Deletes it. Returns false where it is being released, or is gone. Throws the error of the system call. */
export async function expire(directory: string, { entry }: Expired): Promise<boolean> {
  return (await deleteEntry(directory, entry)) === 'deleted'
}

async function beyondSize(directory: string, names: readonly string[], maxSize: number): Promise<readonly Expired[]> {
  let total = 0
  for (const name of names) total += await sizeOf(directory, name)
  if (total <= maxSize) return []
  const entries = (await entriesOf(directory, names)).filter(({ state }) => state !== 'releasing')
  const isReleased = ({ state }: Entry): boolean => state === 'released'
  const expired: Expired[] = []
  for (const entry of [...entries.filter(isReleased), ...entries.filter((one) => !isReleased(one))]) {
    if (total <= maxSize) break
    total -= entry.size
    expired.push({ entry, limit: 'max_size' })
  }
  return expired
}

async function entriesOf(directory: string, names: readonly string[]): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for await (const entry of readEntries(directory, names)) entries.push(entry)
  return entries
}
