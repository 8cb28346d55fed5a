/** Finds the services of master.cf that receive mail, and determines whose mail each receives from its port and options. */
import { type Entry, findService } from '@candy/master-cf'
import { expand, type Instance, parameterOf } from './instance.js'
import { SERVICE_NAMES } from './services.js'

/**
 * Whose mail a service receives. `smtp`: mail from other hosts. `submission`: mail from the site's own users. `internal`: mail
 * from the site's own hosts and programs, for example from another filter. `pickup`: mail that sendmail(1) submits on this host.
 * `qmqp`: mail that qmqpd(8) receives, which candy does not filter.
 */
type EntranceKind = 'smtp' | 'submission' | 'internal' | 'pickup' | 'qmqp'

export interface Entrance {
  readonly entry: Entry
  readonly kind: EntranceKind
  /** What the kind was determined from, for the operator. */
  readonly why: string
}

const SUBMISSION_PORTS = ['submission', 'submissions', 'smtps', '587', '465']
const SMTP_PORTS = ['smtp', '25']

/** Options that are usually set to nothing on the smtpd(8) to which another filter hands mail back. */
const REINJECTION_OPTIONS = ['content_filter', 'smtpd_milters']

/** Restriction lists that may reject every client but the site's own users or hosts. */
const RESTRICTIONS = ['client', 'helo', 'sender', 'relay', 'recipient'].map((what) => `smtpd_${what}_restrictions`)
const OF_USERS = ['permit_sasl_authenticated', 'permit_tls_clientcerts', 'permit_tls_all_clientcerts']
const OF_HOSTS = ['permit_mynetworks', 'permit_inet_interfaces']

/** The services that receive mail, in the order of master.cf. Behind postscreen(8) the receiving service is `smtpd pass`. */
export function findEntrances(instance: Pick<Instance, 'master' | 'parameters'>): readonly Entrance[] {
  const { master } = instance
  return master.entries
    .filter((entry) => findService(master, entry) === entry && !SERVICE_NAMES.some((name) => name === entry.service))
    .flatMap((entry) => {
      const kind = kindOf(instance, entry)
      return kind === undefined ? [] : [{ entry, kind: kind[0], why: kind[1] }]
    })
}

/** A service as it is named to the operator: `smtp/inet (line 12)`. */
export function nameEntry({ service, type, line }: Entry): string {
  return `${service}/${type} (line ${line})`
}

/** The value that a service sets a parameter to with `-o`. The last of several settings counts, as in Postfix. */
export function optionOf(entry: Entry, name: string): string | undefined {
  return entry.options.findLast((option) => option.name === name)?.value
}

/** The cleanup(8) service to which a receiving service gives its mail; undefined where master.cf has none. */
export function cleanupOf(instance: Pick<Instance, 'master' | 'parameters'>, entry: Entry): Entry | undefined {
  const name = optionOf(entry, 'cleanup_service_name') ?? parameterOf(instance, 'cleanup_service_name')
  const service = expand(instance, name).trim() || 'cleanup'
  const found = findService(instance.master, { service, type: 'unix' })
  return found?.command === 'cleanup' ? found : undefined
}

/** The port of an inet service, by number or name. */
export function portOf({ service }: Pick<Entry, 'service'>): string {
  return service.slice(service.lastIndexOf(':') + 1)
}

function kindOf(
  instance: Pick<Instance, 'parameters'>,
  entry: Entry,
): readonly [kind: EntranceKind, why: string] | undefined {
  const { command, type } = entry
  if (command === 'pickup') return ['pickup', 'sendmail(1) on this host']
  if (command === 'qmqpd') return ['qmqp', 'QMQP']
  if (command !== 'smtpd' || (type !== 'inet' && type !== 'pass')) return undefined
  const admitted = onlyAdmits(instance, entry)
  if (admitted !== undefined) return admitted
  if (type === 'pass') return ['smtp', 'postscreen(8) hands it over']
  if (optionOf(entry, 'smtpd_tls_wrappermode') === 'yes') return ['submission', '-o smtpd_tls_wrappermode=yes']
  const port = portOf(entry)
  if (SUBMISSION_PORTS.includes(port)) return ['submission', `port ${port}`]
  if (SMTP_PORTS.includes(port)) return ['smtp', `port ${port}`]
  if (optionOf(entry, 'smtpd_sasl_auth_enable') === 'yes')
    return ['submission', `-o smtpd_sasl_auth_enable=yes on port ${port}`]
  const none = REINJECTION_OPTIONS.find((name) => optionOf(entry, name)?.trim() === '')
  if (none !== undefined) return ['internal', `-o ${none}= on port ${port}, as for what has been through a filter`]
  return ['smtp', `port ${port}, and nothing restricts it to your own users or hosts`]
}

/** The kind of a service whose own restriction list admits only the site's users or hosts; undefined for any other service. */
function onlyAdmits(
  instance: Pick<Instance, 'parameters'>,
  entry: Entry,
): readonly [kind: EntranceKind, why: string] | undefined {
  for (const name of RESTRICTIONS) {
    const value = optionOf(entry, name)
    if (value === undefined) continue
    const items = expand(instance, value).split(/[\s,{}]+/)
    const end = items.findIndex((item) => item === 'reject' || item === 'defer')
    const permits = items.slice(0, Math.max(end, 0)).filter((item) => item.startsWith('permit'))
    if (permits.length === 0 || !permits.every((item) => OF_USERS.includes(item) || OF_HOSTS.includes(item))) continue
    const users = permits.some((item) => OF_USERS.includes(item))
    return [users ? 'submission' : 'internal', `-o ${name}=${value}`]
  }
  return undefined
}
