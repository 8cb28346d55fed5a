/** How much lies in the quarantine. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface QuarantineSize {
  readonly messages: number
  /** Bytes of the messages themselves. */
  readonly bytes: number
}

/** Messages that are looked at at the same time. */
const BATCH = 32

/** Measures the quarantine; undefined when it cannot be read. A message that is released or deleted meanwhile may be counted or not. */
export async function measureQuarantine(directory: string): Promise<QuarantineSize | undefined> {
  const all = await readdir(directory).catch(() => undefined)
  if (all === undefined) return undefined
  // A name that begins with a dot is a draft.
  const names = all.filter((name) => !name.startsWith('.'))
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
