/** Mail that waits because candy, or a scanner behind it, could not take it, and the reasons that Postfix has noted. */
import { printable } from '@candy/sdk'
import { counted } from '../log/counting.js'
import { localTime } from '../os/local-time.js'
import { isCandyFilter } from '../postfix/filter-option.js'
import { type Observation, urgent, well } from './finding.js'
import { groupBy } from './grouping.js'
import type { Host } from './host.js'

/** How many reasons are shown. */
const SHOWN = 3

export async function examineDeferredMail({ waitingMail, postfix }: Host): Promise<readonly Observation[]> {
  const { entries, filters } = await waitingMail()
  const deferred = entries.flatMap(({ id, arrival, recipients }) => {
    const reason = recipients.find((one) => one.reason !== undefined)?.reason
    return reason !== undefined && isCandyFilter(filters.get(id) ?? '') ? [{ id, arrival, reason }] : []
  })
  if (deferred.length === 0)
    return [well(`${counted(entries.length, 'message')} in the queue, none of them deferred by candy`)]
  const reasons = groupBy(deferred, ({ reason }) => kindOf(reason))
  const shown = [...reasons.values()]
    .toSorted((a, b) => b.length - a.length)
    .slice(0, SHOWN)
    .map((all) => `${counted(all.length, 'time')}: ${printable(all[0]?.reason ?? '')}`)
  const oldest = new Date(Math.min(...deferred.map(({ arrival }) => arrival.getTime())))
  return [
    urgent(
      `candy has deferred ${counted(deferred.length, 'message')}, the oldest of ${localTime(oldest)}: ${shown.join('; ')}`,
      'This mail comes again by itself once the reason is gone. Mend what the findings above name first; then the command has Postfix try it all now.',
      [postfix('postqueue', '-f')],
    ),
  ]
}

/** An id of candy's own, a long queue id, which has no vowels (postconf(5), enable_long_queue_ids), a short one, a number. */
const VARIABLE = /candy-[0-9a-f]{12}|\b[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{12,}\b|[0-9A-F]{6,}|\d+/g

/** What a reason has in common with others: numbers and ids differ from message to message. */
export function kindOf(reason: string): string {
  return reason.replace(VARIABLE, '#')
}
