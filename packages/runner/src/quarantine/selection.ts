/** Which messages of the quarantine are meant: the same criteria for listing, releasing and deleting. All that are given must hold. */
import type { Entry } from './entry.js'

export interface Selection {
  /** Milliseconds. */
  readonly olderThan?: number
  readonly newerThan?: number
  /** Addresses, in which `*` stands for any characters; upper and lower case are the same. */
  readonly sender?: string
  readonly recipient?: string
  /** The name of the filter that decided. */
  readonly filter?: string
  /** A part of the reason, in upper or lower case. */
  readonly reason?: string
  readonly state?: string
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

function matches(address: string, pattern: string): boolean {
  const parts = pattern.toLowerCase().split('*')
  const text = address.toLowerCase()
  const [first = '', ...others] = parts
  const last = others.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of others) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
