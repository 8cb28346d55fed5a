/**
 * Computes how `candy enable` edits main.cf and master.cf. It works on the texts that were read and writes nothing
 * (disable-edits.ts does the same for `candy disable`). Edits with a refusal are never carried out.
 */
import { addService, applyEdits, findService, MasterCfError, parse, printService } from '@candy/master-cf'
import { type AttachedOption, attach, detach, findAttachedOptions } from './attachment.js'
import { chooseEntrances, type EntranceRequest } from './entrance-choice.js'
import { nameEntry } from './entrances.js'
import { FILTER_PARAMETERS, isCandyFilter, wantedOptions } from './filter-option.js'
import { type Instance, masterCfProblems, parameterOf } from './instance.js'
import type { Journal } from './journal.js'
import { foldEdits } from './line-folding.js'
import { addParameters, readValue, setsParameter } from './main-cf.js'
import { mainParameters } from './main-parameters.js'
import { MILTER, withMilter } from './milter-list.js'
import { isCandyEntry, renewEntry, renewParameters } from './own-entry.js'
import { withoutProof } from './proof-configuration.js'
import { type CandyService, candyServices } from './services.js'
import { sideEffects } from './side-effects.js'

export interface EnableRequest extends EntranceRequest {
  /** Absolute path of the command that pipe(8) runs. */
  readonly candyPipe: string
}

export interface PostfixFiles {
  readonly master: string
  readonly main: string
}

export interface EnableEdits {
  /** Why candy cannot be enabled, each with what to do about it. */
  readonly refusals: readonly string[]
  readonly warnings: readonly string[]
  readonly before: PostfixFiles
  /** The files with candy's services added, while no receiving service sends its mail to candy yet. */
  readonly withServices: PostfixFiles
  /** The files once the receiving services send new mail to candy. */
  readonly after: PostfixFiles
  readonly attached: readonly AttachedOption[]
  /** The receiving services whose mail candy will filter, each with the reason, for the operator. */
  readonly entrances: readonly string[]
  /** The journal entry for this change, without the paths that are created while it is carried out. */
  readonly record: Omit<Journal, 'created'>
}

export function editsToEnable(instance: Instance, request: EnableRequest, journal: Journal | undefined): EnableEdits {
  const { masterText, mainText } = instance
  const before = { master: masterText, main: mainText }
  const refusals = [
    ...masterCfProblems(instance),
    ...filteredElsewhere(instance, request),
    ...sendmailCannotSubmit(instance, request),
    ...systemdKillsNode(instance, request),
  ]
  const warnings: string[] = []
  const proofless = refusals.length > 0 ? before : withoutProof(before)
  const renewed = renewParameters(proofless.main, mainParameters, journal?.written.parameters ?? {})
  const withParameters = addParameters(renewed, mainParameters)
  // In other modes the lists of milters stay as they are. A word that is in them does nothing there, and after a switch from the mode
  // milter an smtpd(8) that starts before the reload still needs it.
  const main = request.mode === 'milter' ? withMilter(withParameters) : withParameters
  const withServices = { master: proofless.master, main }
  const services: string[] = []
  const own = candyServices(instance, request)
  if (refusals.length === 0) {
    for (const service of own) {
      const added = addCandyService(withServices.master, service, journal)
      if (added.refusal !== undefined) refusals.push(added.refusal)
      warnings.push(...(added.kept ?? []))
      services.push(service.service)
      withServices.master = added.text
    }
  }
  const known = journal?.attached ?? findAttachedOptions(masterText, instance)
  const instanceWithoutCandy = withoutCandy(instance, known)
  const selection = chooseEntrances(instance, instanceWithoutCandy, request)
  refusals.push(...selection.refusals)
  const after = { ...withServices }
  const attached: AttachedOption[] = []
  if (refusals.length === 0) {
    const keep = known.filter((one) =>
      selection.services.some(({ service, type }) => service === one.service && type === one.type),
    )
    after.master = detach(
      after.master,
      known.filter((one) => !keep.includes(one)),
    )
    for (const entry of selection.services) {
      const wanted = wantedOptions(instanceWithoutCandy, entry, request.mode)
      const one = attach(after.master, entry, wanted, keep)
      after.master = one.text
      attached.push(...one.attached)
      warnings.push(...one.kept)
    }
    warnings.push(
      ...selection.unfiltered.map((text) => `NOT filtered: ${text}`),
      ...sideEffects(instanceWithoutCandy, request, selection.services),
    )
  }
  // Without a journal, a parameter with the value that candy writes counts as candy's; editsToDisable assumes the same.
  const added = mainParameters
    .filter(({ name, value }) => {
      return !setsParameter(mainText, name) || (journal === undefined && readValue(mainText, name) === value)
    })
    .map(({ name }) => name)
  const isMilterAdded = setsParameter(after.main, MILTER) && (!setsParameter(mainText, MILTER) || journal === undefined)
  const { mode, submission, pickup, services: named = {} } = request
  return {
    refusals,
    warnings,
    before,
    withServices: refusals.length === 0 ? withServices : before,
    after: refusals.length === 0 ? after : before,
    attached,
    entrances: selection.filtered,
    record: {
      version: 3,
      choice: { mode, submission, pickup, services: named },
      services: [...new Set([...(journal?.services ?? []), ...services])],
      parameters: [...new Set([...(journal?.parameters ?? []), ...added, ...(isMilterAdded ? [MILTER] : [])])],
      attached,
      written: {
        services: Object.fromEntries(own.map((service) => [service.service, printService(service)])),
        parameters: Object.fromEntries(mainParameters.map(({ name, value }) => [name, value])),
      },
      finalNewline: journal?.finalNewline ?? { master: endsLine(masterText), main: endsLine(mainText) },
    },
  }
}

/** Adds one of candy's services, or brings the one that candy added earlier up to date. */
function addCandyService(
  text: string,
  service: CandyService,
  journal: Journal | undefined,
): { readonly text: string; readonly refusal?: string; readonly kept?: readonly string[] } {
  const file = parse(text)
  try {
    return { text: applyEdits(text, foldEdits(addService(file, service))) }
  } catch (error) {
    if (!(error instanceof MasterCfError) || error.code !== 'SERVICE_EXISTS') throw error
    if (journal?.services.includes(service.service)) {
      return renewEntry(text, service, journal.written.services[service.service])
    }
    const present = findService(file, service)
    const name = present === undefined ? service.service : nameEntry(present)
    const hint = isCandyEntry(present)
      ? 'It looks like a set-up of candy by hand: take it out with "candy disable", then enable again.'
      : 'It belongs to something else: give it another name, then enable again.'
    return { text, refusal: `master.cf has a service ${name} already, with other settings than candy needs. ${hint}` }
  }
}

/** Refusals where main.cf sends all mail to a filter that is not candy. */
function filteredElsewhere(instance: Instance, { mode }: EnableRequest): readonly string[] {
  const found: string[] = []
  for (const name of FILTER_PARAMETERS) {
    const value = parameterOf(instance, name).trim()
    // A content filter gets mail after the milters.
    const isBehind = mode === 'milter' && name === 'content_filter' && !isCandyFilter(value)
    if (value !== '' && !isBehind) {
      found.push(
        `main.cf gives all mail to another filter: ${name} = ${value}. Two filters in a row are not set up by this command: take that one out (postconf -X ${name}) and reload, then enable again.`,
      )
    }
  }
  return found
}

/** Refuses pipe mode where candy would hand mail back with sendmail(1), and sendmail(1) may not submit mail to this instance. */
function sendmailCannotSubmit(
  { submits, configDirectory, defaultDirectory }: Instance,
  { mode, reinjectsByPickup }: EnableRequest,
): readonly string[] {
  if (submits || mode !== 'pipe' || !reinjectsByPickup) return []
  return [
    `sendmail(1) may not submit mail to ${configDirectory}, which is not the default instance, so in pipe mode nothing would come back from candy. Add it to alternate_config_directories in ${defaultDirectory}/main.cf, or take pipe.reinject out of candy.toml, or use --mode smtp.`,
  ]
}

/**
 * Refuses pipe mode where systemd would kill Node.js below Postfix. The suggested remedy still forbids the same system calls, but
 * they fail with EPERM instead of killing the process.
 */
function systemdKillsNode({ unitThatKillsNode: unit }: Instance, { mode }: EnableRequest): readonly string[] {
  if (unit === undefined || mode !== 'pipe') return []
  const directory = `/etc/systemd/system/${unit}.d`
  return [
    `in pipe mode Postfix starts candy, and in ${unit} systemd kills every process that makes a system call which SystemCallFilter does not allow; Node.js makes one. Use --mode smtp, where candy has a unit of its own; or have such calls fail instead of killing the process, and then try again:
mkdir -p ${directory} && printf '[Service]\\nSystemCallErrorNumber=EPERM\\n' >${directory}/candy.conf && systemctl daemon-reload && systemctl restart ${unit}`,
  ]
}

/** The instance as it would be if none of its receiving services sent mail to candy. */
function withoutCandy(instance: Instance, attached: readonly AttachedOption[]): Instance {
  if (instance.master.problems.length > 0) return instance
  const masterText = detach(instance.masterText, attached)
  return { ...instance, masterText, master: parse(masterText) }
}

function endsLine(text: string): boolean {
  return text === '' || text.endsWith('\n')
}
