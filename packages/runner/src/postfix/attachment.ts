/** Giving new mail to candy: the `-o` options that do it on a receiving service, and how they are taken off again. */
import { applyEdits, type Entry, parse, type ServiceKey, setOption, unsetOption } from '@candy/master-cf'
import { nameEntry, optionOf } from './entrances.js'
import { type Instance, parameterOf } from './instance.js'
import { MODE_NAMES, MODES, type Mode, TRANSPORTS } from './mode.js'

/** An option that candy has set on a receiving service. `prior` is what it was there before; null where it was not set. */
export interface AttachedOption extends ServiceKey {
  readonly name: string
  readonly value: string
  readonly prior: string | null
}

const PROXY = MODES['smtp-before'].option.value

/** Names of the options by which new mail comes to candy. */
const OPTIONS: ReadonlySet<string> = new Set(MODE_NAMES.map((mode) => MODES[mode].option.name))

const OVERRIDE = 'receive_override_options'
const NO_MAPPINGS = 'no_address_mappings'

/** Whether a content_filter, as master.cf or a queue file has it, names one of candy's transports. */
export function isCandyFilter(value: string): boolean {
  return TRANSPORTS.some((transport) => value.trim().startsWith(`${transport}:`))
}

/** The filter that a service's mail goes to when it isn't candy: what stands in the way of enabling. */
export function foreignFilter(entry: Entry): string | undefined {
  const filter = optionOf(entry, 'content_filter')?.trim() ?? ''
  if (filter !== '' && !isCandyFilter(filter)) return `-o content_filter=${filter}`
  const proxy = optionOf(entry, 'smtpd_proxy_filter')?.trim() ?? ''
  return proxy !== '' && proxy !== PROXY ? `-o smtpd_proxy_filter=${proxy}` : undefined
}

/** Whether a service says itself that it wants no filter. */
export function isUnfiltered(entry: Entry): boolean {
  return optionOf(entry, 'content_filter')?.trim() === ''
}

/** Whether a service switches address mappings off itself. */
export function disablesAddressMapping(entry: Entry): boolean {
  return wordsOf(optionOf(entry, OVERRIDE) ?? '').includes(NO_MAPPINGS)
}

/**
 * What a receiving service, given as it is without candy, must say to hand new mail to candy. Address mappings happen once,
 * behind the filter.
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

/** Attaches a service; what was attached before and is wanted no more is put back. Returns the new text and all that is attached. */
export function attach(
  text: string,
  key: ServiceKey,
  wanted: Readonly<Record<string, string>>,
  before: readonly AttachedOption[],
): { readonly text: string; readonly attached: readonly AttachedOption[] } {
  const mine = before.filter((one) => isOn(one, key))
  // receive_override_options stays as we left it when the old mode wanted it too.
  const keeps = (one: AttachedOption): boolean =>
    one.name in wanted || (one.name === OVERRIDE && 'content_filter' in wanted)
  let now = detach(
    text,
    mine.filter((one) => !keeps(one)),
  )
  const attached: AttachedOption[] = mine.filter((one) => keeps(one) && !(one.name in wanted))
  for (const [name, value] of Object.entries(wanted)) {
    const entry = parse(now).entries.findLast((candidate) => isOn(candidate, key))
    const present = entry && optionOf(entry, name)
    const recorded = mine.find((one) => one.name === name)
    const prior = recorded === undefined ? priorOf(name, present) : recorded.prior
    now = applyEdits(now, setOption(parse(now), key, { name, value }))
    attached.push({ service: key.service, type: key.type, name, value, prior })
  }
  return { text: now, attached }
}

/** Takes options off again, where they still say what candy wrote or still name candy. A missing service is passed over. */
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

/** What is attached by the look of it, where no journal tells: after a set-up by hand, or a lost state directory. */
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

/** Whether it is by this option that mail comes to candy. */
export function routesToCandy({ name }: AttachedOption): boolean {
  return name !== OVERRIDE
}

/** What an attachment looks like to a person: `smtp/inet (line 12)`. */
export function nameAttachedServices(text: string, attached: readonly AttachedOption[]): readonly string[] {
  const entries = parse(text).entries.filter((entry) => attached.some((one) => isOn(one, entry)))
  return entries.map(nameEntry)
}

/** Where candy's own value is found without a record of it, nothing else was there before. */
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
