/**
 * Compares candy's lines in main.cf and master.cf with those that candy would write, to tell the operator what was edited or lost.
 * It changes nothing, and says of each difference whether mail is in danger because of it.
 */
import { type Entry, FIELDS, findService, parse, printService } from '@candy/master-cf'
import type { EnableRequest } from './enable-edits.js'
import { nameEntry, optionOf } from './entrances.js'
import type { Instance } from './instance.js'
import { foldLines } from './line-folding.js'
import { readValue } from './main-cf.js'
import { mainParameters } from './main-parameters.js'
import { type CandyService, candyServices } from './services.js'

/** A setting of one of candy's services, or a parameter of main.cf, that is not as candy writes it. */
export interface LineDifference {
  /** The service, as `postconf -M` names it: `candy-in/unix`; undefined for a parameter of main.cf. */
  readonly service?: string
  /** The place for the operator: `candy-in/unix (line 130)`, `main.cf`. */
  readonly place: string
  /** `missing`: the whole entry, or the parameter. */
  readonly kind: 'missing' | 'option' | 'field' | 'arguments' | 'parameter'
  /** The option, the field or the parameter. */
  readonly name: string
  /** Undefined where it is not set. */
  readonly present: string | undefined
  readonly wanted: string
  /** Why candy writes it: a sentence. */
  readonly why: string
  /** Whether mail may be lost, bounced, altered or delayed, or pass unfiltered. Other settings are the site's to choose. */
  readonly matters: boolean
}

/** Options that a site may set as it likes: how long to wait, how much at once, what the log shows. */
const HARMLESS: ReadonlySet<string> = new Set([
  'syslog_name',
  'lmtp_connection_cache_on_demand',
  'lmtp_data_done_timeout',
  'smtpd_error_sleep_time',
  'smtpd_soft_error_limit',
  'smtpd_hard_error_limit',
  'smtpd_timeout',
  'smtpd_recipient_limit',
  'smtpd_reject_footer',
  'max_use',
])

/** Parameters of main.cf whose value matters: mail bounces with a short time limit, and waits with the others. */
const PARAMETERS = /_(?:time_limit|failed_cohort_limit|rate_delay)$/

const NEEDED = 'Mail goes to candy and comes back by these services.'

export function lineDifferences(
  instance: Instance,
  request: Pick<EnableRequest, 'mode' | 'candyPipe'>,
): readonly LineDifference[] {
  return [...candyServices(instance, request).flatMap((service) => ofService(instance, service)), ...ofMain(instance)]
}

function ofService({ master }: Instance, service: CandyService): readonly LineDifference[] {
  const key = `${service.service}/${service.type}`
  const present = findService(master, service)
  const place = present === undefined ? 'master.cf' : nameEntry(present)
  const difference = { service: key, place, why: NEEDED, matters: true }
  if (present === undefined)
    return [{ ...difference, kind: 'missing', name: key, present: undefined, wanted: service.command }]
  const wanted = entryOf(service)
  const fields = FIELDS.filter((field) => !isSameField(service, field, present[field], wanted[field])).map((field) => ({
    ...difference,
    kind: 'field' as const,
    name: field,
    present: present[field],
    wanted: wanted[field],
  }))
  const options = service.options
    .filter(({ name, value }) => optionOf(present, name) !== value)
    .map(({ name, value, why }) => ({
      ...difference,
      kind: 'option' as const,
      name,
      present: optionOf(present, name),
      wanted: value,
      why,
      matters: !HARMLESS.has(name),
    }))
  const [args, wantedArgs] = [present.args.join(' '), wanted.args.join(' ')]
  const args_ = { ...difference, kind: 'arguments' as const, name: 'arguments', present: args, wanted: wantedArgs }
  return [...fields, ...options, ...(args === wantedArgs ? [] : [args_])]
}

/** How many processes bring mail to candy is the site's choice; those that take it back must not be fewer. */
function isSameField(service: CandyService, field: (typeof FIELDS)[number], present: string, wanted: string): boolean {
  return present === wanted || (field === 'maxproc' && ['pipe', 'lmtp'].includes(service.command))
}

function entryOf(service: CandyService): Entry {
  const [entry] = parse(foldLines(printService(service))).entries
  if (entry === undefined) throw new Error(`no entry of master.cf: ${service.service}`)
  return entry
}

function ofMain({ mainText }: Instance): readonly LineDifference[] {
  return mainParameters.flatMap(({ name, value, why }) => {
    const present = readValue(mainText, name)
    if (present === value) return []
    const kind = present === undefined ? 'missing' : 'parameter'
    const matters = present === undefined || PARAMETERS.test(name)
    return [{ place: 'main.cf', kind, name, present, wanted: value, why, matters }]
  })
}
