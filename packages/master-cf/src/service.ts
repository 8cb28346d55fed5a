/** Makes the edits of whole entries: adds a service, removes one, or comments one out. */
import { type Edit, requireSound } from './edit.js'
import { type Entry, FIELDS, type ServiceFields, type ServiceKey, type ServiceType } from './entry.js'
import { MasterCfError } from './error.js'
import { finalBreak, lineBreak } from './line.js'
import { printArgument, printSetting, type Setting } from './option.js'
import { findService, findServices, type MasterCf, parse } from './parse.js'

/** A service to add. Fields left out are `-`, but `private` is `n` for inet, which can't be private. An `Entry` is one too. */
export interface Service extends Partial<Omit<ServiceFields, 'command'>> {
  readonly service: string
  readonly type: ServiceType | (string & {})
  readonly command: string
  /** Options without a value: `-v`, `-D`. */
  readonly flags?: readonly string[]
  readonly options?: readonly Setting[]
  readonly args?: readonly string[]
}

/** The widths of the columns in Postfix's own master.cf: name, type, and one for each field. */
const COLUMNS = [10, 6, 8, 8, 8, 8, 8, 0]

/**
 * Prints a service as it is written in a file: columns as in Postfix's master.cf, one line for each option, one for the arguments.
 * Ends with a line end. Throws `BAD_VALUE` when it would not be read as what it is.
 */
export function printService(service: Service, newline: '\n' | '\r\n' = '\n'): string {
  const privateDefault = service.type === 'inet' ? 'n' : '-'
  const { service: name, type, chroot = '-', unprivileged = '-', wakeup = '-', maxproc = '-', command } = service
  const fields = { private: service.private ?? privateDefault, unprivileged, chroot, wakeup, maxproc, command }
  const cells = [name, type, ...FIELDS.map((field) => fields[field])]
  const head = cells.map((cell, index) => `${cell} `.padEnd(COLUMNS[index] ?? 0)).join('')
  const { flags = [], options = [], args = [] } = service
  const lines = [[head.trimEnd(), ...flags].join(' '), ...options.map((option) => `-o ${printSetting(option)}`)]
  if (args.length > 0) lines.push(args.map(printArgument).join(' '))
  const text = `${lines.join(`${newline}  `)}${newline}`

  const { entries, problems } = parse(text)
  const entry = entries[0]
  const same =
    entry !== undefined &&
    entries.length === 1 &&
    problems.length === 0 &&
    entry.service === name &&
    entry.type === type &&
    FIELDS.every((field) => entry[field] === fields[field]) &&
    sameList(entry.flags, flags) &&
    sameList(entry.args, args) &&
    !/[\0\u0100-\uffff]/.test(text)
  if (!same) {
    const why = problems[0]?.message ?? 'a part of it would be read as something else'
    throw new MasterCfError('BAD_VALUE', `${name}/${type} can't be written: ${why}`)
  }
  return text
}

/**
 * Adds a service at the end of the file, after a line end if the file lacks one. Nothing to do when the same service with
 * the same fields and command line is there. Throws `SERVICE_EXISTS` when another is, and `BAD_VALUE`.
 */
export function addService(file: MasterCf, service: Service): readonly Edit[] {
  const printed = printService(service, lineBreak(file.text))
  const present = findService(file, service)
  if (present !== undefined) {
    const wanted = parse(printed).entries[0]
    if (present.problems.length === 0 && wanted !== undefined && sameMeaning(present, wanted)) return []
    const text = `${service.service}/${service.type} is there already, and differs`
    throw new MasterCfError('SERVICE_EXISTS', text, { line: present.line, column: 1 })
  }
  const complete = file.text === '' || file.text.endsWith('\n')
  const text = complete ? printed : finalBreak(file.text) + printed
  return [{ offset: file.text.length, length: 0, text }]
}

/**
 * Removes a service: every entry of that name and type, with the comments inside it. Returns no edits when there is none, and
 * throws for a malformed entry. `finalNewline: false` says that the file had no final line end before the service was
 * added: if nothing follows the service, the one that was added with it goes too.
 */
export function removeService(
  file: MasterCf,
  key: ServiceKey,
  { finalNewline = true }: { readonly finalNewline?: boolean } = {},
): readonly Edit[] {
  const entries = findServices(file, key).map(requireSound)
  const edits = entries.map(({ offset, length }) => ({ offset, length, text: '' }))
  const last = edits.at(-1)
  if (!finalNewline && last !== undefined && last.offset + last.length === file.text.length) {
    const before = file.text.slice(0, last.offset)
    const size = before.endsWith('\r\n') ? 2 : before.endsWith('\n') ? 1 : 0
    const previous = edits.at(-2)
    const free = previous === undefined || previous.offset + previous.length <= last.offset - size
    if (free) edits[edits.length - 1] = { offset: last.offset - size, length: last.length + size, text: '' }
  }
  return edits
}

/** Puts a `#` before each text line of a service, in every entry of it. Throws for a malformed entry. */
export function commentOut(file: MasterCf, key: ServiceKey): readonly Edit[] {
  return findServices(file, key)
    .map(requireSound)
    .flatMap((entry) => {
      const end = entry.offset + entry.length
      return file.lines
        .filter((line) => line.kind === 'text' && line.offset >= entry.offset && line.offset < end)
        .map((line) => ({ offset: line.offset, length: 0, text: '#' }))
    })
}

function sameMeaning(a: Entry, b: Entry): boolean {
  return FIELDS.every((field) => a[field] === b[field]) && sameList(a.argv, b.argv)
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
