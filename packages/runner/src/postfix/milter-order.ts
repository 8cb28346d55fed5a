/** Tells the operator in which order mail passes candy and the site's own milters. */
import type { Entry } from '@candy/master-cf'
import { cleanupOf, nameEntry, optionOf } from './entrances.js'
import { expand, type Instance } from './instance.js'
import { readValue } from './main-cf.js'
import { MILTER, MILTER_LISTS, miltersIn, withMilter, withMilterWord } from './milter-list.js'

/** A sentence for each list that has other milters, as it will be. `services` are those whose mail candy will filter. */
export function milterOrders(instance: Instance, services: readonly Entry[]): readonly string[] {
  const main = withMilter(instance.mainText)
  const lists = new Map<string, string>()
  for (const service of services) {
    const isSmtpd = service.command === 'smtpd'
    const name = isSmtpd ? MILTER_LISTS[0] : MILTER_LISTS[1]
    const entry = isSmtpd ? service : cleanupOf(instance, service)
    const own = entry && optionOf(entry, name)
    if (entry === undefined || own === undefined) lists.set(name, readValue(main, name) ?? '')
    else lists.set(`-o ${name} of ${nameEntry(entry)}`, withMilterWord(main, own))
  }
  const named = { parameters: new Map([...instance.parameters, [MILTER, 'candy']]) }
  // A list may name the other.
  for (const list of MILTER_LISTS) named.parameters.set(list, expand(named, readValue(main, list) ?? ''))
  return [...lists].flatMap(([name, list]) => {
    const milters = miltersIn(expand(named, list))
    return milters.length < 2 ? [] : [`${name}: mail passes ${milters.join(', then ')}. ${HOW_TO_CHANGE}`]
  })
}

const HOW_TO_CHANGE = `candy comes first unless you move $${MILTER} in that list, and stays where you put it (docs/enable.md#other-milters)`
