/** Sets and removes the `-o` options by which a receiving service in master.cf sends its mail to candy. */
import { applyEdits, type Entry, parse, type ServiceKey, setOption, unsetOption } from '@candy/master-cf'
import { nameEntry, optionOf } from './entrances.js'
import { type Instance, parameterOf } from './instance.js'
import { MODE_NAMES, MODES, type Mode, TRANSPORTS } from './mode.js'

/** An option that candy has set on a receiving service. `prior` is its value before that; null where it was not set. */
export interface AttachedOption extends ServiceKey {
  readonly name: string
  readonly value: string
  readonly prior: string | null
}

const PROXY = MODES['smtp-before'].option.value

/** Names of the options that send new mail to candy. */
const OPTIONS: ReadonlySet<string> = new Set(MODE_NAMES.map((mode) => MODES[mode].option.name))

const OVERRIDE = 'receive_override_options'
const NO_MAPPINGS = 'no_address_mappings'

/** Whether a value of content_filter, from master.cf or from a queue file, names one of candy's transports. */
export function isCandyFilter(value: string): boolean {
  return TRANSPORTS.some((transport) => value.trim().startsWith(`${transport}:`))
}

/** The option by which a service sends its mail to a filter that is not candy; undefined where there is none. */
export function foreignFilter(entry: Entry): string | undefined {
  const filter = optionOf(entry, 'content_filter')?.trim() ?? ''
  if (filter !== '' && !isCandyFilter(filter)) return `-o content_filter=${filter}`
  const proxy = optionOf(entry, 'smtpd_proxy_filter')?.trim() ?? ''
  return proxy !== '' && proxy !== PROXY ? `-o smtpd_proxy_filter=${proxy}` : undefined
}

/** Whether a service switches filters off with `-o content_filter=`. */
export function isUnfiltered(entry: Entry): boolean {
  return optionOf(entry, 'content_filter')?.trim() === ''
}

/** Whether a service switches address mapping off with `-o receive_override_options`. */
export function disablesAddressMapping(entry: Entry): boolean {
  return wordsOf(optionOf(entry, OVERRIDE) ?? '').includes(NO_MAPPINGS)
}

/**
 * The options that a receiving service needs so that its new mail goes to candy. `entry` is the service without candy's options.
 * Address mapping is switched off before the filter, so that it happens once, when mail comes back from candy.
 */
export function wantedOptions(instance: Instance, entry: Entry, mode: Mode): Readonly<Record<string, string>> {
  const { name, value } = MODES[mode].option
  if (name !== 'content_filter') return { [name]: value }
  const words = wordsOf(optionOf(entry, OVERRIDE) ?? parameterOf(instance, OVERRIDE))
  const mapped = !words.includes(NO_MAPPINGS)
  return {
    [name]: value,
    ...(mapped && { [OVERRIDE]: [...words, NO_MAPPINGS].join(',') }),
  }
}

/**
 * Sets the wanted options on a service. Options that candy set `before` and that are not wanted any more get their prior values
 * back. Returns the new text and all options that candy has set on the service now.
 */
export function attach(
  text: string,
  key: ServiceKey,
  wanted: Readonly<Record<string, string>>,
  before: readonly AttachedOption[],
): { readonly text: string; readonly attached: readonly AttachedOption[] } {
  const previous = before.filter((one) => isOn(one, key))
  // Keep receive_override_options as candy set it when the new mode uses content_filter, as the old one did.
  const keeps = (one: AttachedOption): boolean =>
    one.name in wanted || (one.name === OVERRIDE && 'content_filter' in wanted)
  let now = detach(
    text,
    previous.filter((one) => !keeps(one)),
  )
  const attached: AttachedOption[] = previous.filter((one) => keeps(one) && !(one.name in wanted))
  for (const [name, value] of Object.entries(wanted)) {
    const entry = parse(now).entries.findLast((candidate) => isOn(candidate, key))
    const present = entry && optionOf(entry, name)
    const recorded = previous.find((one) => one.name === name)
    const prior = recorded === undefined ? priorOf(name, present) : recorded.prior
    now = applyEdits(now, setOption(parse(now), key, { name, value }))
    attached.push({ service: key.service, type: key.type, name, value, prior })
  }
  return { text: now, attached }
}

/**
 * Gives options their prior values back, or removes them. An option that was edited since, and does not name candy, is left
 * alone, and so is one of a service that does not exist any more.
 */
export function detach(text: string, attached: readonly AttachedOption[]): string {
  let now = text
  for (const { service, type, name, value, prior } of attached) {
    const file = parse(now)
    const entry = file.entries.findLast((candidate) => isOn(candidate, { service, type }))
    const present = entry && optionOf(entry, name)
    if (present === undefined || (present !== value && !isCandyFilter(present))) continue
    const edits =
      prior === null
        ? unsetOption(file, { service, type }, name)
        : setOption(file, { service, type }, { name, value: prior })
    now = applyEdits(now, edits)
  }
  return now
}

/** Finds the options that candy has set when there is no journal: after a set-up by hand, or when the state directory is lost. */
export function findAttachedOptions(text: string, instance: Pick<Instance, 'parameters'>): readonly AttachedOption[] {
  const inherited = wordsOf(parameterOf(instance, OVERRIDE)).join(',')
  return parse(text).entries.flatMap((entry) => {
    const { service, type } = entry
    const found: AttachedOption[] = []
    for (const name of OPTIONS) {
      const value = optionOf(entry, name)
      if (value !== undefined && (isCandyFilter(value) || value === PROXY)) {
        found.push({ service, type, name, value, prior: null })
      }
    }
    const override = optionOf(entry, OVERRIDE)
    const words = override?.split(',') ?? []
    if (found.some(({ name }) => name === 'content_filter') && override !== undefined && words.at(-1) === NO_MAPPINGS) {
      const rest = words.slice(0, -1).join(',')
      found.push({ service, type, name: OVERRIDE, value: override, prior: rest === inherited ? null : rest })
    }
    return found
  })
}

/** Whether this option sends mail to candy. The other option, receive_override_options, only switches address mapping off. */
export function routesToCandy({ name }: AttachedOption): boolean {
  return name !== OVERRIDE
}

/** The services that have any of these options, for the operator: `smtp/inet (line 12)`. */
export function nameAttachedServices(text: string, attached: readonly AttachedOption[]): readonly string[] {
  const entries = parse(text).entries.filter((entry) => attached.some((one) => isOn(one, entry)))
  return entries.map(nameEntry)
}

/** The prior value of an option that is not in the journal. A value of candy's own counts as not set before. */
function priorOf(name: string, present: string | undefined): string | null {
  if (present === undefined) return null
  return name !== OVERRIDE && (isCandyFilter(present) || present === PROXY) ? null : present
}

function wordsOf(list: string): readonly string[] {
  return list.split(/[\s,]+/).filter((word) => word !== '')
}

function isOn(one: ServiceKey, key: ServiceKey): boolean {
  return one.service === key.service && one.type === key.type
}
