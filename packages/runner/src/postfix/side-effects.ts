/** Warns of effects of a mode that the operator may not expect, given this instance's configuration. */
import type { Entry } from '@candy/master-cf'
import type { EntranceRequest } from './entrance-choice.js'
import { nameEntry } from './entrances.js'
import { filterActions } from './filter-actions.js'
import { disablesAddressMapping } from './filter-option.js'
import { type Instance, parameterOf } from './instance.js'
import { lostMappings, lostMappingsText } from './lost-mappings.js'
import { miltersIn } from './milter-list.js'
import { milterOrders } from './milter-order.js'

/** How many places one warning names. */
const SHOWN = 5

/** `instance` is the instance without candy's options; `services` are those whose mail candy will filter. */
export function sideEffects(
  instance: Instance,
  request: EntranceRequest,
  services: readonly Entry[],
): readonly string[] {
  const lost = lostMappings(instance, request, services)
  return [
    ...effectsOfMode(instance, request, services),
    ...(lost === undefined ? [] : [`${lostMappingsText(lost)}. "candy doctor" has what takes it out`]),
  ]
}

function effectsOfMode(
  instance: Instance,
  { mode, reinjectsByPickup }: EntranceRequest,
  services: readonly Entry[],
): readonly string[] {
  if (mode === 'smtp-before') {
    if (miltersIn(parameterOf(instance, 'smtpd_milters')).length === 0) return []
    return ['smtpd_milters see each client without its messages, and the messages later, as if this host had sent them']
  }
  if (mode === 'milter') return milterEffects(instance, services)
  const actions = filterActions(instance, services).map(({ text }) => text)
  return [
    ...(actions.length > 0
      ? [
          `mail to which one of these FILTER actions applies does not go to candy, but where the action says: ${listOf(actions)}`,
        ]
      : []),
    ...services
      .filter((entry) => disablesAddressMapping(entry))
      .map(
        (entry) =>
          `${nameEntry(entry)} says no_address_mappings itself; Postfix maps addresses nevertheless when mail comes back from candy`,
      ),
    ...(mode === 'pipe' ? pipeEffects(instance, reinjectsByPickup) : []),
  ]
}

/** A milter judges mail before Postfix follows content_filter or a FILTER action, so neither passes candy over. */
function milterEffects(instance: Instance, services: readonly Entry[]): readonly string[] {
  const filter = parameterOf(instance, 'content_filter').trim()
  return [
    ...milterOrders(instance, services),
    ...(filter === '' ? [] : [`content_filter = ${filter} gets mail after candy, as candy has changed it`]),
  ]
}

/** Warnings for pipe mode: what pipe(8) does not report of a message, and what is lost when sendmail(1) hands mail back. */
function pipeEffects(instance: Instance, reinjectsByPickup: boolean): readonly string[] {
  if (!reinjectsByPickup) {
    const clients = parameterOf(instance, 'local_header_rewrite_clients').trim()
    if (clients === 'permit_inet_interfaces') return []
    return [
      `local_header_rewrite_clients (${clients}) is not known to pipe(8): in mode pipe, header addresses are mapped in mail from sendmail(1) and from this host's own addresses; in mode smtp, in mail from all of these clients`,
    ]
  }
  const milters = miltersIn(parameterOf(instance, 'non_smtpd_milters')).join(', ')
  return [
    'candy.toml has pipe.reinject = "sendmail": a message with 8-bit bytes in its header bounces where the next hop does not offer SMTPUTF8, canonical maps are not applied to the header, and message_size_limit includes the header fields that filters add. Remove that key and enable again, and mail comes back over SMTP',
    ...(milters !== ''
      ? [`non_smtpd_milters (${milters}) see filtered mail once more, when candy hands it back with sendmail(1)`]
      : []),
  ]
}

/** The first items of a list, and how many more there are. */
function listOf(items: readonly string[]): string {
  const more = items.length > SHOWN ? `, and ${items.length - SHOWN} more` : ''
  return `${items.slice(0, SHOWN).join('; ')}${more}`
}
