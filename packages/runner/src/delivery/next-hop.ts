/** Handing a judged message on: what every way out has in common. */
import type { Envelope } from '@candy/sdk'
import type { Content } from '../message/content.js'

export interface OutgoingMessage {
  readonly id: string
  readonly envelope: Envelope
  readonly content: Content
  /** Throws when whoever gave us the message is gone: it was perhaps cut short, and will surely come again. */
  assertUpstream(): Promise<void>
}

export type HandOverResult =
  /** The next hop has taken responsibility (RFC 5321 §6.1). */
  | { readonly taken: true }
  /** The next hop refused for good, and the reason is the message itself. `status` is its RFC 3463 status. */
  | { readonly taken: false; readonly status: string; readonly text: string }

export interface NextHop {
  /** Throws `NEXT_HOP` for everything that is not about the message: that is never a reason to bounce it. */
  handOver(message: OutgoingMessage, signal: AbortSignal): Promise<HandOverResult>
}
