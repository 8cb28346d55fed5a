/**
 * Decides for each receiving service in master.cf whether candy filters its mail. The decision depends on whose mail the service
 * receives, on the service's own options, and on what the operator has asked for by name.
 */
import { type Entry, findService } from '@candy/master-cf'
import { ineffectiveBeforeQueue } from './before-queue.js'
import { type Entrance, findEntrances, nameEntry, portOf } from './entrances.js'
import { foreignFilter, isUnfiltered } from './filter-option.js'
import type { Instance } from './instance.js'
import type { Choice } from './journal.js'
import { milterObstacle } from './milter-obstacles.js'

export interface EntranceChoice {
  /** The services whose mail candy filters. */
  readonly services: readonly Entry[]
  /** A line about each of these services, for the operator: `smtp/inet (line 12): mail from other hosts (port smtp)`. */
  readonly filtered: readonly string[]
  /**
   * A line about each of the other services, with the reason. The operator sees them, because somebody who enables a filter
   * expects that all mail is filtered.
   */
  readonly unfiltered: readonly string[]
  /** Why candy cannot be enabled as the operator asked, each with what to do about it. */
  readonly refusals: readonly string[]
}

export interface EntranceRequest extends Choice {
  /** Services that the operator has named in this command. A service in master.cf must have each name. */
  readonly named: readonly string[]
  /** Whether candy hands filtered mail back through pickup(8). If candy filtered pickup(8) too, mail would never leave. */
  readonly reinjectsByPickup: boolean
}

const MAIL_SOURCES: Readonly<Record<Entrance['kind'], string>> = {
  smtp: 'mail from other hosts',
  submission: 'mail of your own users',
  internal: 'mail of your own hosts and programs',
  pickup: 'mail from sendmail(1) on this host',
  qmqp: 'mail by QMQP',
}

/**
 * `instanceWithoutCandy` is the instance without candy's options on the services. The line numbers for the operator are those of the
 * file on disk, which is the first argument.
 */
export function chooseEntrances(
  { master }: Instance,
  instanceWithoutCandy: Instance,
  request: EntranceRequest,
): EntranceChoice {
  const entrances = findEntrances(instanceWithoutCandy)
  const services: Entry[] = []
  const filtered: string[] = []
  const unfiltered: string[] = []
  const refusals: string[] = unknownNames(entrances, request.named)
  for (const entrance of entrances) {
    const { entry, kind, why } = entrance
    const name = nameEntry(findService(master, entry) ?? entry)
    const description = `${name}: ${MAIL_SOURCES[kind]}${kind === 'pickup' || kind === 'qmqp' ? '' : ` (${why})`}`
    const { filtered: isFiltered, reason } = decide(instanceWithoutCandy, entrance, request)
    if (isFiltered === true) {
      services.push(entry)
      filtered.push(description)
    } else if (isFiltered === false) unfiltered.push(`${description}${reason === '' ? '' : `; ${reason}`}`)
    else refusals.push(`${name} ${reason}`)
  }
  if (refusals.length === 0 && !services.some(({ command }) => command === 'smtpd'))
    refusals.push(nothingToFilter(instanceWithoutCandy, request))
  return { services, filtered, unfiltered, refusals }
}

interface Decision {
  /** `refused` when the operator asks for what cannot be done. */
  readonly filtered: boolean | 'refused'
  /** For the operator; empty where the service is filtered. */
  readonly reason: string
}

const FILTERED: Decision = { filtered: true, reason: '' }

function decide(instance: Instance, { entry, kind }: Entrance, request: EntranceRequest): Decision {
  const requested = requestedFor(request, entry)
  const option = `--service ${entry.service}`
  if (requested === false) return unfilteredFor(`as you wished (--no-service ${entry.service})`)
  const impossible = whyImpossible(kind, request)
  if (impossible !== undefined) {
    return requested
      ? refused(`cannot be given to candy: ${impossible}. Leave ${option} out.`)
      : unfilteredFor(impossible)
  }
  const own = isUnfiltered(entry) ? '-o content_filter=' : foreignFilter(entry, request.mode)
  if (!(requested ?? isRequestedKind(kind, request)))
    return unfilteredFor(own === undefined ? hintFor(kind, option) : `it says ${own} itself`)
  if (own !== undefined && requested === undefined && (kind === 'pickup' || isUnfiltered(entry)))
    return unfilteredFor(`it says ${own} itself`)
  if (own !== undefined) {
    const what = isUnfiltered(entry) ? 'says itself that it wants no filter' : 'gives its mail to another filter'
    const two = isUnfiltered(entry) ? '' : 'Two filters in a row are not set up by this command: '
    return refused(
      `${what}: ${own}. ${two}take that option out and reload, then enable again; or leave the service as it is (--no-service ${entry.service}).`,
    )
  }
  if (request.mode === 'milter') return decideMilter(instance, entry, requested !== undefined)
  const lost = request.mode === 'smtp-before' ? ineffectiveBeforeQueue(instance, entry) : []
  if (lost.length === 0) return FILTERED
  return refused(
    `says ${lost.join(' ')}, which has no effect on mail that is filtered before the queue: cleanup(8) and milters process such mail only when it comes back, and mail of all services comes back through the same one. Use --mode smtp, where it has an effect; or leave the service unfiltered (--no-service ${entry.service}).`,
  )
}

function decideMilter(instance: Instance, entry: Entry, isNamed: boolean): Decision {
  const obstacle = milterObstacle(instance, entry)
  if (obstacle === undefined) return FILTERED
  const { what, isOwn } = obstacle
  if (isOwn && !isNamed && entry.command === 'pickup') return unfilteredFor(`it ${what}`)
  return refused(
    `${what}. Use --mode smtp, where that has no such effect; or take it out and reload, then enable again; or leave the service unfiltered (--no-service ${entry.service}).`,
  )
}

/** Whether the operator's choice of kinds includes this one. */
function isRequestedKind(kind: Entrance['kind'], { submission, pickup }: EntranceRequest): boolean {
  return kind === 'smtp' || (kind === 'submission' && submission) || (kind === 'pickup' && pickup)
}

/** Why candy cannot filter services of this kind; undefined where it can. */
function whyImpossible(kind: Entrance['kind'], { mode, reinjectsByPickup }: EntranceRequest): string | undefined {
  if (kind === 'qmqp') return 'candy does not filter QMQP'
  if (kind !== 'pickup') return undefined
  if (mode === 'smtp-before') return 'only SMTP is filtered before the queue'
  return mode === 'pipe' && reinjectsByPickup
    ? 'candy itself hands mail back there ([pipe] reinject = "sendmail")'
    : undefined
}

/** Which option would have the service filtered. */
function hintFor(kind: Entrance['kind'], option: string): string {
  if (kind === 'submission') return `--submission or ${option} includes it`
  return kind === 'pickup' ? 'as you wished (--no-pickup)' : `${option} includes it`
}

/**
 * Whether the operator wants this service filtered; undefined where the operator has not named it. `NAME/TYPE` takes precedence
 * over the name alone, and the name over the port.
 */
function requestedFor({ services = {} }: EntranceRequest, entry: Entry): boolean | undefined {
  const name = namesOf(entry).find((candidate) => Object.hasOwn(services, candidate))
  return name === undefined ? undefined : services[name]
}

/** The names by which the operator may mean a service, the most specific first. */
function namesOf(entry: Entry): readonly string[] {
  return [`${entry.service}/${entry.type}`, entry.service, portOf(entry)]
}

function unknownNames(entrances: readonly Entrance[], named: readonly string[]): string[] {
  const there = entrances.map(({ entry }) => `${entry.service}/${entry.type}`).join(', ')
  return named
    .filter((name) => !entrances.some(({ entry }) => namesOf(entry).includes(name)))
    .map((name) => `no service ${name} in master.cf receives mail; these do: ${there}`)
}

function nothingToFilter({ configDirectory }: Instance, { submission }: EntranceRequest): string {
  const more = submission ? '' : ' (--submission would include submission services, --service NAME any one)'
  return `no service in ${configDirectory}/master.cf that takes mail from other hosts is left (smtpd of type inet or pass)${more}: there is nothing to filter.`
}

function unfilteredFor(reason: string): Decision {
  return { filtered: false, reason }
}

function refused(reason: string): Decision {
  return { filtered: 'refused', reason }
}
