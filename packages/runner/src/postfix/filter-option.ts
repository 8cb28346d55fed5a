/**
 * The options of a receiving service in master.cf by which its mail goes to a filter: which of them name candy, which name another
 * filter, and what each mode needs.
 */
import type { Entry } from '@candy/master-cf'
import { candyMilter, isCandyMilter } from './candy-milter.js'
import { optionOf } from './entrances.js'
import { type Instance, parameterOf } from './instance.js'
import { MILTER_CLEANUP } from './milter-cleanup.js'
import { MILTER, MILTER_LISTS, withMilterWord, withoutMilterWord } from './milter-list.js'
import { MODE_NAMES, MODES, type Mode, TRANSPORTS } from './mode.js'

/** The parameters by which Postfix gives mail to a filter after the queue, or before it. */
export const FILTER_PARAMETERS = ['content_filter', 'smtpd_proxy_filter'] as const

const CLEANUP = 'cleanup_service_name'

/** Names of the options that send new mail to candy. */
export const FILTER_OPTIONS: readonly string[] = [
  ...new Set(MODE_NAMES.map((mode) => MODES[mode].option.name)),
  CLEANUP,
]

export const OVERRIDE = 'receive_override_options'
export const NO_MAPPINGS = 'no_address_mappings'

/** Whether a value of content_filter, from master.cf or from a queue file, names one of candy's transports. */
export function isCandyFilter(value: string): boolean {
  return TRANSPORTS.some((transport) => value.trim().startsWith(`${transport}:`))
}

/** Whether an option with this value sends mail to candy. */
export function sendsToCandy(name: string, value: string): boolean {
  switch (name) {
    case 'content_filter':
      return isCandyFilter(value)
    case 'smtpd_proxy_filter':
      return value.trim() === MODES['smtp-before'].option.value
    case MILTER:
      return isCandyMilter(value)
    default:
      return name === CLEANUP && value.trim() === MILTER_CLEANUP
  }
}

/**
 * The option by which a service sends its mail to a filter that is not candy, and that leaves no room for candy in this mode;
 * undefined where there is none. After a milter Postfix may still give mail to a content_filter.
 */
export function foreignFilter(entry: Entry, mode: Mode): string | undefined {
  const names = mode === 'milter' ? (['smtpd_proxy_filter'] as const) : FILTER_PARAMETERS
  const name = names.find((one) => {
    const value = optionOf(entry, one)?.trim() ?? ''
    return value !== '' && !sendsToCandy(one, value)
  })
  return name === undefined ? undefined : `-o ${name}=${optionOf(entry, name)?.trim()}`
}

/** Whether a service switches filters off with `-o content_filter=`. */
export function isUnfiltered(entry: Entry): boolean {
  return optionOf(entry, 'content_filter')?.trim() === ''
}

/** Whether a service switches address mapping off with `-o receive_override_options`. */
export function disablesAddressMapping(entry: Entry): boolean {
  return hasNoMappings(optionOf(entry, OVERRIDE) ?? '')
}

/** Whether a value of receive_override_options switches address mapping off. */
export function hasNoMappings(value: string): boolean {
  return wordsOf(value).includes(NO_MAPPINGS)
}

/**
 * The options that a receiving service needs so that its new mail goes to candy. `entry` is the service without candy's options.
 * After the queue address mapping is switched off before the filter, so that it happens once, when mail comes back from candy.
 */
export function wantedOptions(instance: Instance, entry: Entry, mode: Mode): Readonly<Record<string, string>> {
  const { name, value } = MODES[mode].option
  if (mode === 'milter') return milterOptions(instance, entry)
  if (mode === 'smtp-before') return { [name]: value }
  const words = wordsOf(optionOf(entry, OVERRIDE) ?? parameterOf(instance, OVERRIDE))
  const mapped = !words.includes(NO_MAPPINGS)
  return {
    [name]: value,
    ...(mapped && { [OVERRIDE]: [...words, NO_MAPPINGS].join(',') }),
  }
}

/**
 * smtpd(8) speaks to milters itself. For other mail cleanup(8) does, so pickup(8) gives its mail to one that has candy as a milter. With
 * the option on the site's own cleanup(8), a pickup(8) that still works as before a reload would give its mail to a cleanup(8) that
 * works as after it, and mail would pass unfiltered, or be judged twice.
 */
function milterOptions(instance: Instance, entry: Entry): Readonly<Record<string, string>> {
  if (entry.command !== 'smtpd') return { [CLEANUP]: MILTER_CLEANUP }
  const [name] = MILTER_LISTS
  const own = optionOf(entry, name)
  return {
    [MILTER]: candyMilter(instance, entry),
    ...(own !== undefined && { [name]: withMilterWord(instance.mainText, own) }),
  }
}

/** The value of an option before candy added a word to it; undefined where that cannot be told. `inherited` is the value of main.cf. */
export function withoutOwnWord(name: string, value: string, inherited: string): string | null | undefined {
  if (isMilterList(name)) {
    const rest = withoutMilterWord(value)
    return rest === value ? undefined : rest
  }
  const words = value.split(',')
  if (name !== OVERRIDE || words.at(-1) !== NO_MAPPINGS) return undefined
  const rest = words.slice(0, -1).join(',')
  return rest === wordsOf(inherited).join(',') ? null : rest
}

export function isMilterList(name: string): boolean {
  return MILTER_LISTS.some((list) => list === name)
}

/** The words of a list, which blanks or commas separate. */
export function wordsOf(list: string): readonly string[] {
  return list.split(/[\s,]+/).filter((word) => word !== '')
}
