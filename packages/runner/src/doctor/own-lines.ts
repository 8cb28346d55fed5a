/**
 * Whether candy's lines in main.cf and master.cf are there and say what they must, and whether every receiving service that the
 * operator chose gives its mail to candy.
 */
import { type AttachmentDifference, compareAttachments } from '../postfix/attachment-differences.js'
import { editsToEnable } from '../postfix/enable-edits.js'
import { DAMAGED, readPending } from '../postfix/journal.js'
import { type LineDifference, lineDifferences } from '../postfix/line-differences.js'
import { readValue } from '../postfix/main-cf.js'
import { MILTER_LISTS, MILTER_WORD, namesMilter } from '../postfix/milter-list.js'
import { ailing, type Observation, urgent, well } from './finding.js'
import { groupBy } from './grouping.js'
import type { Host } from './host.js'

export async function examineOwnLines(host: Host): Promise<readonly Observation[]> {
  const { instance, journal, toml, candy } = host
  const records = { configDirectory: instance.configDirectory, state: toml.state }
  const enable = [candy('enable', '--yes')]
  if (readPending(records) !== undefined) {
    return [
      ailing(
        'a command that changes Postfix was cut short, or runs at this moment',
        'Lines of its test may still be in main.cf and master.cf. The next command that changes Postfix undoes or completes it first.',
        enable,
      ),
    ]
  }
  // Lines that somebody has edited or written are not recognized without the record.
  const anew = (): readonly string[] =>
    editsToEnable(instance, host.request, undefined).refusals.length === 0
      ? enable
      : [candy('disable', '--yes'), candy('enable', '--mode', host.mode, '--yes')]
  if (journal === DAMAGED) {
    return [
      ailing(
        `what candy has recorded of its own changes in ${toml.state} is damaged`,
        'candy has to find its own lines by their names.',
        anew(),
      ),
    ]
  }
  if (journal === undefined) {
    return [
      host.isSetUp
        ? urgent(
            'candy is not enabled, and Postfix was set up for it by hand',
            'The doctor cannot tell whether those lines are right. candy enable writes what is missing; lines that differ from its own have to be taken out first.',
            anew(),
          )
        : {
            ...urgent('candy is not enabled: Postfix gives it no mail', 'Mail passes unfiltered.', enable),
            disabled: true,
          },
    ]
  }
  const lines = lineDifferences(instance, host.request)
  const services = groupBy(lines, ({ service, place }) => service ?? place)
  const { differences, filtered, unfiltered, refusals } = compareAttachments(instance, host.request, journal)
  const found = [
    ...[...services.values()].flatMap((all) => ofEntry(host, all)),
    ...differences.map((difference) => ofAttachment(host, difference)),
    ...ofMilterLists(host),
    ...(differences.length === 0 ? refusals.map(ofRefusal) : []),
    ...unfiltered.map((text) => well(text)),
  ]
  return found.some(({ state }) => state === 'ailing')
    ? found
    : [well(`candy's lines are as they must be; mail goes to candy from ${filtered.join('; ')}`), ...found]
}

/** What differs in one entry of master.cf, or in main.cf. */
function ofEntry(host: Host, all: readonly LineDifference[]): readonly Observation[] {
  const [missing, changed] = [true, false].map((is) => all.filter(({ kind }) => (kind === 'missing') === is))
  const grave = (changed ?? []).filter(({ matters }) => matters)
  const chosen = (changed ?? []).filter(({ matters }) => !matters)
  return [
    ...(missing === undefined || missing.length === 0
      ? []
      : [
          urgent(
            `${missing.map(({ name }) => name).join(', ')}: missing from ${missing[0]?.place}`,
            reasonsOf(missing),
            [host.candy('enable', '--yes')],
          ),
        ]),
    ...(grave.length === 0
      ? []
      : [
          urgent(grave.map(describe).join('; '), reasonsOf(grave), [
            ...new Set(grave.flatMap((one) => remedyFor(host, one))),
            host.postfix('postfix', 'reload'),
          ]),
        ]),
    ...(chosen.length === 0 ? [] : [well(`${chosen.map(describe).join('; ')}, as this site wants it`)]),
  ]
}

function describe({ place, name, kind, present, wanted }: LineDifference): string {
  if (kind === 'arguments') return `${place}: its arguments are not those that candy writes`
  return `${place}: ${name} is ${printValue(present)} and should be ${printValue(wanted)}`
}

function printValue(value: string | undefined): string {
  return value === undefined ? 'not set' : value === '' ? 'empty' : value
}

function reasonsOf(all: readonly LineDifference[]): string {
  return [...new Set(all.map(({ why }) => why))].join(' ')
}

function remedyFor({ postfix, candy }: Host, { service, kind, name, wanted }: LineDifference): readonly string[] {
  // postconf(1) takes no value with blanks in it for an option.
  switch (kind === 'option' && /\s/.test(wanted) ? 'arguments' : kind) {
    case 'option':
      return [postfix('postconf', '-P', `${service}/${name}=${wanted}`)]
    case 'field':
      return [postfix('postconf', '-F', `${service}/${name}=${wanted}`)]
    case 'parameter':
      return [postfix('postconf', '-e', `${name}=${wanted}`)]
    case 'arguments':
      return [postfix('postconf', '-MX', String(service)), candy('enable', '--yes')]
    case 'missing':
      return [candy('enable', '--yes')]
  }
}

function ofAttachment(
  { postfix, candy }: Host,
  { place, option, present, wanted, unfiltered, foreign }: AttachmentDifference,
): Observation {
  const remedy = [...(foreign === undefined ? [] : [postfix('postconf', '-PX', option)]), candy('enable', '--yes')]
  const what = `${place} should say -o ${option.slice(option.lastIndexOf('/') + 1)}=${wanted}, and ${foreign === undefined ? `it is ${printValue(present)}` : `says ${foreign}`}`
  return unfiltered
    ? urgent(what, 'Mail that comes in there passes candy over.', remedy)
    : ailing(what, 'Addresses are mapped before the filter and once more behind it.', remedy)
}

/** In mode milter main.cf must name candy in its lists of milters: whoever sets a list anew takes candy out. */
function ofMilterLists({ instance: { mainText }, mode, candy }: Host): readonly Observation[] {
  if (mode !== 'milter') return []
  const lists = MILTER_LISTS.filter((list) => !namesMilter(mainText, readValue(mainText, list) ?? ''))
  if (lists.length === 0) return []
  return [
    urgent(
      `main.cf does not name ${MILTER_WORD} in ${lists.join(' and ')}`,
      'Mail passes candy over, whatever master.cf says.',
      [candy('enable', '--yes')],
    ),
  ]
}

function ofRefusal(text: string): Observation {
  return ailing(text, 'candy enable would refuse to set this up as it is now.', [])
}
