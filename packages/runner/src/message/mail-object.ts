/** A message as the runner passes it on: a mail object of RFC 5321 §2.3.1, which is an envelope and content, and its id. */
import type { Envelope } from '@candy/sdk'
import type { MessageContent } from './content.js'

export interface MailObject {
  /** Postfix's queue id where there is one, else candy's own. */
  readonly id: string
  readonly envelope: Envelope
  readonly content: MessageContent
}
