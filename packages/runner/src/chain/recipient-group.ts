/** Recipients of one message for whom the same settings hold: they are judged once, and have an outcome of their own. */
import type { Subject } from './judge.js'
import type { Outcome } from './outcome.js'
import type { ReadyFilter } from './ready-filter.js'

export interface RecipientGroup {
  /** Where its recipients stand among those of the message, from 0. */
  readonly positions: readonly number[]
  /** The message, to these recipients alone. */
  readonly subject: Subject
  readonly outcome: Outcome
}

/** Recipients, and the filters that judge for them. */
export interface RecipientSelection {
  readonly positions: readonly number[]
  readonly filters: readonly ReadyFilter[]
}

/** Parts the recipients by the settings that hold for them; in the order of the first of each part. */
export function groupRecipients(
  filters: readonly ReadyFilter[],
  recipients: readonly string[],
): readonly RecipientSelection[] {
  const selections = new Map<string, { readonly positions: number[]; readonly filters: readonly ReadyFilter[] }>()
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

function settingOf(filter: ReadyFilter, recipient: string): ReadyFilter | 'off' {
  const setting = filter.recipients?.find(recipient) ?? 'usual'
  return setting === 'usual' ? filter : setting
}

function numberOf(setting: unknown, numbers: Map<unknown, number>): number {
  const number = numbers.get(setting) ?? numbers.size
  numbers.set(setting, number)
  return number
}
