/** Recipients of one message for whom the same settings hold: the message is judged for them once, and they have an outcome of their own. */
import type { Envelope } from '@candy/sdk'
import type { MailObject } from '../message/mail-object.js'
import type { ConfiguredFilter } from './configured-filter.js'
import type { Outcome } from './outcome.js'

export interface RecipientGroup<O extends Outcome = Outcome> {
  /** Where its recipients stand among those of the message, from 0. */
  readonly positions: readonly number[]
  /** The message as it came in, to these recipients alone. */
  readonly message: MailObject
  readonly outcome: O
}

/** Recipients, and the filters that judge for them. */
export interface RecipientSelection {
  readonly positions: readonly number[]
  readonly filters: readonly ConfiguredFilter[]
}

/** Groups the recipients by the settings that hold for them, in the order of the first recipient of each group. */
export function groupRecipients(
  filters: readonly ConfiguredFilter[],
  recipients: readonly string[],
): readonly RecipientSelection[] {
  const selections = new Map<string, { readonly positions: number[]; readonly filters: readonly ConfiguredFilter[] }>()
  const numbers = new Map<unknown, number>()
  for (const [position, recipient] of recipients.entries()) {
    const settings = filters.map((filter) => settingOf(filter, recipient))
    const key = settings.map((setting) => numberOf(setting, numbers)).join(' ')
    const selection = selections.get(key) ?? { positions: [], filters: settings.filter((setting) => setting !== 'off') }
    selection.positions.push(position)
    selections.set(key, selection)
  }
  return [...selections.values()]
}

/** The envelope for the recipients in these positions alone. */
export function envelopeFor({ recipients, ...rest }: Envelope, positions: readonly number[]): Envelope {
  const [first = recipients[0], ...others] = positions.flatMap((position) => recipients[position] ?? [])
  return { ...rest, recipients: [first, ...others] }
}

function settingOf(filter: ConfiguredFilter, recipient: string): ConfiguredFilter | 'off' {
  const setting = filter.recipients?.find(recipient) ?? 'usual'
  return setting === 'usual' ? filter : setting
}

function numberOf(setting: unknown, numbers: Map<unknown, number>): number {
  const number = numbers.get(setting) ?? numbers.size
  numbers.set(setting, number)
  return number
}
