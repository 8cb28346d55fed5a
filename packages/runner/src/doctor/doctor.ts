/** The doctor: everything that is looked at, in the order in which mail depends on it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '../os/error-text.js'
import { examineDeferredMail } from './deferred-mail.js'
import { examineDirectories } from './directories.js'
import { examineDisk } from './disk.js'
import { examineFilterActions } from './filter-actions.js'
import { examineFilters } from './filters.js'
import { CHECKS, type Check, type Finding, type Observation, unknown, urgent } from './finding.js'
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
  examine(host: Host): Promise<readonly Observation[]>
  /** It is about Postfix, or about mail that candy has had: it is looked at also where candy is not enabled. */
  readonly always?: true
}

/** What is looked at at the same time. */
type Standing = Exclude<Check, 'rights' | 'configuration' | 'mail'>

const SUBJECTS: Readonly<Record<Standing, Subject>> = {
  postfix: { examine: examinePostfix, always: true },
  lines: { examine: examineOwnLines, always: true },
  'main.cf': { examine: examineLeaks },
  FILTER: { examine: examineFilterActions },
  directories: { examine: examineDirectories },
  units: { examine: examineUnits },
  sockets: { examine: examineSockets },
  're-injection': { examine: examineReinjection },
  filters: { examine: examineFilters },
  generation: { examine: examineGeneration },
  disk: { examine: examineDisk },
  log: { examine: examineLog },
  queue: { examine: examineQueueFiles, always: true },
  maildrop: { examine: examineMaildrop },
  deferred: { examine: examineDeferredMail, always: true },
}

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
  const names = CHECKS.filter((check): check is Standing => check in SUBJECTS)
  // Without candy in Postfix all that belongs to candy is missing, and that is one thing to be said.
  const wanted = names.filter((name) => host.isSetUp || SUBJECTS[name].always)
  const found = await Promise.all(wanted.map((name) => examine(name, SUBJECTS[name].examine(host), TIMEOUT)))
  if (sending === undefined) return found.flat()
  const sent = await examine('mail', sendTestMails(host, sending.asCandy, sending.signal), SENDING_TIMEOUT)
  return [...found.flat(), ...sent]
}

/** Waits for what a subject finds. `timeout` is in milliseconds. */
async function examine(
  check: Check,
  examining: Promise<readonly Observation[]>,
  timeout: number,
): Promise<readonly Finding[]> {
  const tooLong = sleep(timeout, [unknown(`no answer within ${timeout / 1000} s`)], { ref: false })
  const failed = (error: unknown): readonly Observation[] => [unknown(`it could not be looked at: ${errorText(error)}`)]
  const observations = await Promise.race([examining.catch(failed), tooLong])
  return observations.map((observation) => ({ check, ...observation }))
}
