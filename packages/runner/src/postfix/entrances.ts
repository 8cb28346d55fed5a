/** Where mail comes in: the services of master.cf that receive it, and which of them candy is given. */
import { type Entry, findService, type MasterCf } from '@candy/master-cf'
import { SERVICE_NAMES } from './services.js'

/**
 * `smtp` is other people's mail, `submission` that of the site's own users, `pickup` what sendmail(1) submits on this host;
 * `open` is an smtpd(8) that says itself that it wants no filter, the way back of another program say; `qmqp` cannot be
 * filtered by a service of its own.
 */
type EntranceKind = 'smtp' | 'submission' | 'pickup' | 'open' | 'qmqp'

export interface Entrance {
  readonly entry: Entry
  readonly kind: EntranceKind
}

const SUBMISSION_PORTS = ['submission', 'submissions', 'smtps', '587', '465']

/** The entries that Postfix uses, in the file's order. Behind postscreen(8) that is `smtpd pass`. */
export function findEntrances(master: MasterCf): readonly Entrance[] {
  return master.entries
    .filter((entry) => findService(master, entry) === entry && !SERVICE_NAMES.some((name) => name === entry.service))
    .flatMap((entry) => {
      const kind = kindOf(entry)
      return kind === undefined ? [] : [{ entry, kind }]
    })
}

/** `smtp/inet (line 12)` */
export function nameEntry({ service, type, line }: Entry): string {
  return `${service}/${type} (line ${line})`
}

/** What a service sets a parameter to with `-o`; of several the last counts. */
export function optionOf(entry: Entry, name: string): string | undefined {
  return entry.options.findLast((option) => option.name === name)?.value
}

function kindOf(entry: Entry): EntranceKind | undefined {
  const { command, type, service } = entry
  if (command === 'pickup') return 'pickup'
  if (command === 'qmqpd') return 'qmqp'
  if (command !== 'smtpd' || (type !== 'inet' && type !== 'pass')) return undefined
  if (optionOf(entry, 'content_filter')?.trim() === '') return 'open'
  const port = service.slice(service.lastIndexOf(':') + 1)
  return SUBMISSION_PORTS.includes(port) || optionOf(entry, 'smtpd_tls_wrappermode') === 'yes' ? 'submission' : 'smtp'
}
