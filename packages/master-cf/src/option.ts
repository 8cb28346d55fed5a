/**
 * Reads and prints the command line of an entry: flags, `-o name=value` overrides, arguments (master(5), "Command name + arguments").
 *
 * Read as the daemons' getopt(3) reads it, with the braces that postconf(1) understands. postconf 3.7 misreads
 * `-oname=value` when the name contains an `o`; this code does not. The one-word form `-o{ … }` is read here and by postconf, but the daemons refuse
 * it, so it is never written.
 */
import { MasterCfError, type ProblemCode } from './error.js'
import type { LogicalLine } from './line.js'
import { type Range, readBraces, readNameValue, type Span, splitWords, type Word } from './word.js'

/** A parameter setting: `-o name=value`. */
export interface Setting {
  readonly name: string
  readonly value: string
}

/** A `-o` of an entry; its span goes from the dash to the end of the value. */
export interface Option extends Setting, Span {
  readonly valueSpan: Span
  /** Whether it is written `{ name = value }`. */
  readonly braced: boolean
  /** Where name and value stand together, braces included. */
  readonly settingSpan: Span
  /** The words that the option consists of. */
  readonly words: readonly Word[]
  /** The number of characters of the first word that belong to other flags: 2 in `-vo name=value`, and mostly 0. */
  readonly shared: number
}

export interface CommandLine {
  /** Options without a value, `-v` and `-D`. */
  readonly flags: readonly string[]
  readonly options: readonly Option[]
  /** The words from the first one that is not an option. */
  readonly args: readonly string[]
  /** All words in order, in the form that postconf(1) shows: without braces, and with `-o` as a separate word. */
  readonly argv: readonly string[]
}

type Report = (code: ProblemCode, word: Word, message: string) => void

/** Reads the words after the command name. A malformed option is reported, and left out of `options`. */
export function readCommandLine(logical: LogicalLine, words: readonly Word[], report: Report): CommandLine {
  const flags: string[] = []
  const options: Option[] = []
  const args: string[] = []
  const argv: string[] = []
  let index = 0
  for (; index < words.length; index++) {
    const word = words[index]
    if (word === undefined || !/^-./.test(word.text) || word.text === '--') break
    const o = word.text.indexOf('o', 1)
    const shared = o === 1 ? 0 : o
    if (shared !== 0) {
      const flag = o === -1 ? word.text : word.text.slice(0, o)
      flags.push(flag)
      argv.push(flag)
    }
    if (o === -1) continue
    argv.push('-o')
    const alone = o + 1 === word.text.length
    const holder = alone ? words[++index] : word
    if (holder === undefined) {
      report('BAD_OPTION', word, '-o without a name and a value')
      break
    }
    const start = alone ? 0 : o + 1
    const setting = readSetting(holder.text, start)
    if (typeof setting === 'string') {
      report(setting, holder, `not of the form name=value: ${holder.text.slice(start)}`)
      argv.push(holder.text.slice(start))
      continue
    }
    const offset = word.offset + shared
    const span = (range: Range): Span => {
      // An end is the place after the last character: the next one may stand on another line.
      const past = logical.offsetOf(holder.at + range.end - 1) + 1
      const first = range.start === range.end ? past : logical.offsetOf(holder.at + range.start)
      return { offset: first, length: past - first }
    }
    options.push({
      name: setting.name,
      value: setting.value,
      valueSpan: span(setting.valueRange),
      settingSpan: span({ start, end: holder.text.length }),
      braced: setting.braced,
      words: alone ? [word, holder] : [word],
      shared: Math.max(shared, 0),
      offset,
      length: holder.offset + holder.length - offset,
    })
    argv.push(`${setting.name}=${setting.value}`)
  }
  for (const word of words.slice(index)) {
    const range = word.text.startsWith('{') ? readBraces(word.text, 0) : { start: 0, end: word.text.length }
    if (typeof range === 'string') report(range, word, `braces that don't match: ${word.text}`)
    args.push(typeof range === 'string' ? word.text : word.text.slice(range.start, range.end))
  }
  return { flags, options, args, argv: [...argv, ...args] }
}

interface ReadSetting extends Setting {
  readonly valueRange: Range
  readonly braced: boolean
}

function readSetting(text: string, start: number): ReadSetting | ProblemCode {
  const braced = text[start] === '{'
  const range = braced ? readBraces(text, start) : { start, end: text.length }
  if (typeof range === 'string') return range
  const sides = readNameValue(text, range)
  if (sides === undefined) return 'BAD_OPTION'
  const { name, value } = sides
  return {
    name: text.slice(name.start, name.end),
    value: text.slice(value.start, value.end),
    valueRange: value,
    braced,
  }
}

/**
 * Prints a setting as it is written after `-o `: as `name=value` when possible, and as `{ name = value }` when the value has blanks.
 * Throws `BAD_VALUE` when neither form would be read as the same setting.
 */
export function printSetting({ name, value }: Setting): string {
  const short = `${name}=${value}`
  if (readsAs(short, name, value)) return short
  const long = `{ ${name} = ${value} }`
  if (readsAs(long, name, value)) return long
  throw new MasterCfError('BAD_VALUE', `master.cf can't hold -o ${JSON.stringify(short)}: ${reason(short)}`)
}

/** Prints an argument as it is written on a command line: within `{ }` when it contains blanks or braces that require them. */
export function printArgument(text: string): string {
  return !text.startsWith('{') && isOneWord(text) ? text : `{${text}}`
}

function isOneWord(text: string): boolean {
  const [word, ...others] = splitWords({ text, offsetOf: (at) => at })
  return word?.text === text && word.closed && others.length === 0
}

function readsAs(text: string, name: string, value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters in a name are what must be found.
  if (/[\0\r\n\u0100-\uffff]/.test(text) || /[\x00-\x20]/.test(name)) return false
  if (!isOneWord(text)) return false
  const setting = readSetting(text, 0)
  return typeof setting !== 'string' && setting.name === name && setting.value === value
}

function reason(text: string): string {
  if (/[\0\r\n]/.test(text)) return 'a line break or NUL'
  if (/[\u0100-\uffff]/.test(text)) return 'a character that is no byte; encode it first'
  return 'braces that do not match, or blanks at an end'
}
