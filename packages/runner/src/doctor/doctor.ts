/** The doctor: everything that is looked at, in the order in which mail depends on it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '../os/error-text.js'
import { examineDeferredMail } from './deferred-mail.js'
import { examineDirectories } from './directories.js'
import { examineDisk } from './disk.js'
import { examineFilterActions } from './filter-actions.js'
import { examineFilters } from './filters.js'
import { type Finding, type Observation, unknown, urgent } from './finding.js'
import { examineGeneration } from './generation.js'
import { type AsCandy, type Host, openHost } from './host.js'
import { examineLog } from './log.js'
import { examineMaildrop } from './maildrop.js'
import { examineLeaks } from './main-cf-leaks.js'
import { examineOwnLines } from './own-lines.js'
import { examinePostfix } from './postfix-state.js'
import { examineQueueFiles } from './queue-files.js'
import { examineReinjection } from './reinjection.js'
import { type SendingAsCandy, sendTestMails } from './sending.js'
import { examineSockets } from './sockets.js'
import { examineUnits } from './units.js'

interface Subject {
  readonly name: string
  /** Milliseconds; `TIMEOUT` unless said. */
  readonly timeout?: number
  examine(host: Host): Promise<readonly Observation[]>
}

const SUBJECTS: readonly Subject[] = [
  { name: 'postfix', examine: examinePostfix },
  { name: 'lines', examine: examineOwnLines },
  { name: 'main.cf', examine: examineLeaks },
  { name: 'FILTER', examine: examineFilterActions },
  { name: 'directories', examine: examineDirectories },
  { name: 'units', examine: examineUnits },
  { name: 'sockets', examine: examineSockets },
  { name: 're-injection', examine: examineReinjection },
  { name: 'filters', examine: examineFilters },
  { name: 'generation', examine: examineGeneration },
  { name: 'disk', examine: examineDisk },
  { name: 'log', examine: examineLog },
  { name: 'queue', examine: examineQueueFiles },
  { name: 'maildrop', examine: examineMaildrop },
  { name: 'deferred', examine: examineDeferredMail },
]

/** Milliseconds for each subject. The filters may take longest, since loading their code and asking a scanner takes time. */
const TIMEOUT = 120_000

/** Milliseconds for all test messages. */
const SENDING_TIMEOUT = 900_000

/** What sending test messages needs. */
export interface Sending {
  readonly asCandy: SendingAsCandy
  readonly signal: AbortSignal
}

/**
 * Looks at everything at the same time, and then, with `sending`, sends the test messages. Never throws: what cannot be looked at
 * is unknown.
 */
export async function examineHost(
  configDirectory: string,
  asCandy: AsCandy,
  sending?: Sending,
): Promise<readonly Finding[]> {
  let host: Host
  try {
    host = await openHost(configDirectory, asCandy)
  } catch (error) {
    const meaning = 'Nothing else can be looked at before that.'
    return [{ check: 'configuration', ...urgent(errorText(error), meaning, []) }]
  }
  const found = await Promise.all(SUBJECTS.map((subject) => examine(subject, host)))
  if (sending === undefined) return found.flat()
  const examineMail = (): Promise<readonly Observation[]> => sendTestMails(host, sending.asCandy, sending.signal)
  const sent = await examine({ name: 'mail', examine: examineMail, timeout: SENDING_TIMEOUT }, host)
  return [...found.flat(), ...sent]
}

async function examine({ name, examine, timeout = TIMEOUT }: Subject, host: Host): Promise<readonly Finding[]> {
  const tooLong = sleep(timeout, [unknown(`no answer within ${timeout / 1000} s`)], { ref: false })
  const failed = (error: unknown): readonly Observation[] => [unknown(`it could not be looked at: ${errorText(error)}`)]
  const observations = await Promise.race([examine(host).catch(failed), tooLong])
  return observations.map((observation) => ({ check: name, ...observation }))
}
