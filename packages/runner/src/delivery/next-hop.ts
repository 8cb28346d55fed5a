/** Where pipe mode hands a message to: sendmail(1), or an SMTP service. */
import type { Deadline } from '../chain/deadline.js'
import type { MailObject } from '../message/mail-object.js'
import type { EnvelopeBytes } from './envelope-commands.js'

export interface OutgoingMessage extends MailObject {
  /** The addresses of the envelope as the bytes that came. */
  readonly addresses: EnvelopeBytes
  /** Throws when whoever sent the message is gone: it may have been cut short, and will be sent again. */
  assertUpstream(): void | Promise<void>
}

export type HandOverResult =
  /** The next hop has taken responsibility for the message (RFC 5321 §6.1). */
  | { readonly delivered: true }
  /** The next hop refused for good, and because of the message itself. `status` is its RFC 3463 status. */
  | { readonly delivered: false; readonly status: string; readonly text: string }

export interface NextHop {
  /** Throws `NEXT_HOP` for everything that is not about the message: that is never a reason to bounce it. */
  handOver(message: OutgoingMessage, deadline: Deadline): Promise<HandOverResult>
}
