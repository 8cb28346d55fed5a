/**
 * Updates candy's own entries in master.cf and parameters in main.cf to what this version writes. They may come from an older
 * version or from an installation that has moved since. A setting that still is as candy wrote it is replaced. A setting that
 * somebody has edited is kept, and the operator gets a warning.
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
import { MILTER_CLEANUP } from './milter-cleanup.js'
import type { ParameterSetting } from './parameter-setting.js'
import type { CandyService } from './services.js'

/** Whether candy wrote the entry: it has one of candy's service names and runs the command that candy sets for it. */
export function isCandyEntry(entry: Entry | undefined): boolean {
  switch (entry?.service) {
    case 'candy':
      return entry.command === 'pipe' && entry.args.some((word) => /^argv=.*\/candy-pipe$/.test(word))
    case 'candy-lmtp':
      return entry.command === 'lmtp'
    case 'candy-cleanup':
    case MILTER_CLEANUP:
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
  /** What was edited by hand and is kept although candy would write something else, for the operator. */
  readonly kept: readonly string[]
}

/** `written` is the entry as candy last wrote it. Where that is unknown, every setting of the entry counts as candy's. */
export function renewEntry(text: string, service: CandyService, written: string | undefined): Renewed {
  const wanted = entryIn(foldLines(printService(service)))
  const present = findService(parse(text), service)
  if (present === undefined) return { text, kept: [] }
  const before = written === undefined ? undefined : entryIn(written)
  const renewal = new Renewal(text, present, before !== undefined)
  for (const field of FIELDS) {
    const value = wanted[field]
    if (renewal.needsChange(field, present[field], before?.[field], value))
      renewal.change((now) => setField(parse(now), service, field, value))
  }
  const names = [...present.options, ...wanted.options].map(({ name }) => name)
  for (const name of new Set(names)) {
    const value = optionOf(wanted, name)
    if (!renewal.needsChange(`-o ${name}`, optionOf(present, name), before && optionOf(before, name), value)) continue
    renewal.change((now) =>
      value === undefined ? unsetOption(parse(now), service, name) : setOption(parse(now), service, { name, value }),
    )
  }
  renewal.needsChange('flags', present.flags.join(' '), before?.flags.join(' ') ?? present.flags.join(' '), '')
  const args = [present, before, wanted].map((entry) => entry && JSON.stringify(entry.args))
  if (renewal.needsChange('arguments', args[0], args[1], args[2]))
    renewal.change((now) => replaceArguments(now, service, wanted))
  return renewal
}

/** Sets parameters that candy wrote to main.cf, and nobody has edited since, to the values that this version writes. */
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

  /**
   * Whether a setting has to be changed from `present` to `wanted`. A setting that differs from `recorded`, which candy last
   * wrote, was edited by hand: it is added to `kept` instead.
   */
  needsChange(
    what: string,
    present: string | undefined,
    recorded: string | undefined,
    wanted: string | undefined,
  ): boolean {
    if (present === wanted) return false
    if (!this.#recorded || present === recorded) return true
    const other = wanted === undefined ? 'nothing' : wanted === '' ? 'nothing there' : wanted
    this.kept.push(`${this.#name}: ${what} was edited by hand and is kept; candy would write ${other}`)
    return false
  }

  change(edits: (text: string) => Parameters<typeof applyEdits>[1]): void {
    this.text = applyEdits(this.text, edits(this.text))
  }
}

/** Replaces the arguments where they stand, on lines folded as this version folds them. */
function replaceArguments(text: string, service: CandyService, wanted: Entry) {
  const present = findService(parse(text), service)
  const [old, fresh] = [present, wanted].map((entry) => entry && argumentSpan(entry))
  if (old === undefined || fresh === undefined) return []
  const from = fresh.offset - wanted.offset
  return [{ ...old, text: wanted.source.slice(from, from + fresh.length) }]
}

/** The span from the first argument to the end of the last; comments between them are part of it. */
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
