/**
 * The host as the doctor sees it: what every subject needs is read once, at the start. Postfix's files and its queue are read as
 * root. What belongs to the account candy is seen by a process that runs as candy (runner-view.ts), and filters are asked by one.
 */
import { join } from 'node:path'
import { readCandyToml } from '../config/candy-toml.js'
import { soundSettings } from '../config/settings.js'
import type { FilterHealth } from '../filters/examination.js'
import { type Commands, commandsOf } from '../postfix/commands.js'
import type { EnableRequest } from '../postfix/enable-edits.js'
import type { CandyToml } from '../postfix/enable-plan.js'
import { type Instance, parameterOf, readInstance } from '../postfix/instance.js'
import { type DAMAGED, type Journal, knownJournal, readJournal } from '../postfix/journal.js'
import { receivesMail } from '../postfix/mail-receipt.js'
import { DEFAULT_MODE, type Mode, reinjectionSocket } from '../postfix/mode.js'
import { pipeCommand } from '../postfix/pipe-command.js'
import { commandLine } from './command-line.js'
import { recipientsOfNobody } from './reinjection.js'
import type { LookRequest, RunnerView } from './runner-view.js'
import { readWaitingMail, type WaitingMail } from './waiting-mail.js'

/** What other processes find out with the rights of the account candy. */
export interface AsCandy {
  /** What the account can reach. `groups` are the groups that it has beside its own. */
  view(request: LookRequest, groups: readonly string[]): Promise<RunnerView>
  /** Whether the filters can be loaded, and what their `check()` says. */
  filters(): Promise<{
    readonly problems: readonly string[]
    readonly health: readonly FilterHealth[]
    /** The filters in order, with the package that a drop-in names. */
    readonly filters: readonly { readonly name: string; readonly package?: string }[]
  }>
}

export interface Host {
  readonly instance: Instance
  readonly toml: CandyToml
  readonly mode: Mode
  readonly journal: Journal | typeof DAMAGED | undefined
  /** Whether candy is enabled, or Postfix was set up for it by hand. */
  readonly isSetUp: boolean
  /** What `candy enable` would be asked for if it were typed again. */
  readonly request: EnableRequest
  /** The services of master.cf that give their mail to candy, as the operator chose. */
  readonly attached: Instance['master']['entries']
  readonly run: Commands
  readonly asCandy: Pick<AsCandy, 'filters'>
  /** What the account candy can reach. It is found out once. */
  view(): Promise<RunnerView>
  /** What is in Postfix's queue. It is read once. */
  waitingMail(): Promise<WaitingMail>
  /** A command line of candy for this instance, to be typed. */
  candy(...words: readonly string[]): string
  /** A command line of one of Postfix's commands for this instance, to be typed. */
  postfix(name: string, ...words: readonly string[]): string
}

/** Throws PostfixError or CandyError with what is wrong when the instance, or candy.toml, cannot be read. */
export async function openHost(configDirectory: string, asCandy: AsCandy): Promise<Host> {
  const instance = await readInstance(configDirectory)
  const toml = readCandyToml(configDirectory)
  const { mode } = soundSettings(configDirectory)
  const records = { configDirectory, state: toml.state }
  const known = knownJournal(records)
  const journal = readJournal(records)
  const choice = known?.choice ?? { mode: mode ?? DEFAULT_MODE, submission: false, pickup: true }
  const reinject = toml.reinject ?? { path: join(instance.queueDirectory, reinjectionSocket('pipe')) }
  const own = configDirectory === instance.defaultDirectory ? [] : ['-c', configDirectory]
  const run = commandsOf(configDirectory)
  const groups = choice.mode === 'pipe' ? [] : [parameterOf(instance, 'setgid_group')]
  return {
    instance,
    toml,
    mode: choice.mode,
    journal,
    isSetUp: journal !== undefined || (await receivesMail(configDirectory)),
    request: { ...choice, named: [], reinjectsByPickup: reinject === 'sendmail', candyPipe: pipeCommand(toml.state) },
    attached: instance.master.entries.filter(({ service, type }) =>
      known?.attached.some((one) => one.service === service && one.type === type),
    ),
    run,
    asCandy: { filters: once(() => asCandy.filters()) },
    view: once(() => {
      const recipients = recipientsOfNobody(instance)
      return asCandy.view({ queueDirectory: instance.queueDirectory, recipients }, groups)
    }),
    waitingMail: once(() => readWaitingMail(run)),
    candy: (...words) => commandLine('candy', ...own, ...words),
    postfix: (name, ...words) => commandLine(name, ...own, ...words),
  }
}

/** Calls a function when it is first asked, and gives everybody that result. */
function once<T>(act: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined
  return () => {
    result ??= act()
    return result
  }
}
