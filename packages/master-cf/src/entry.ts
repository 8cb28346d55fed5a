/** One service of master.cf: its eight fields, its command line, and what is wrong with it (master(5); master_ent.c). */
import type { Position, Problem, ProblemCode } from './error.js'
import { type Line, type LogicalLine, lastUpTo } from './line.js'
import { type CommandLine, readCommandLine } from './option.js'
import { type Span, splitWords, type Word } from './word.js'

export const SERVICE_TYPES = ['inet', 'unix', 'unix-dgram', 'fifo', 'pass'] as const
export type ServiceType = (typeof SERVICE_TYPES)[number]

/** The fields after name and type, in the file's order. `-` stands for Postfix's default. */
export const FIELDS = ['private', 'unprivileged', 'chroot', 'wakeup', 'maxproc', 'command'] as const
export type Field = (typeof FIELDS)[number]

/** What identifies a service. Compared as text: `smtp` and `25` are two names, though Postfix listens to one port. */
export interface ServiceKey {
  readonly service: string
  readonly type: string
}

export type ServiceFields = { readonly [field in Field]: string }

/** A service as it is written in the file. Fields that are missing in a malformed entry are empty. */
export interface Entry extends ServiceKey, ServiceFields, CommandLine, Span {
  /** The number of its first line, counted from 1. */
  readonly line: number
  /** Its bytes from the service name to its last line end, including the comments in between. */
  readonly source: string
  readonly words: readonly Word[]
  readonly problems: readonly Problem[]
}

/** An entry that is commented out with a `#`. Only its first line is recognized, since further lines cannot be told from prose. */
export interface DisabledEntry extends ServiceKey, Span {
  readonly line: number
}

export function readEntry(logical: LogicalLine): Entry {
  const words = splitWords(logical)
  const problems: Problem[] = []
  const report = (code: ProblemCode, place: Span, message: string): void => {
    problems.push({ code, message, ...position(logical.lines, place.offset) })
  }
  const first = logical.lines[0]
  const last = logical.lines.at(-1)
  const offset = first?.offset ?? 0
  const length = (last?.offset ?? 0) + (last?.source.length ?? 0) - offset
  const nul = logical.text.indexOf('\0')
  if (nul !== -1) report('NUL_BYTE', { offset: logical.offsetOf(nul), length: 1 }, 'a NUL byte; Postfix stops reading')

  const [service = '', type = '', private_ = '', unprivileged = ''] = words.map((word) => word.text)
  const [chroot = '', wakeup = '', maxproc = '', command = ''] = words.slice(4, 8).map((word) => word.text)
  if (words.length < 8) {
    const place = words.at(-1) ?? { offset, length: 0 }
    report('MISSING_FIELD', place, `${words.length} fields of eight`)
  } else {
    words.slice(0, 8).forEach((word, index) => {
      const problem = fieldProblem(index, type, word.text)
      if (problem !== undefined) report(problem[0], word, problem[1])
    })
  }
  const commandLine = readCommandLine(logical, words.slice(8), report)
  // Only the last word can have an unclosed brace, since the word then extends to the end of the entry.
  const end = words.slice(8).at(-1)
  if (end?.closed === false && !problems.some((problem) => problem.code === 'UNCLOSED_BRACE')) {
    report('UNCLOSED_BRACE', end, 'a { that is never closed')
  }
  const source = logical.lines.map((line) => line.source).join('')
  // Member by member: spreads make this several times slower.
  return {
    service,
    type,
    private: private_,
    unprivileged,
    chroot,
    wakeup,
    maxproc,
    command,
    flags: commandLine.flags,
    options: commandLine.options,
    args: commandLine.args,
    argv: commandLine.argv,
    words,
    problems,
    source,
    line: first?.line ?? 0,
    offset,
    length,
  }
}

/** Reads a comment line as an entry that was commented out, when all of its eight fields are right. */
export function readDisabled(line: Line): DisabledEntry | undefined {
  const text = line.source.replace(/^[ \t]*#+[ \t]?/, '')
  if (/^[ \t]/.test(text)) return undefined
  const words = splitWords({ text: text.replace(/\r?\n$/, ''), offsetOf: (at) => at }).map((word) => word.text)
  const [service = '', type = ''] = words
  const right = words.slice(0, 8).every((word, index) => fieldProblem(index, type, word) === undefined)
  if (words.length < 8 || !right) return undefined
  return { service, type, line: line.line, offset: line.offset, length: line.source.length }
}

/** The problem that master(8) would find in field `index`; the name is field 0. */
function fieldProblem(index: number, type: string, text: string): [ProblemCode, string] | undefined {
  if (text.includes('{')) return ['BRACE_IN_FIELD', `braces group options and arguments, not fields: ${text}`]
  switch (index) {
    case 0:
      if (type === 'inet' && !isAddress(text)) return ['BAD_ADDRESS', `neither host:port nor port: ${text}`]
      return undefined
    case 1:
      if (!SERVICE_TYPES.some((known) => known === text)) return ['BAD_TYPE', `no service type: ${text}`]
      return undefined
    case 2:
    case 3:
    case 4:
      if (!/^[yn-]$/.test(text)) return ['BAD_BOOLEAN', `neither y, n nor -: ${text}`]
      if (index === 2 && type === 'inet' && text !== 'n') return ['INET_PRIVATE', 'an inet service cannot be private']
      return undefined
    case 5:
      if (!/^(?:-|[0-9]+\??)$/.test(text)) return ['BAD_WAKEUP', `neither seconds, seconds? nor -: ${text}`]
      return undefined
    case 6:
      if (!/^(?:-|[0-9]+)$/.test(text)) return ['BAD_MAXPROC', `neither a number nor -: ${text}`]
      return undefined
    default:
      return text === '-' ? ['BAD_COMMAND', 'a command has no default'] : undefined
  }
}

/** Whether it has the form of host_port(3): port, host:port or [host]:port. Whether host and port exist is not checked. */
function isAddress(name: string): boolean {
  const bracketed = /^\[[^\]]+\]:(.+)$/.exec(name)
  if (name.startsWith('[') && bracketed === null) return false
  const port = bracketed?.[1] ?? name.slice(name.lastIndexOf(':') + 1)
  return port !== '' && (!/^[0-9]/.test(port) || /^[0-9]+$/.test(port))
}

function position(lines: readonly Line[], offset: number): Position {
  const line = lastUpTo(lines, (candidate) => candidate.offset <= offset)
  return { line: line?.line ?? 1, column: offset - (line?.offset ?? 0) + 1 }
}
