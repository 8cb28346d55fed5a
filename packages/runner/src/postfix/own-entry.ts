/**
 * Candy's own entries and parameters, brought to what this version writes. What stands there may be of an older version, of an
 * installation that has moved since, or edited by hand: what is still as candy wrote it is replaced, and what somebody has
 * changed stays and is told.
 */
import {
  applyEdits,
  type Entry,
  FIELDS,
  findService,
  parse,
  printService,
  setField,
  setOption,
  unsetOption,
} from '@candy/master-cf'
import { nameEntry, optionOf } from './entrances.js'
import { foldLines } from './line-folding.js'
import { readValue, replaceValue, setsParameter } from './main-cf.js'
import type { ParameterSetting } from './parameter-setting.js'
import type { CandyService } from './services.js'

/** Known by what no other program would write. */
export function isOurs(entry: Entry | undefined): boolean {
  switch (entry?.service) {
    case 'candy':
      return entry.command === 'pipe' && entry.args.some((word) => /^argv=.*\/candy-pipe$/.test(word))
    case 'candy-lmtp':
      return entry.command === 'lmtp'
    case 'candy-cleanup':
      return entry.command === 'cleanup'
    case 'candy-in':
    case 'candy-in-before':
      return entry.command === 'smtpd'
    default:
      return false
  }
}

export interface Renewed {
  readonly text: string
  /** What stays though candy would write something else, for people. */
  readonly kept: readonly string[]
}

/** `written` is what candy last wrote; where that is not on record, all of the entry counts as candy's. */
export function renewEntry(text: string, service: CandyService, written: string | undefined): Renewed {
  const wanted = entryIn(foldLines(printService(service)))
  const present = findService(parse(text), service)
  if (present === undefined) return { text, kept: [] }
  const before = written === undefined ? undefined : entryIn(written)
  const renewal = new Renewal(text, present, before !== undefined)
  for (const field of FIELDS) {
    const value = wanted[field]
    if (renewal.isToBe(field, present[field], before?.[field], value))
      renewal.change((now) => setField(parse(now), service, field, value))
  }
  const names = [...present.options, ...wanted.options].map(({ name }) => name)
  for (const name of new Set(names)) {
    const value = optionOf(wanted, name)
    if (!renewal.isToBe(`-o ${name}`, optionOf(present, name), before && optionOf(before, name), value)) continue
    renewal.change((now) =>
      value === undefined ? unsetOption(parse(now), service, name) : setOption(parse(now), service, { name, value }),
    )
  }
  renewal.isToBe('flags', present.flags.join(' '), before?.flags.join(' ') ?? present.flags.join(' '), '')
  const [is, was, tobe] = [present, before, wanted].map((entry) => entry && JSON.stringify(entry.args))
  if (renewal.isToBe('arguments', is, was, tobe)) renewal.change((now) => replaceArguments(now, service, wanted))
  return renewal
}

/** Brings the parameters that candy has set in main.cf to what this version sets them to. */
export function renewParameters(
  text: string,
  parameters: readonly ParameterSetting[],
  written: Readonly<Record<string, string>>,
): string {
  return parameters
    .filter(({ name }) => setsParameter(text, name) && readValue(text, name) === written[name])
    .reduce((now, { name, value }) => (value === written[name] ? now : replaceValue(now, name, value)), text)
}

class Renewal implements Renewed {
  text: string
  readonly kept: string[] = []
  readonly #name: string
  readonly #recorded: boolean

  constructor(text: string, present: Entry, recorded: boolean) {
    this.text = text
    this.#name = nameEntry(present)
    this.#recorded = recorded
  }

  /** Whether something must be changed to what it is to be. Where it was edited by hand it is kept instead. */
  isToBe(what: string, is: string | undefined, was: string | undefined, tobe: string | undefined): boolean {
    if (is === tobe) return false
    if (!this.#recorded || is === was) return true
    const other = tobe === undefined ? 'nothing' : tobe === '' ? 'nothing there' : tobe
    this.kept.push(`${this.#name}: ${what} was edited by hand and is kept; candy would write ${other}`)
    return false
  }

  change(edits: (text: string) => Parameters<typeof applyEdits>[1]): void {
    this.text = applyEdits(this.text, edits(this.text))
  }
}

/** In place, as this version folds them. */
function replaceArguments(text: string, service: CandyService, wanted: Entry) {
  const present = findService(parse(text), service)
  const [old, fresh] = [present, wanted].map((entry) => entry && argumentSpan(entry))
  if (old === undefined || fresh === undefined) return []
  const from = fresh.offset - wanted.offset
  return [{ ...old, text: wanted.source.slice(from, from + fresh.length) }]
}

/** From the first argument to the end of the last, comments between them included. */
function argumentSpan({ words, args }: Entry): { readonly offset: number; readonly length: number } | undefined {
  const [first, last] = [words.at(-args.length), words.at(-1)]
  if (args.length === 0 || first === undefined || last === undefined) return undefined
  return { offset: first.offset, length: last.offset + last.length - first.offset }
}

function entryIn(text: string): Entry {
  const entry = parse(text).entries[0]
  if (entry === undefined) throw new Error(`no entry of master.cf: ${text}`)
  return entry
}
