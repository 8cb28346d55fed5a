/**
 * The table of what becomes of verdicts: what a filter says, what the operator has written, and what is done, in which mode. What that
 * means for all who have to do with the message is in a table of its own, where a refusal differs from one side of the queue to the other.
 */
import type { Mode } from '../kit/enabled.js'

/** The dictionary's. */
export type Outcome = 'accept' | 'refuse' | 'quarantine' | 'discard' | 'defer'

/** What the client hears, and where the message is then. The text of the outcome stands with one of the two. */
type Effects = readonly [code: number, place: string]

/** Postfix has taken the message before it asks: the client hears nothing of it, and a refusal is a bounce. */
const AFTER_THE_QUEUE: Readonly<Record<Outcome, Effects>> = {
  accept: [250, 'delivered'],
  quarantine: [250, 'quarantined'],
  discard: [250, 'nowhere'],
  refuse: [250, 'bounced'],
  defer: [250, 'waits'],
}

/** The client waits. It still has a message that is not taken, and no one else has. */
const BEFORE_THE_QUEUE: typeof AFTER_THE_QUEUE = {
  ...AFTER_THE_QUEUE,
  refuse: [550, 'nowhere'],
  defer: [451, 'nowhere'],
}

const EFFECTS: Readonly<Record<Mode, typeof AFTER_THE_QUEUE>> = {
  pipe: AFTER_THE_QUEUE,
  smtp: AFTER_THE_QUEUE,
  'smtp-before': BEFORE_THE_QUEUE,
  milter: BEFORE_THE_QUEUE,
}

export interface Row {
  /** What the filter says or does. */
  readonly verdict: string
  readonly outcome: Outcome | Readonly<Record<Mode, Outcome>>
  /** The verdict's text; `as you wish` unless said. */
  readonly text?: string
  /** Subject and detail of the status; `7.1` unless said. */
  readonly status?: string
  /** The fields with which an accepted message is delivered, and its body where that is another. NAME is the filter's. */
  readonly fields?: readonly string[]
}

export interface Policy {
  /** Lines of the drop-in. */
  readonly policy: string
  /** Whether the filter may give a message new content. */
  readonly rewrites?: boolean
  readonly rows: readonly Row[]
}

/** What everybody is to get, as `effectOfOne` finds it. `name` is that of the filter. */
export function expectedEffect(row: Row, mode: Mode, name: string): string {
  const { text = 'as you wish', status = '7.1', fields = [] } = row
  const outcome = outcomeIn(row, mode)
  const [code, place] = EFFECTS[mode][outcome]
  const said: Readonly<Record<Outcome, readonly string[]>> = {
    accept: fields.map((field) => field.replace('NAME', name)),
    quarantine: [text],
    discard: [],
    refuse: [`5.${status} ${text}`],
    defer: [`4.${status} ${text}`],
  }
  const words = said[outcome]
  return code === 250 ? `250\n${[place, ...words].join(', ')}` : `${[code, ...words].join(' ')}\n${place}`
}

export function outcomeIn({ outcome }: Row, mode: Mode): Outcome {
  return typeof outcome === 'string' ? outcome : outcome[mode]
}

const UNDECIDED = { status: '3.0', text: 'content filter unavailable' } as const

const tagged = (what: string): string => `X-Candy-Status: NAME; ${what}`

export const POLICIES: readonly Policy[] = [
  {
    policy: '',
    rows: [
      { verdict: 'accept', outcome: 'accept' },
      { verdict: 'accept what header_checks knows', outcome: 'accept', fields: ['X-Checked: once'] },
      { verdict: 'accept with a field', outcome: 'accept', fields: ['X-Judged: accept with a field'] },
      {
        verdict: 'reject',
        outcome: { pipe: 'quarantine', smtp: 'quarantine', 'smtp-before': 'refuse', milter: 'refuse' },
      },
      { verdict: 'quarantine', outcome: 'quarantine' },
      { verdict: 'unscannable', outcome: 'quarantine' },
      { verdict: 'defer', outcome: 'defer' },
      { verdict: 'throw', outcome: 'defer', ...UNDECIDED },
      // What only the operator may say.
      { verdict: 'discard', outcome: 'defer', ...UNDECIDED },
      // One that it has not declared.
      { verdict: 'accept with another field', outcome: 'defer', ...UNDECIDED },
    ],
  },
  { policy: 'on_reject = "refuse"', rows: [{ verdict: 'reject', outcome: 'refuse' }] },
  { policy: 'on_reject = "quarantine"', rows: [{ verdict: 'reject', outcome: 'quarantine' }] },
  { policy: 'on_reject = "discard"', rows: [{ verdict: 'reject', outcome: 'discard' }] },
  {
    policy: 'on_reject = "tag"',
    rows: [{ verdict: 'reject', outcome: 'accept', fields: [tagged('reject, as you wish'), 'X-Judged: reject'] }],
  },
  { policy: 'on_quarantine = "refuse"', rows: [{ verdict: 'quarantine', outcome: 'refuse' }] },
  {
    policy: 'on_quarantine = "tag"',
    rows: [
      { verdict: 'quarantine', outcome: 'accept', fields: [tagged('quarantine, as you wish'), 'X-Judged: quarantine'] },
    ],
  },
  { policy: 'on_unscannable = "refuse"', rows: [{ verdict: 'unscannable', outcome: 'refuse' }] },
  { policy: 'on_unscannable = "defer"', rows: [{ verdict: 'unscannable', outcome: 'defer' }] },
  {
    policy: 'on_unscannable = "tag"',
    rows: [
      {
        verdict: 'unscannable',
        outcome: 'accept',
        fields: [tagged('unscannable, as you wish'), 'X-Judged: unscannable'],
      },
    ],
  },
  {
    policy: 'on_unscannable = "accept"',
    rows: [{ verdict: 'unscannable', outcome: 'accept', fields: [tagged('not judged, the message is unscannable')] }],
  },
  {
    policy: 'on_error = "accept"',
    rows: [{ verdict: 'throw', outcome: 'accept', fields: [tagged('not judged, the filter could not decide')] }],
  },
  {
    policy: 'on_error = "quarantine"',
    rows: [{ verdict: 'throw', outcome: 'quarantine', text: UNDECIDED.text }],
  },
  { policy: 'timeout = "1s"', rows: [{ verdict: 'take too long', outcome: 'defer', ...UNDECIDED }] },
  {
    policy: 'max_size = "1B"',
    rows: [{ verdict: 'reject', outcome: 'accept', fields: [tagged('not judged, larger than 1 bytes')] }],
  },
  {
    policy: '',
    rewrites: true,
    rows: [
      { verdict: 'a new message', outcome: 'accept', fields: ['X-Added: new', 'with the body "new\\r\\n"'] },
      { verdict: 'half of a new message', outcome: 'defer', ...UNDECIDED },
    ],
  },
]
