/**
 * Parameters of main.cf that reach services which they should not reach: a content filter that is set there holds for every
 * service that does not say otherwise, and so also for mail that has been filtered.
 */
import { isCandyFilter } from '../postfix/attachment.js'
import { parameterOf } from '../postfix/instance.js'
import { type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

const LEAKS = ['content_filter', 'smtpd_proxy_filter'] as const

export async function examineLeaks({ instance, postfix }: Host): Promise<readonly Observation[]> {
  const found = LEAKS.flatMap((name) => {
    const value = parameterOf(instance, name).trim()
    if (value === '') return []
    const meaning = isCandyFilter(value)
      ? 'It holds for every service, also for those that the operator did not choose. candy sets the option on each service by itself.'
      : 'All mail of services without an option of their own goes to another filter, and candy enable refuses to work.'
    return [
      urgent(`main.cf says ${name} = ${value}`, meaning, [
        postfix('postconf', '-X', name),
        postfix('postfix', 'reload'),
      ]),
    ]
  })
  return found.length > 0 ? found : [well('main.cf gives no mail to any filter by itself')]
}
