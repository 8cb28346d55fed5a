/**
 * The criteria by which the commands of `candy quarantine` choose messages. A message is selected when all the criteria that are
 * given hold for it.
 */
import type { Entry } from './entry.js'

export interface Selection {
  /** Milliseconds since the message came. */
  readonly olderThan?: number
  /** Milliseconds since the message came. */
  readonly newerThan?: number
  /** The envelope sender. In addresses `*` stands for any characters, and case does not matter. */
  readonly sender?: string
  /** One of the envelope recipients, or more. */
  readonly recipient?: string
  /** The name of the filter that decided. */
  readonly filter?: string
  /** A part of the reason; case does not matter. */
  readonly reason?: string
  readonly state?: Entry['state']
}

export function isSelected(entry: Entry, selection: Selection, now: number = Date.now()): boolean {
  const { olderThan, newerThan, sender, recipient, filter, reason, state } = selection
  const age = entry.time === undefined ? undefined : now - entry.time
  const record = entry.state === 'damaged' ? undefined : entry.record
  const envelope = record?.envelope
  const checks = [
    olderThan === undefined || (age !== undefined && age > olderThan),
    newerThan === undefined || (age !== undefined && age < newerThan),
    sender === undefined || (envelope !== undefined && matches(envelope.sender, sender)),
    recipient === undefined || envelope?.recipients.some((one) => matches(one, recipient)),
    filter === undefined || record?.reason.filter === filter,
    reason === undefined || record?.reason.text.toLowerCase().includes(reason.toLowerCase()),
    state === undefined || entry.state === state,
  ]
  return checks.every((holds) => holds === true)
}

/** Whether the address fits the pattern, in which `*` stands for any characters. */
function matches(address: string, pattern: string): boolean {
  const text = address.toLowerCase()
  const [beginning = '', ...otherParts] = pattern.toLowerCase().split('*')
  const end = otherParts.pop()
  // The pattern has no `*`.
  if (end === undefined) return text === beginning
  if (!text.startsWith(beginning)) return false
  let at = beginning.length
  for (const part of otherParts) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - end.length >= at && text.endsWith(end)
}
