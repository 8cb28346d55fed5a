/**
 * Sets and removes the `-o` options by which services in master.cf send their mail to candy (filter-option.ts says which). An option
 * that a service had before gets its value back, also where candy has only added a word to a list.
 */
import { applyEdits, type Entry, findService, parse, type ServiceKey, setOption, unsetOption } from '@candy/master-cf'
import { nameEntry, optionOf } from './entrances.js'
import { FILTER_OPTIONS, isMilterList, OVERRIDE, sendsToCandy, withoutOwnWord } from './filter-option.js'
import { type Instance, parameterOf } from './instance.js'
import { MILTER, MILTER_LISTS } from './milter-list.js'
import { SERVICE_NAMES } from './services.js'

/** An option that candy has set on a service. `prior` is its value before that; null where it was not set. */
export interface AttachedOption extends ServiceKey {
  readonly name: string
  readonly value: string
  readonly prior: string | null
}

export interface Attached {
  readonly text: string
  /** All options that candy has set on the service now. */
  readonly attached: readonly AttachedOption[]
  /** What was edited by hand and is kept although candy would write something else, for the operator. */
  readonly kept: readonly string[]
}

/**
 * Sets the wanted options on a service. Options that candy set `before` and that are not wanted any more get their prior values
 * back. Settings of candy as a milter, such as its timeouts, that somebody has edited since are kept.
 */
export function attach(
  text: string,
  key: ServiceKey,
  wanted: Readonly<Record<string, string>>,
  before: readonly AttachedOption[],
): Attached {
  const { service, type } = key
  const previous = before.filter((one) => isOn(one, key))
  // Keep receive_override_options as candy set it when the new mode uses content_filter, as the old one did.
  const keeps = (one: AttachedOption): boolean =>
    one.name in wanted || (one.name === OVERRIDE && 'content_filter' in wanted)
  let now = detach(
    text,
    previous.filter((one) => !keeps(one)),
  )
  const attached: AttachedOption[] = previous.filter((one) => keeps(one) && !(one.name in wanted))
  const kept: string[] = []
  for (const [name, value] of Object.entries(wanted)) {
    const entry = findService(parse(now), key)
    const present = entry && optionOf(entry, name)
    const recorded = previous.find((one) => one.name === name)
    if (entry !== undefined && recorded !== undefined && isEdited(recorded, present)) {
      attached.push(recorded)
      if (name === MILTER)
        kept.push(`${nameEntry(entry)}: -o ${name} was edited by hand and is kept; candy would write ${value}`)
      continue
    }
    const prior = recorded === undefined || isReplaced(recorded, present) ? priorOf(name, present) : recorded.prior
    now = applyEdits(now, setOption(parse(now), key, { name, value }))
    attached.push({ service, type, name, value, prior })
  }
  return { text: now, attached, kept }
}

/**
 * Whether the option was edited since candy set it, and still does what it is for: candy is a milter with other settings, or at
 * another place of the list.
 */
export function isEdited({ name, value }: AttachedOption, present: string | undefined): boolean {
  if (present === undefined || present === value) return false
  return name === MILTER ? sendsToCandy(name, present) : isMilterList(name) && hasOwnWord(name, present)
}

/** Whether somebody has given the option a value that has nothing of candy any more. */
function isReplaced({ name }: AttachedOption, present: string | undefined): boolean {
  return present !== undefined && !sendsToCandy(name, present) && !hasOwnWord(name, present)
}

function hasOwnWord(name: string, value: string): boolean {
  return withoutOwnWord(name, value, '') !== undefined
}

/**
 * Gives options their prior values back, or removes them. Of an option that was edited since, and does not name candy, only candy's
 * word in a list of milters is removed. An option of a service that does not exist any more is left alone.
 */
export function detach(text: string, attached: readonly AttachedOption[]): string {
  let now = text
  for (const { service, type, name, value, prior } of attached) {
    const file = parse(now)
    const entry = findService(file, { service, type })
    const present = entry && optionOf(entry, name)
    if (present === undefined) continue
    const isOurs = present === value || sendsToCandy(name, present)
    const rest = isOurs ? prior : isMilterList(name) ? withoutOwnWord(name, present, '') : undefined
    if (rest === undefined) continue
    const edits =
      rest === null
        ? unsetOption(file, { service, type }, name)
        : setOption(file, { service, type }, { name, value: rest })
    now = applyEdits(now, edits)
  }
  return now
}

/** Finds the options that candy has set when there is no journal: after a set-up by hand, or when the state directory is lost. */
export function findAttachedOptions(text: string, instance: Pick<Instance, 'parameters'>): readonly AttachedOption[] {
  const others = parse(text).entries.filter(({ service }) => !SERVICE_NAMES.some((name) => name === service))
  return others.flatMap((entry) => {
    const { service, type } = entry
    const optionValue = (name: string): string => optionOf(entry, name) ?? ''
    const routes = FILTER_OPTIONS.filter((name) => sendsToCandy(name, optionValue(name)))
    const lists = [...MILTER_LISTS, ...(routes.includes('content_filter') ? [OVERRIDE] : [])]
    return [
      ...routes.map((name) => ({ service, type, name, value: optionValue(name), prior: null })),
      ...lists.flatMap((name) => {
        const prior = withoutOwnWord(name, optionValue(name), parameterOf(instance, name))
        return prior === undefined ? [] : [{ service, type, name, value: optionValue(name), prior }]
      }),
    ]
  })
}

/** Whether this option sends mail to candy. The others are lists to which candy has added a word. */
export function routesToCandy({ name }: AttachedOption): boolean {
  return FILTER_OPTIONS.includes(name)
}

/** The services that have any of these options, for the operator: `smtp/inet (line 12)`. */
export function nameAttachedServices(text: string, attached: readonly AttachedOption[]): readonly string[] {
  const entries = parse(text).entries.filter((entry) => attached.some((one) => isOn(one, entry)))
  return entries.map(nameEntry)
}

/** The prior value of an option that is not in the journal. A value of candy's own counts as not set before. */
function priorOf(name: string, present: string | undefined): string | null {
  return present === undefined || sendsToCandy(name, present) ? null : present
}

function isOn(one: ServiceKey, key: ServiceKey | Entry): boolean {
  return one.service === key.service && one.type === key.type
}
