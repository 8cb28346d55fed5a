/**
 * Queue files that name a filter which is gone. A queue file remembers the content_filter that was in force when the message was
 * received, and waits for that transport until Postfix bounces it, whatever main.cf and master.cf say by now.
 */
import { counted } from '../log/counting.js'
import { ailing, type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

/** The largest number of queue IDs in one command. */
const SHOWN = 50

export async function examineQueueFiles({
  waitingMail,
  postfix,
  instance,
  candy,
}: Host): Promise<readonly Observation[]> {
  const { entries, filters, unread } = await waitingMail()
  const transports = new Set(
    instance.master.entries.filter(({ type }) => type === 'unix').map(({ service }) => service),
  )
  const lost = entries.flatMap(({ id, queue }) => {
    const transport = /^([^:]+):/.exec(filters.get(id) ?? '')?.[1]
    return transport === undefined || transports.has(transport) ? [] : [{ id, transport, held: queue === 'hold' }]
  })
  const names = [...new Set(lost.map(({ transport }) => transport))]
  const found = names.flatMap((name): readonly Observation[] => {
    const all = lost.filter(({ transport }) => transport === name)
    const ids = all.filter(({ held }) => !held).map(({ id }) => id)
    const what = `${counted(all.length, 'message')} in the queue ${all.length === 1 ? 'names' : 'name'} the filter ${name}, which is not in master.cf`
    if (name === 'candy' || name === 'candy-lmtp')
      return [urgent(what, 'This mail waits for a service of candy that is missing.', [candy('enable', '--yes')])]
    if (ids.length === 0)
      return [
        ailing(
          `${what}; all of it is on hold`,
          'Released as it is, this mail would wait for that filter. Requeuing releases it too, which is for you to decide.',
          [],
        ),
      ]
    return [
      urgent(
        `${what}: ${list(ids)}`,
        'This mail waits for that filter until it bounces. Requeued by its queue IDs, it is received anew, as mail from sendmail(1), and takes the filter of pickup(8).',
        [
          postfix('postsuper', ...ids.slice(0, SHOWN).flatMap((id) => ['-r', id])),
          postfix('postkick', 'public', 'pickup', 'W'),
        ],
      ),
    ]
  })
  const rest = unread === 0 ? '' : ` (${unread} more ${unread === 1 ? 'was' : 'were'} not looked at)`
  return found.length > 0 ? found : [well(`no queue file names a filter that is gone${rest}`)]
}

function list(ids: readonly string[]): string {
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : ''
  return `${ids.slice(0, 3).join(', ')}${more}`
}
