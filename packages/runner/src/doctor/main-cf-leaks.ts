/**
 * Parameters of main.cf that reach services which they should not reach: a content filter that is set there holds for every
 * service that does not say otherwise, and so also for mail that has been filtered.
 */
import { isCandyFilter } from '../postfix/filter-option.js'
import { parameterOf } from '../postfix/instance.js'
import { MILTER } from '../postfix/milter-list.js'
import { type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

const LEAKS = ['content_filter', 'smtpd_proxy_filter'] as const

export async function examineLeaks({ instance, mode, postfix }: Host): Promise<readonly Observation[]> {
  const found = [...LEAKS, MILTER].flatMap((name) => {
    const value = parameterOf(instance, name).trim()
    if (value === '') return []
    if (name === MILTER) return [ofMilter(value, postfix)]
    if (mode === 'milter' && name === 'content_filter' && !isCandyFilter(value))
      return [well(`main.cf says ${name} = ${value}, and mail goes there after candy`)]
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

function ofMilter(value: string, postfix: Host['postfix']): Observation {
  return urgent(
    `main.cf says ${MILTER} = ${value}`,
    'It must be empty there: this holds for every service, also for the one by which filtered mail comes back. candy sets it on each service by itself.',
    [postfix('postconf', '-e', `${MILTER}=`), postfix('postfix', 'reload')],
  )
}
