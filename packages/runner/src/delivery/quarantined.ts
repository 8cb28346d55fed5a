/** Puts a message into the quarantine, with what is known of it. */
import { findHeader, headerValue } from '@candy/sdk'
import type { StoppedOutcome } from '../chain/outcome.js'
import type { RecipientGroup } from '../chain/recipient-group.js'
import { headersWithin } from '../message/header-block.js'
import type { MailObject } from '../message/mail-object.js'
import type { Mode } from '../postfix/mode.js'
import type { QuarantineRecord } from '../quarantine/record.js'
import { store } from '../quarantine/store.js'
import type { EnvelopeCommands } from './envelope-commands.js'

/** Characters of a header field that are kept in the record. */
const FIELD_LIMIT = 998

/** Where the quarantine is, and how the message would have gone on. */
export interface Arrival {
  /** Directory of the quarantine. */
  readonly directory: string
  readonly mode: Mode
  /** For the recipients of the group alone. */
  readonly commands: EnvelopeCommands
}

/** Stores the message as it came in; returns its name in the quarantine. Throws `QUARANTINE`. */
export async function quarantine(
  { message, outcome: { reason, reports } }: Pick<RecipientGroup<StoppedOutcome>, 'message' | 'outcome'>,
  { directory, mode, commands: { xforward, mail, recipients } }: Arrival,
): Promise<string> {
  const { id, envelope, content } = message
  const record: QuarantineRecord = {
    version: 1,
    id,
    time: new Date().toISOString(),
    mode,
    envelope,
    commands: { xforward: xforward.map(latin1), mail: latin1(mail), recipients: recipients.map(latin1) },
    reason,
    reports,
    header: await headerOf(content),
    size: content.size,
  }
  return store(directory, record, content.open())
}

async function headerOf(content: MailObject['content']): Promise<QuarantineRecord['header']> {
  // A header that is too large to be held, or that cannot be read, is no reason not to keep the message.
  const block = (await headersWithin(content).catch(() => undefined)) ?? new Uint8Array()
  const textOf = (name: string): string | undefined => {
    const field = findHeader(block, name)
    return field && headerValue(block, field).slice(0, FIELD_LIMIT)
  }
  const [from, subject, messageId] = ['from', 'subject', 'message-id'].map(textOf)
  return {
    ...(from !== undefined && { from }),
    ...(subject !== undefined && { subject }),
    ...(messageId !== undefined && { messageId }),
  }
}

function latin1(line: Uint8Array): string {
  return Buffer.from(line).toString('latin1')
}
