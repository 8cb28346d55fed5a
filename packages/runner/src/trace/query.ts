/** What the operator asks for: a queue id, an id of candy's own, a Message-ID or a mail address. */
import { isId, QUEUE_ID } from './queue-id.js'

export interface Query {
  /** As it was typed. */
  readonly text: string
  /** A queue id, or an id of candy's own. */
  readonly id?: string
  /** A Message-ID without angle brackets, or an address: text with `@` may be either. Latin-1, as lines of logs are read. */
  readonly name?: string
}

/** `TIME-ID` of the quarantine (quarantine/store.ts); an id there has lost its hyphen. */
const QUARANTINED = new RegExp(`^\\d{8}T\\d{6}Z-(?:(${QUEUE_ID})|candy([0-9a-f]{12}))(?:-\\d+)?$`)

/** Undefined when the text can be none of these. */
export function parseQuery(text: string): Query | undefined {
  const [, queueId, own] = QUARANTINED.exec(text) ?? []
  if (queueId !== undefined) return { text, id: queueId }
  if (own !== undefined) return { text, id: `candy-${own}` }
  if (isId(text)) return { text, id: text }
  const name = bare(text)
  const known = name !== '' && (name.includes('@') || name !== text)
  return known ? { text, name: Buffer.from(name).toString('latin1') } : undefined
}

/** A Message-ID without its angle brackets. */
export function bare(messageId: string): string {
  return /^\s*<(.*)>\s*$/.exec(messageId)?.[1] ?? messageId.trim()
}

/** Whether an address, or a Message-ID, is the one that is asked for. Letters count as the same in upper and lower case. */
export function isNamed(query: Query, name: string | undefined): boolean {
  return name !== undefined && query.name !== undefined && name.toLowerCase() === query.name.toLowerCase()
}
