/**
 * Parameters of main.cf that reach services which they should not reach: a content filter that is set there holds for every
 * service that does not say otherwise, and so also for mail that has been filtered.
 */
import { optionOf } from '../postfix/entrances.js'
import {
  FILTER_PARAMETERS,
  hasNoMappings,
  isCandyFilter,
  NO_MAPPINGS,
  OVERRIDE,
  wordsOf,
} from '../postfix/filter-option.js'
import { parameterOf } from '../postfix/instance.js'
import { lostMappings, lostMappingsText } from '../postfix/lost-mappings.js'
import { MILTER } from '../postfix/milter-list.js'
import { ailing, type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

export async function examineLeaks(host: Host): Promise<readonly Observation[]> {
  const { instance, mode, postfix } = host
  const found = [...FILTER_PARAMETERS, MILTER].flatMap((name) => {
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
  const all = [...found, ...ofMappings(host)]
  return all.length > 0 ? all : [well('main.cf gives no mail to any filter by itself')]
}

/** What a filter that was here before candy has left. */
function ofMappings({ instance, mode, request, attached, postfix, candy }: Host): readonly Observation[] {
  const lost = lostMappings(instance, request, attached)
  if (lost === undefined) return []
  const without = (value: string): string =>
    wordsOf(value)
      .filter((word) => word !== NO_MAPPINGS)
      .join(',')
  const main = parameterOf(instance, OVERRIDE)
  const rest = without(main)
  const own = lost.own.map((entry) => {
    const left = without(optionOf(entry, OVERRIDE) ?? '')
    const name = `${entry.service}/${entry.type}/${OVERRIDE}`
    return left === '' ? postfix('postconf', '-PX', name) : postfix('postconf', '-P', `${name}=${left}`)
  })
  const ofMain = rest === '' ? postfix('postconf', '-X', OVERRIDE) : postfix('postconf', '-e', `${OVERRIDE}=${rest}`)
  // After the queue candy sets it on each service whose mail comes back, unless main.cf has it.
  const last = mode === 'smtp' || mode === 'pipe' ? candy('enable', '--yes') : postfix('postfix', 'reload')
  return [
    ailing(
      lostMappingsText(lost),
      'It was set for a filter that handed mail back. Mail to an alias that is not applied bounces.',
      [...(hasNoMappings(main) ? [ofMain] : []), ...own, last],
    ),
  ]
}

function ofMilter(value: string, postfix: Host['postfix']): Observation {
  return urgent(
    `main.cf says ${MILTER} = ${value}`,
    'It must be empty there: this holds for every service, also for the one by which filtered mail comes back. candy sets it on each service by itself.',
    [postfix('postconf', '-e', `${MILTER}=`), postfix('postfix', 'reload')],
  )
}
