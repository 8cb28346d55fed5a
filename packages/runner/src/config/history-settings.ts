/** Reads the table `[history]` of candy.toml: how much is kept of what became of messages. */
import type { Section } from './section.js'

export interface HistorySettings {
  /** Days that are kept, beside today. */
  readonly keepDays: number
  /** Bytes of all files of the history together. */
  readonly maxSize: number
  /** Whether the history names senders and recipients. */
  readonly addresses: boolean
}

/** Ten years. */
const MAX_DAYS = 3_652

/** A smaller history would not hold the messages of a busy minute. */
const MIN_SIZE = 1024 ** 2

export function readHistorySettings(section: Section): HistorySettings {
  const keepDays = section.count('keep_days') ?? 35
  if (keepDays > MAX_DAYS) section.wrong('keep_days', `must be at most ${MAX_DAYS}`)
  const maxSize = section.size('max_size') ?? 256 * 1024 ** 2
  if (maxSize < MIN_SIZE) section.wrong('max_size', 'must be at least "1MiB"')
  return {
    keepDays: Math.min(keepDays, MAX_DAYS),
    maxSize: Math.max(maxSize, MIN_SIZE),
    addresses: section.flag('addresses', false),
  }
}
