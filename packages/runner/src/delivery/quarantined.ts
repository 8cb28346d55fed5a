/** Puts a message into the quarantine, with what is known of it. */
import type { StoppedOutcome } from '../chain/outcome.js'
import type { MailObject } from '../message/mail-object.js'
import { store } from '../quarantine/store.js'

/** Stores the message as it came in; returns its name in the quarantine. Throws `QUARANTINE`. */
export function quarantine(
  directory: string,
  { id, envelope, content }: MailObject,
  { reason, reports }: StoppedOutcome,
): Promise<string> {
  const time = new Date().toISOString()
  const record = { version: 1, id, time, envelope, reason, reports, size: content.size } as const
  return store(directory, record, content.open())
}
