/** Mail that waits because candy, or a scanner behind it, could not take it, and the reasons that Postfix has noted. */
import { printable } from '@candy/sdk'
import { isCandyFilter } from '../postfix/attachment.js'
import { counted } from './counting.js'
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
      `candy has deferred ${counted(deferred.length, 'message')}, the oldest of ${oldest.toISOString()}: ${shown.join('; ')}`,
      'This mail comes again by itself once the reason is gone. Mend what the findings above name first; then the command has Postfix try it all now.',
      [postfix('postqueue', '-f')],
    ),
  ]
}

/** Numbers and ids differ from message to message; the rest of a reason does not. */
function kindOf(reason: string): string {
  return reason.replace(/[0-9A-F]{6,}|\d+/g, '#')
}
