/** How much lies in the quarantine. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { readNames } from './entry.js'

export interface QuarantineSize {
  readonly messages: number
  /** Bytes of the messages themselves. */
  readonly bytes: number
}

/** Messages that are looked at at the same time. */
const BATCH = 32

/** Measures the quarantine; undefined when it cannot be read. A message that is released or deleted meanwhile may be counted or not. */
export async function measureQuarantine(directory: string): Promise<QuarantineSize | undefined> {
  const names = await readNames(directory).catch(() => undefined)
  if (names === undefined) return undefined
  let bytes = 0
  for (let at = 0; at < names.length; at += BATCH) {
    const sizes = names.slice(at, at + BATCH).map(async (name) => {
      const stats = await lstat(join(directory, name, 'message.eml')).catch(() => undefined)
      return stats?.size ?? 0
    })
    for (const size of await Promise.all(sizes)) bytes += size
  }
  return { messages: names.length, bytes }
}
