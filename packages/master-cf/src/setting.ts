/** Makes the edits inside an entry: of its fields and its `-o` options. Every other byte of the entry stays as it is. */
import { type Edit, proveEdits, requireService, requireSound } from './edit.js'
import { type Entry, FIELDS, type Field, type ServiceKey } from './entry.js'
import { finalBreak, lineEnd, lineStart } from './line.js'
import { type Option, printSetting, type Setting } from './option.js'
import { findService, type MasterCf } from './parse.js'
import type { Word } from './word.js'

/** Sets a field. Throws `SERVICE_MISSING`, a problem's code for a malformed entry, `BAD_VALUE`. */
export function setField(file: MasterCf, key: ServiceKey, field: Field, value: string): readonly Edit[] {
  const entry = requireService(file, key)
  const word = entry.words[FIELDS.indexOf(field) + 2]
  if (word === undefined || entry[field] === value) return []
  const edits = [{ offset: word.offset, length: word.length, text: value }]
  const isAsSet = (after: Entry): boolean =>
    after[field] === value && after.words.length === entry.words.length && isByteText(value)
  proveEdits(entry, edits, isAsSet, `${field}=${JSON.stringify(value)}`)
  return edits
}

/**
 * Sets a parameter with `-o`: in place where the entry sets it already (the last one counts), else after its other options
 * in the entry's own layout. Throws `SERVICE_MISSING`, a problem's code for a malformed entry, `BAD_VALUE`.
 */
export function setOption(file: MasterCf, key: ServiceKey, setting: Setting): readonly Edit[] {
  const entry = requireService(file, key)
  const present = entry.options.findLast((option) => option.name === setting.name)
  if (present?.value === setting.value) return []
  const printed = printSetting(setting)
  const edit = present === undefined ? insertion(file.text, entry, printed) : replacement(present, setting, printed)
  const holds = (after: Entry): boolean =>
    after.options.findLast((option) => option.name === setting.name)?.value === setting.value &&
    restOf(after, setting.name) === restOf(entry, setting.name)
  proveEdits(entry, [edit], holds, `-o ${printed}`)
  return [edit]
}

/**
 * Removes the `-o` options of a parameter, and the line when nothing else is on it. It undoes `setOption` of a parameter that was
 * not set, byte for byte. Returns no edits when the service or the option is missing, and throws for a malformed entry.
 */
export function unsetOption(file: MasterCf, key: ServiceKey, name: string): readonly Edit[] {
  const found = findService(file, key)
  if (found === undefined) return []
  const entry = requireSound(found)
  const options = entry.options.filter((option) => option.name === name)
  if (options.length === 0) return []
  const edits = removal(file.text, entry, options)
  const holds = (after: Entry): boolean =>
    !after.options.some((option) => option.name === name) && restOf(after, name) === restOf(entry, name)
  proveEdits(entry, edits, holds, `${entry.service}/${entry.type} without -o ${name}`)
  return edits
}

function insertion(text: string, entry: Entry, printed: string): Edit {
  const command = FIELDS.indexOf('command') + 2
  const sibling = entry.options.at(-1)
  const anchor = sibling?.words.at(-1) ?? entry.words[command]
  const next = anchor === undefined ? undefined : entry.words[entry.words.indexOf(anchor) + 1]
  const at = anchor === undefined ? entry.offset : anchor.offset + anchor.length
  const end = lineEnd(text, at)
  // The option goes on the last option's line when more words follow there: after the first argument it would be an argument. Also when
  // the next line starts with a form feed, which continues an entry but separates no words.
  const follows =
    next !== undefined && (next.offset < end || !/[ \t\r]/.test(text.charAt(lineStart(text, next.offset))))
  if (follows) return { offset: at, length: 0, text: ` -o ${printed}` }
  const line = `${indentation(text, entry, sibling?.offset ?? entry.offset)}-o ${printed}`
  if (text[end - 1] !== '\n') return { offset: end, length: 0, text: `${finalBreak(text)}${line}` }
  return { offset: end, length: 0, text: `${line}${text[end - 2] === '\r' ? '\r\n' : '\n'}` }
}

/** The indentation of the line at `offset`, or of the entry's first continuation line, or two blanks. */
function indentation(text: string, entry: Entry, offset: number): string {
  const start = lineStart(text, offset)
  const isFirst = start === entry.offset
  const continued = entry.words.find((word) => lineStart(text, word.offset) > entry.offset)
  const from = isFirst ? (continued === undefined ? text.length : lineStart(text, continued.offset)) : start
  const blanks = /^[ \t]+/.exec(text.slice(from, lineEnd(text, from)))
  return blanks?.[0] ?? '  '
}

function replacement(option: Option, { value }: Setting, printed: string): Edit {
  const fits = option.braced || !printed.startsWith('{')
  if (fits) return { ...option.valueSpan, text: value }
  const apart = option.words.length === 2 ? '' : ' '
  return { ...option.settingSpan, text: apart + printed }
}

function removal(text: string, entry: Entry, options: readonly Option[]): readonly Edit[] {
  const removed = new Set<Word>()
  const edits: Edit[] = []
  for (const { words, shared, offset } of options) {
    const [first, ...rest] = words
    if (first === undefined) continue
    if (shared === 0) removed.add(first)
    else edits.push({ offset, length: first.offset + first.length - offset, text: '' })
    for (const word of rest) removed.add(word)
  }
  const lines: { start: number; end: number }[] = []
  for (let index = 0; index < entry.words.length; index++) {
    const first = entry.words[index]
    if (first === undefined || !removed.has(first)) continue
    const before = entry.words[index - 1]
    let last = first
    for (let next = entry.words[index + 1]; next !== undefined && removed.has(next); next = entry.words[index + 1]) {
      if (next.offset >= lineEnd(text, last.offset + last.length)) break
      last = next
      index++
    }
    const start = lineStart(text, first.offset)
    const past = last.offset + last.length
    const end = lineEnd(text, past)
    const after = entry.words[index + 1]
    const keptEnd = before === undefined ? start : before.offset + before.length
    if (keptEnd > start) edits.push({ offset: keptEnd, length: past - keptEnd, text: '' })
    else if (after !== undefined && after.offset < end) {
      edits.push({ offset: first.offset, length: after.offset - first.offset, text: '' })
    } else if (lines.at(-1)?.end === start) lines.splice(-1, 1, { start: lines.at(-1)?.start ?? start, end })
    else lines.push({ start, end })
  }
  for (const { start, end } of lines) {
    // When the last line has no line end, the one before it is removed too, so that the file still ends without one.
    const from = text[end - 1] === '\n' ? start : start - (text[start - 2] === '\r' ? 2 : 1)
    edits.push({ offset: from, length: end - from, text: '' })
  }
  return edits
}

/** The parts of a command line that an edit of one option must not change, as text to compare. */
function restOf({ command, flags, options, args }: Entry, name: string): string {
  const others = options.filter((option) => option.name !== name).map((option) => `${option.name}=${option.value}`)
  return [[command], flags, others, args].map((part) => part.join('\0')).join('\0\0')
}

function isByteText(text: string): boolean {
  return !/[\u0100-\uffff]/.test(text)
}
