/** Which receiving services are given to candy: by whose mail they take, by what they say themselves, and by the operator's word. */
import { type Entry, findService } from '@candy/master-cf'
import { foreignFilter, isUnfiltered } from './attachment.js'
import { lostBeforeQueue } from './before-queue.js'
import { type Entrance, findEntrances, nameEntry, portOf } from './entrances.js'
import type { Instance } from './instance.js'
import type { Choice } from './journal.js'

export interface EntranceChoice {
  readonly given: readonly Entry[]
  /** For people: `smtp/inet (line 12): mail from other hosts (port smtp)`. */
  readonly filtered: readonly string[]
  /** The same of the others, and why not. An entrance that stays open must be said aloud: who enables a filter believes that all mail is filtered. */
  readonly unfiltered: readonly string[]
  readonly refusals: readonly string[]
}

export interface EntranceRequest extends Choice {
  /** Names that the operator has just given for services: they must be there. */
  readonly named: readonly string[]
  /** Whether what is given back comes in at pickup(8), where it would be filtered again and again. */
  readonly backByPickup: boolean
}

const WHOSE: Readonly<Record<Entrance['kind'], string>> = {
  smtp: 'mail from other hosts',
  submission: 'mail of your own users',
  internal: 'mail of your own hosts and programs',
  pickup: 'mail from sendmail(1) on this host',
  qmqp: 'mail by QMQP',
}

/** `bare` is the instance without candy's options on the services; their lines are told as they are in `instance`. */
export function chooseEntrances({ master }: Instance, bare: Instance, request: EntranceRequest): EntranceChoice {
  const entrances = findEntrances(bare)
  const given: Entry[] = []
  const filtered: string[] = []
  const unfiltered: string[] = []
  const refusals: string[] = unknownNames(entrances, request.named)
  for (const entrance of entrances) {
    const { entry, kind, why } = entrance
    const name = nameEntry(findService(master, entry) ?? entry)
    const is = `${name}: ${WHOSE[kind]}${kind === 'pickup' || kind === 'qmqp' ? '' : ` (${why})`}`
    const { gives, because } = judge(bare, entrance, request)
    if (gives === true) {
      given.push(entry)
      filtered.push(is)
    } else if (gives === false) unfiltered.push(`${is}${because === '' ? '' : `; ${because}`}`)
    else refusals.push(`${name} ${because}`)
  }
  if (refusals.length === 0 && !given.some(({ command }) => command === 'smtpd'))
    refusals.push(nothingToFilter(bare, request))
  return { given, filtered, unfiltered, refusals }
}

interface Decision {
  /** `refused` when the operator wants what cannot be. */
  readonly gives: boolean | 'refused'
  readonly because: string
}

const GIVEN: Decision = { gives: true, because: '' }

function judge(instance: Instance, { entry, kind }: Entrance, request: EntranceRequest): Decision {
  const word = wordOf(request, entry)
  const option = `--service ${entry.service}`
  if (word === false) return not(`as you wished (--no-service ${entry.service})`)
  const impossible = impossibleFor(kind, request)
  if (impossible !== undefined) {
    return word ? refused(`cannot be given to candy: ${impossible}. Leave ${option} out.`) : not(impossible)
  }
  const own = isUnfiltered(entry) ? '-o content_filter=' : foreignFilter(entry)
  const asked = word ?? isAsked(kind, request)
  if (!asked) return not(own === undefined ? hintFor(kind, option) : `it says ${own} itself`)
  if (own !== undefined && word === undefined && (kind === 'pickup' || isUnfiltered(entry)))
    return not(`it says ${own} itself`)
  if (own !== undefined) {
    const what = isUnfiltered(entry) ? 'says itself that it wants no filter' : 'gives its mail to another filter'
    const two = isUnfiltered(entry) ? '' : 'Two filters in a row are not set up by this command: '
    return refused(
      `${what}: ${own}. ${two}take that option out and reload, then enable again; or leave the service as it is (--no-service ${entry.service}).`,
    )
  }
  const lost = request.mode === 'smtp-before' ? lostBeforeQueue(instance, entry) : []
  if (lost.length === 0) return GIVEN
  return refused(
    `says ${lost.join(' ')}, which has no effect on mail that is filtered before the queue: cleanup(8) and milters see such mail on its way back, which is one for all services. After the queue it has (--mode smtp); or leave the service unfiltered (--no-service ${entry.service}).`,
  )
}

function isAsked(kind: Entrance['kind'], { submission, pickup }: EntranceRequest): boolean {
  return kind === 'smtp' || (kind === 'submission' && submission) || (kind === 'pickup' && pickup)
}

function impossibleFor(kind: Entrance['kind'], { mode, backByPickup }: EntranceRequest): string | undefined {
  if (kind === 'qmqp') return 'candy does not filter QMQP'
  if (kind !== 'pickup') return undefined
  if (mode === 'smtp-before') return 'only SMTP is filtered before the queue'
  return mode === 'pipe' && backByPickup
    ? 'candy itself hands mail back there ([pipe] reinject = "sendmail")'
    : undefined
}

function hintFor(kind: Entrance['kind'], option: string): string {
  if (kind === 'submission') return `--submission or ${option} includes it`
  return kind === 'pickup' ? 'as you wished (--no-pickup)' : `${option} includes it`
}

/** What the operator has said of this very service: its name and type count more than its name, and that more than its port. */
function wordOf({ services = {} }: EntranceRequest, entry: Entry): boolean | undefined {
  const name = namesOf(entry).find((candidate) => Object.hasOwn(services, candidate))
  return name === undefined ? undefined : services[name]
}

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

function not(because: string): Decision {
  return { gives: false, because }
}

function refused(because: string): Decision {
  return { gives: 'refused', because }
}
