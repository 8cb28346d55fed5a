/**
 * Finds options of a receiving service that have no effect once its mail is filtered before the queue. An smtpd(8) that passes a
 * message to a proxy runs neither cleanup(8) nor milters on it (SMTPD_PROXY_README, MILTER_README). The smtpd(8) that takes the
 * message back does, but it serves all receiving services and follows main.cf.
 */
import type { Entry } from '@candy/master-cf'
import { optionOf } from './entrances.js'
import { wordsOf } from './filter-option.js'
import { expand, type Instance, parameterOf } from './instance.js'

const MILTERS = ['smtpd_milters', 'smtpd_milter_maps']

/** The options, as `-o name=value`. Empty when mail that comes back is treated as the service's options say. */
export function ineffectiveBeforeQueue(instance: Instance, entry: Entry): readonly string[] {
  const differs = (name: string): boolean => {
    const value = optionOf(entry, name)
    return value !== undefined && !isSame(expand(instance, value), parameterOf(instance, name))
  }
  const hasMilters = MILTERS.some((name) => wordsOf(parameterOf(instance, name)).length > 0 || differs(name))
  return [...new Set(entry.options.map(({ name }) => name))]
    .filter((name) => {
      if (name === 'cleanup_service_name' || name === 'receive_override_options') return differs(name)
      return hasMilters && (MILTERS.includes(name) || name.startsWith('milter_')) && differs(name)
    })
    .map((name) => `-o ${name}=${optionOf(entry, name)}`)
}

/** Compares two lists of words. Their order has no meaning in any of these parameters. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => wordsOf(text).toSorted().join(' '))
  return first === second
}
