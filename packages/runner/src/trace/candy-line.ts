/**
 * What candy logs about a message (docs/logs.md): the line about its judgement, and others that name its id. Values with blanks,
 * quotes or `=` are quoted, so no value can look like another field.
 */
import { QUEUE_ID } from './queue-id.js'

/** One group of recipients was judged. */
export interface Judgement {
  readonly kind: 'judged'
  /** Postfix's queue id, or one of candy's own. */
  readonly id: string
  readonly action: string
  /** What Postfix was told. */
  readonly answer: string
  readonly filters: string
  readonly decidedBy?: string
  readonly messageId: string
  readonly client?: string
  readonly sender: string
  /** The first ten. */
  readonly recipients: readonly string[]
  /** The queue id that the message got next, where the answer names it. */
  readonly queuedAs?: string
  /** The name in the quarantine. */
  readonly quarantined?: string
  /** A filter could not ask its scanner, and says more to `candy list --ask`. */
  readonly askable: boolean
}

/** Something else about a message. */
export interface CandyNote {
  readonly kind: 'note'
  readonly id: string
  readonly text: string
}

/** The programs that log as candy. */
const PROGRAM = /^candy\/[a-z-]+$/

const FIELD = / ([^\s=]+)=("(?:[^"\\]|\\.)*"?|[^\s"]*)/y
const QUEUED_AS = new RegExp(`^250 [^"]*queued as (${QUEUE_ID})(?: \\(|$)`)
const QUARANTINED = /^(?:250 2\.0\.0 )?quarantined as (\d{8}T\d{6}Z-[A-Za-z0-9]+(?:-\d+)?) by /

export function isCandy(program: string): boolean {
  return PROGRAM.test(program)
}

/** Undefined for a line that is about no message. `text` stands behind the tag. */
export function parseCandyLine(text: string): Judgement | CandyNote | undefined {
  const words = text.replace(/^(?:warning|error): /, '')
  const judged = words.startsWith('judged ') ? parseFields(words, 'judged'.length) : undefined
  if (judged !== undefined) return judgement(judged)
  // A filter may have chosen the words in front and what is quoted, but not the last field of this name.
  const unquoted = words.replace(/="(?:[^"\\]|\\.)*"?/g, '=""')
  const id = [...unquoted.matchAll(/ id=([A-Za-z0-9-]+)(?= |$)/g)].at(-1)?.[1]
  return id === undefined ? undefined : { kind: 'note', id, text }
}

/** The fields in order, up to where the line was cut off. Undefined when the line is another one in disguise. */
function parseFields(text: string, start: number): ReadonlyMap<string, string> | undefined {
  const fields = new Map<string, string>()
  FIELD.lastIndex = start
  for (let field = FIELD.exec(text); field !== null; field = FIELD.exec(text)) {
    const [, name = '', value = ''] = field
    // The words of a filter end in fields with its name and the message's id (log/filter-log.ts).
    if (fields.has(name) || name === 'filter') return undefined
    fields.set(name, unquote(value))
  }
  return fields.has('id') && fields.has('action') ? fields : undefined
}

function judgement(fields: ReadonlyMap<string, string>): Judgement {
  const of = (name: string): string => fields.get(name) ?? ''
  const answer = of('answer')
  const [decidedBy, client] = [fields.get('decided_by'), fields.get('client')]
  const queuedAs = of('action') === 'accept' ? QUEUED_AS.exec(answer)?.[1] : undefined
  const quarantined = QUARANTINED.exec(answer)?.[1]
  return {
    kind: 'judged',
    id: of('id'),
    action: of('action'),
    answer,
    filters: of('filters'),
    ...(decidedBy && { decidedBy }),
    messageId: of('message_id'),
    ...(client && { client }),
    sender: of('sender'),
    recipients: addressesIn(of('recipients')),
    ...(queuedAs && { queuedAs }),
    ...(quarantined && { quarantined }),
    askable: fields.has('ask'),
  }
}

function unquote(value: string): string {
  if (!value.startsWith('"')) return value
  try {
    return String(JSON.parse(value))
  } catch {
    // Cut off.
    return value.slice(1)
  }
}

/** `a@example.com, "b, c"@example.net and 3 more`. */
function addressesIn(recipients: string): readonly string[] {
  return recipients.replace(/ and \d+ more$/, '').match(/(?:"(?:[^"\\]|\\.)*"|[^",\s])+/g) ?? []
}
