/**
 * Edits main.cf without changing any other byte. A logical line starts with text that is not white space. A line that starts with
 * white space continues it. Comments and empty lines in between do not end it (postconf(5), "Main.cf file format").
 */
import { applyEdits, type Edit } from '@candy/master-cf'

/** Where a text sets a parameter. */
interface Setting {
  readonly name: string
  /** The span from the parameter's name to the end of its last line. */
  readonly offset: number
  readonly length: number
  /** The offset right after the `=`. */
  readonly valueOffset: number
}

export interface MainSetting {
  readonly name: string
  readonly value: string
}

/** Whether the text sets a parameter. */
export function setsParameter(text: string, name: string): boolean {
  return settingsOf(text).some((setting) => setting.name === name)
}

/**
 * The value that the text sets a parameter to, as one line; undefined where it sets none. The last of several settings counts, as
 * in Postfix.
 */
export function readValue(text: string, name: string): string | undefined {
  const setting = lastSetting(text, name)
  if (setting === undefined) return undefined
  const lines = text.slice(setting.valueOffset, setting.offset + setting.length).split('\n')
  return lines
    .filter((line) => !/^\s*#/.test(line))
    .join(' ')
    .trim()
    .replace(/\s+/g, ' ')
}

/** Replaces the value of a parameter, in its last setting. Does nothing if the parameter is not set. */
export function replaceValue(text: string, name: string, value: string): string {
  const setting = lastSetting(text, name)
  if (setting === undefined) return text
  const { offset, length, valueOffset } = setting
  const source = text.slice(offset, offset + length)
  const end = source.endsWith('\n') ? 1 : 0
  return applyEdits(text, [{ offset: valueOffset, length: offset + length - end - valueOffset, text: ` ${value}` }])
}

/** Adds the parameters that are not set yet, at the end of the text. */
export function addParameters(text: string, settings: readonly MainSetting[]): string {
  const lines = settings
    .filter(({ name }) => !setsParameter(text, name))
    .map(({ name, value }) => `${`${name} = ${value}`.trimEnd()}\n`)
  if (lines.length === 0) return text
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${lines.join('')}`
}

/**
 * Removes parameters, wherever they are set. `finalNewline` is false if the text did not end with a line end before the
 * parameters were added. Then the last line end is removed too, unless something was added after the parameters.
 */
export function removeParameters(text: string, names: readonly string[], finalNewline: boolean): string {
  const removed = settingsOf(text).filter((setting) => names.includes(setting.name))
  const last = removed.at(-1)
  const rest = applyEdits(text, removed.map(deletion))
  const atEnd = last !== undefined && last.offset + last.length === text.length
  return !finalNewline && atEnd && rest.endsWith('\n') ? rest.slice(0, -1) : rest
}

/** Inserts a word at the start of a parameter's list, in the last of several settings. Adds the parameter if it is not set. */
export function prependTo(text: string, name: string, word: string): string {
  const setting = lastSetting(text, name)
  if (setting === undefined) return addParameters(text, [{ name, value: word }])
  return applyEdits(text, [{ offset: setting.valueOffset, length: 0, text: ` ${word},` }])
}

/**
 * Removes what `prependTo` has inserted, wherever it is now: the word, or the parameter if the word is its only value. Of a word that
 * somebody has moved to the end of the list, the comma before it is removed too.
 */
export function withoutWord(text: string, name: string, word: string): string {
  const edits = settingsOf(text).flatMap((setting): readonly Edit[] => {
    const { offset, length, valueOffset } = setting
    const value = text.slice(valueOffset, offset + length)
    const at = setting.name === name ? indexOfWord(value, word) : -1
    if (at === -1) return []
    if (value.trim() === word) return [deletion(setting)]
    const [before, after] = [value.slice(0, at), value.slice(at + word.length)]
    const start = before.length - (before.endsWith(' ') ? 1 : 0)
    if (after.startsWith(',')) return [{ offset: valueOffset + start, length: at + word.length + 1 - start, text: '' }]
    const from = after.trim() === '' ? before.replace(/,?\s*$/, '').length : start
    return [{ offset: valueOffset + from, length: at + word.length - from, text: '' }]
  })
  return applyEdits(text, edits)
}

/** Where the list has the word, and not only a longer one that begins with it; -1 where it does not. */
function indexOfWord(list: string, word: string): number {
  for (let at = list.indexOf(word); at !== -1; at = list.indexOf(word, at + 1)) {
    if (!/^\w/.test(list.slice(at + word.length))) return at
  }
  return -1
}

/** The names of the parameters that the text sets. */
export function parametersIn(text: string): readonly string[] {
  return settingsOf(text).map(({ name }) => name)
}

function lastSetting(text: string, name: string): Setting | undefined {
  return settingsOf(text).findLast((candidate) => candidate.name === name)
}

function deletion({ offset, length }: Setting): Edit {
  return { offset, length, text: '' }
}

function settingsOf(text: string): readonly Setting[] {
  const settings: Setting[] = []
  let open: { name: string; offset: number; end: number; valueOffset: number } | undefined
  const close = (): void => {
    if (open !== undefined) settings.push({ ...open, length: open.end - open.offset })
    open = undefined
  }
  for (let offset = 0; offset < text.length; ) {
    const newline = text.indexOf('\n', offset)
    const end = newline === -1 ? text.length : newline + 1
    const line = text.slice(offset, end)
    if (/^\s*(?:#|$)/.test(line)) {
      // Comments and empty lines do not end a logical line.
    } else if (/^\s/.test(line)) {
      if (open !== undefined) open.end = end
    } else {
      close()
      const [head, name] = /^([^\s=]+)\s*=/.exec(line) ?? []
      if (head !== undefined && name !== undefined) open = { name, offset, end, valueOffset: offset + head.length }
    }
    offset = end
  }
  close()
  return settings
}
