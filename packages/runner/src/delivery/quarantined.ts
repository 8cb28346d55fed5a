/** What every front keeps of a message that goes into the quarantine. */
import type { Subject } from '../chain/judge.js'
import type { Outcome } from '../chain/outcome.js'
import { store } from '../quarantine/store.js'

/** Stores the message as it came in; gives its name in the quarantine. Throws `QUARANTINE`. */
export function quarantine(directory: string, subject: Subject, { reason, reports }: Outcome): Promise<string> {
  const { id, envelope, content } = subject
  const time = new Date().toISOString()
  const record = { version: 1, id, time, envelope, ...(reason && { reason }), reports, size: content.size } as const
  return store(directory, record, content.open())
}
