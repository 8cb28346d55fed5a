/**
 * Mail whose addresses are mapped nowhere. For a filter after the queue `no_address_mappings` of receive_override_options has them
 * mapped once, when mail comes back (FILTER_README). Left in force for mail that does not come back, or where it comes back, it takes
 * aliases and copies away without a word.
 */
import type { Entry } from '@candy/master-cf'
import type { EntranceRequest } from './entrance-choice.js'
import { findEntrances, nameEntry, optionOf } from './entrances.js'
import { disablesAddressMapping, FILTER_PARAMETERS, hasNoMappings, OVERRIDE } from './filter-option.js'
import { type Instance, parameterOf } from './instance.js'

/** What it switches off (postconf(5)). */
const MAPPINGS = [
  'virtual_alias_maps',
  'canonical_maps',
  'sender_canonical_maps',
  'recipient_canonical_maps',
  'masquerade_domains',
  'always_bcc',
  'sender_bcc_maps',
  'recipient_bcc_maps',
] as const

export interface LostMappings {
  /** The services that receive such mail, for the operator. */
  readonly services: readonly string[]
  /** Those of them that say so themselves. The others have it from main.cf. */
  readonly own: readonly Entry[]
  /** The parameters that have no effect on it. */
  readonly mappings: readonly string[]
}

/** `filtered` are the services whose mail goes to candy. Undefined where no mapping that the site has set up is lost. */
export function lostMappings(
  instance: Instance,
  { mode, reinjectsByPickup }: Pick<EntranceRequest, 'mode' | 'reinjectsByPickup'>,
  filtered: readonly Entry[],
): LostMappings | undefined {
  const mappings = MAPPINGS.filter((name) => parameterOf(instance, name).trim() !== '')
  const inherited = hasNoMappings(parameterOf(instance, OVERRIDE))
  const goesOn = (entry: Entry): boolean =>
    FILTER_PARAMETERS.some((name) => (optionOf(entry, name) ?? parameterOf(instance, name)).trim() !== '')
  const isFiltered = ({ service, type }: Entry): boolean =>
    filtered.some((one) => one.service === service && one.type === type)
  const isLost = (entry: Entry): boolean => {
    const inherits = optionOf(entry, OVERRIDE) === undefined
    if (isFiltered(entry)) return mode === 'milter' && (inherits ? inherited : disablesAddressMapping(entry))
    return inherits && inherited
  }
  const entries = findEntrances(instance)
    .map(({ entry }) => entry)
    .filter((entry) => isLost(entry) && (!goesOn(entry) || (reinjectsByPickup && entry.command === 'pickup')))
  const before = mode === 'smtp-before' && inherited && filtered.length > 0 ? ['candy-in-before/unix'] : []
  const services = [...entries.map(nameEntry), ...before]
  if (services.length === 0 || mappings.length === 0) return undefined
  return { services, own: entries.filter(disablesAddressMapping), mappings }
}

export function lostMappingsText({ services, mappings }: LostMappings): string {
  return `receive_override_options has no_address_mappings for ${services.join(', ')}: ${mappings.join(', ')} ${mappings.length === 1 ? 'has' : 'have'} no effect on that mail, also when candy has judged it`
}
