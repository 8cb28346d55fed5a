/**
 * Finds what keeps a milter from the mail of a receiving service. Postfix says nothing of it: such mail would pass unfiltered, or be
 * delivered to a recipient for whom a filter has refused it (postconf(5), MILTER_README).
 */
import type { Entry } from '@candy/master-cf'
import { cleanupOf, nameEntry, optionOf } from './entrances.js'
import { wordsOf } from './filter-option.js'
import { expand, type Instance, parameterOf } from './instance.js'

interface Obstacle {
  /** The setting and what it does, for the operator: `says -o receive_override_options=no_milters: Postfix runs no milter there`. */
  readonly what: string
  /** Whether the service itself has the setting, and not main.cf. */
  readonly isOwn: boolean
}

interface Hindrance {
  readonly name: string
  readonly why: string
  hinders(value: string): boolean
}

const MAPS: Hindrance = {
  name: 'smtpd_milter_maps',
  why: 'for some clients it replaces smtpd_milters, and candy with them',
  hinders: (value) => value !== '',
}

const OVERRIDE: Hindrance = {
  name: 'receive_override_options',
  why: 'Postfix runs no milter there',
  hinders: (value) => wordsOf(value).includes('no_milters'),
}

const ORIGINAL: Hindrance = {
  name: 'enable_original_recipient',
  why: 'a milter cannot take single recipients away from a message then, and candy does that where filters refuse it for some',
  hinders: (value) => value === 'no',
}

const CLEANUP: Hindrance = {
  name: 'cleanup_service_name',
  why: 'candy filters such mail in a cleanup(8) that does what the one of main.cf does',
  hinders: (value) => value !== '',
}

/** The first obstacle for a service; undefined where there is none. */
export function milterObstacle(instance: Instance, entry: Entry): Obstacle | undefined {
  const isSmtpd = entry.command === 'smtpd'
  const own = isSmtpd ? undefined : obstacleIn({ parameters: new Map() }, entry, CLEANUP)
  const cleanup = cleanupOf(instance, entry)
  const behind = cleanup && obstacleIn(instance, cleanup, ORIGINAL)
  return (
    own ??
    (isSmtpd ? obstacleIn(instance, entry, MAPS) : undefined) ??
    obstacleIn(instance, entry, OVERRIDE) ??
    (cleanup !== undefined && behind?.isOwn === true
      ? { ...behind, what: `gives its mail to ${nameEntry(cleanup)}, which ${behind.what}` }
      : behind)
  )
}

function obstacleIn(
  instance: Pick<Instance, 'parameters'>,
  entry: Entry,
  { name, why, hinders }: Hindrance,
): Obstacle | undefined {
  const own = optionOf(entry, name)
  const value = (own === undefined ? parameterOf(instance, name) : expand(instance, own)).trim()
  if (!hinders(value)) return undefined
  const what = own === undefined ? `follows main.cf, where ${name} = ${value}` : `says -o ${name}=${own}`
  return { what: `${what}: ${why}`, isOwn: own !== undefined }
}
