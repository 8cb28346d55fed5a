/** Warns of effects of a mode that the operator may not expect, given this instance's configuration. */
import type { Entry } from '@candy/master-cf'
import { disablesAddressMapping } from './attachment.js'
import type { EntranceRequest } from './entrance-choice.js'
import { nameEntry } from './entrances.js'
import { filterActions } from './filter-actions.js'
import { type Instance, parameterOf } from './instance.js'

/** How many places one warning names. */
const SHOWN = 5

/** `instance` is the instance without candy's options; `services` are those whose mail candy will filter. */
export function sideEffects(
  instance: Instance,
  { mode, reinjectsByPickup }: EntranceRequest,
  services: readonly Entry[],
): readonly string[] {
  if (mode === 'smtp-before') {
    if (parameterOf(instance, 'smtpd_milters').trim() === '') return []
    return ['smtpd_milters see the client without the mail, and the mail as if it came from this host']
  }
  const actions = filterActions(instance, services)
  return [
    ...(actions.length > 0
      ? [`mail that these FILTER actions are about passes candy over, and goes where they say: ${listOf(actions)}`]
      : []),
    ...services
      .filter((entry) => disablesAddressMapping(entry))
      .map((entry) => `${nameEntry(entry)} says no_address_mappings itself; behind candy addresses are mapped`),
    ...(mode === 'pipe' ? pipeEffects(instance, reinjectsByPickup) : []),
  ]
}

/** Warnings for pipe mode: what pipe(8) does not report of a message, and what is lost when sendmail(1) hands mail back. */
function pipeEffects(instance: Instance, reinjectsByPickup: boolean): readonly string[] {
  if (!reinjectsByPickup) {
    const clients = parameterOf(instance, 'local_header_rewrite_clients').trim()
    if (clients === 'permit_inet_interfaces') return []
    return [
      `local_header_rewrite_clients (${clients}) is not known to pipe(8): addresses in headers are mapped for sendmail(1) and this host's own addresses; in mode smtp for all of these clients`,
    ]
  }
  const milters = parameterOf(instance, 'non_smtpd_milters').trim()
  return [
    'candy.toml has pipe.reinject = "sendmail": a message with 8-bit bytes in its header bounces where the next hop has no SMTPUTF8, canonical maps do not reach the header, and message_size_limit counts with the fields that filters add; take the key out and enable again, and mail comes back over SMTP',
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
