/**
 * A script filter: an executable that reads the message on standard input and answers by its exit status.
 *
 * It is called as FILTER_README calls its script, `SCRIPT -f SENDER -- RECIPIENT…`, and with the same line ends (LF), so one
 * that reads its input and exits 0, 69 or 75 works unchanged. It must not hand the message over to Postfix itself, since the runner
 * does that. It can declare more in comments near its top (declaration.ts). child.ts runs it.
 */
import { Readable } from 'node:stream'
import { CandyError, type Context, type Message, type Status, type Verdict } from '@candy/sdk'
import type { ConfiguredFilter } from '../chain/configured-filter.js'
import type { Policy } from '../chain/policy.js'
import { readRegular } from '../config/file.js'
import { type Problem, reason } from '../config/problem.js'
import { lfFromCrlf } from '../message/line-ends.js'
import { type Ended, run } from './child.js'
import { readDeclaration, type ScriptDeclaration } from './declaration.js'

/** sysexits(3): EX_DATAERR, EX_UNAVAILABLE, EX_TEMPFAIL. */
const UNSCANNABLE = 65
const REJECT = 69
const DEFER = 75

/** The largest size of a rewritten message, which is held in memory until the exit status says that it is complete. Bytes. */
const CONTENT_LIMIT = 64 * 1024 ** 2
/** Declarations must be in the first so many bytes. */
const HEAD = 4096
/** The largest size of one variable: bytes. One string of the environment may have 128 KiB (execve(2)). */
const VARIABLE_LIMIT = 100 * 1024
/** The variables of the runner's environment that a script gets. */
const KEPT_VARIABLES = ['HOME', 'LANG', 'LC_ALL', 'MAIL_CONFIG', 'PATH', 'TMPDIR', 'TZ']
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A script that was found in `filters.d`. */
export interface ScriptEntry {
  readonly kind: 'script'
  readonly name: string
  readonly path: string
  /** Its beginning, as Latin-1, which contains its declarations; absent when it could not be read. */
  readonly head?: string
  /** The copy that is run instead of it, so that an edit takes effect only with a reload. */
  readonly copy?: string
}

export interface Script extends ScriptDeclaration {
  readonly name: string
  readonly path: string
  /** The path that is run: that of the script, or of its copy. */
  readonly command: string
  readonly policy: Policy
}

/** Reads the beginning of a script, as Latin-1. When it cannot be read, adds the reason to `problems` and returns undefined. */
export function readHead(path: string, problems: Problem[]): string | undefined {
  try {
    return readRegular(path, Number.POSITIVE_INFINITY, HEAD).toString('latin1')
  } catch (error) {
    problems.push({ file: path, what: `cannot be read: ${reason(error)}` })
    return undefined
  }
}

/** Reads the declarations of a script. When anything is wrong, adds it to `problems` and returns undefined. */
export function parseScript(entry: ScriptEntry, policy: Policy, problems: Problem[]): Script | undefined {
  const { path, name, head, copy } = entry
  if (head === undefined) return undefined
  // execve(2) runs a text only when its first line names an interpreter. A binary program has a NUL near its beginning.
  if (!head.startsWith('#!') && !head.includes('\0')) {
    problems.push({ file: path, line: 1, column: 1, what: 'is a script without an interpreter', hint: '#!/bin/sh' })
    return undefined
  }
  const declaration = readDeclaration(head, path, problems)
  return declaration && { name, path, command: copy ?? path, ...declaration, policy }
}

export function scriptFilter(script: Script): ConfiguredFilter {
  const { name, rewrites, fields, policy } = script
  return {
    name,
    rewrites,
    fields,
    sharedFields: [],
    policy,
    filter: { judge: (message, context) => judge(script, message, context) },
  }
}

async function judge(script: Script, message: Message, context: Context): Promise<Verdict> {
  const { sender, recipients } = message.envelope
  const ended = await run({
    command: script.command,
    args: ['-f', sender, '--', ...recipients],
    env: environment(script, message),
    input: lfFromCrlf(message.open()),
    signal: context.signal,
    ...(script.rewrites ? { outputLimit: CONTENT_LIMIT } : {}),
  })
  const complaint = firstLine(ended.errors)
  if (complaint !== '') context.warn('script wrote to standard error', { text: complaint })
  return verdict(script, ended, (script.rewrites ? '' : firstLine(ended.output)) || complaint)
}

function verdict(script: Script, ended: Ended, line: string): Verdict {
  const { status: exit, killedBy } = ended
  if (exit === 0) return script.rewrites ? newContent(script, ended.output) : { action: 'accept' }
  if (exit !== REJECT && exit !== DEFER && exit !== UNSCANNABLE) {
    const known = '0 accepts, 65 cannot ever be decided, 69 rejects, 75 defers'
    const how = killedBy === null ? `exit status ${exit} (${known})` : `ended by ${killedBy}`
    throw new CandyError('VERDICT', `${script.path}: ${how}${line === '' ? '' : `: ${line}`}`)
  }
  const { category, status, text } = splitStatus(line)
  // As in pipe(8), "4.x.x" at the start of the output turns a rejection into a deferral. "5.x.x" does not turn a deferral into a
  // rejection, since that would lose mail.
  const refused = exit === UNSCANNABLE ? 'unscannable' : 'reject'
  const action = exit === DEFER || category === '4' ? 'defer' : refused
  const reply = text || DEFAULT_TEXT[action]
  return status === undefined ? { action, text: reply } : { action, text: reply, status }
}

/** The text of a refusal when the script has written none. */
const DEFAULT_TEXT = {
  defer: 'the content filter asks to try again later',
  reject: 'message content rejected',
  unscannable: 'message content cannot be scanned',
} as const

function newContent(script: Script, output: readonly Uint8Array[]): Verdict {
  if (output.length === 0) {
    throw new CandyError(
      'CONTENT',
      `${script.path}: declares that it rewrites, and wrote no message to standard output`,
    )
  }
  // The lines still end in LF; the chain converts the content of every filter to CRLF.
  return { action: 'accept', content: () => Readable.from(output) }
}

/** Splits a line into its status (RFC 3463) and its text. An SMTP reply code may stand before the status. */
function splitStatus(line: string): { category?: string; status?: Status; text: string } {
  const [, category, subject, detail, text] =
    /^(?:[245]\d\d[ -])?([245])\.(\d{1,3})\.(\d{1,3})(?:\s+(.*))?$/.exec(line) ?? []
  if (category === undefined) return { text: line }
  return { category, status: [Number(subject), Number(detail)], text: text ?? '' }
}

function environment(script: Script, message: Message): Record<string, string> {
  const { sender, recipients, client } = message.envelope
  const list = recipients.join('\n')
  const values: Record<string, string | undefined> = {
    PATH: DEFAULT_PATH,
    ...Object.fromEntries(keptVariables()),
    CANDY_FILTER: script.name,
    CANDY_SCRIPT: script.path,
    CANDY_ID: message.id,
    CANDY_SIZE: String(message.size),
    CANDY_SENDER: sender,
    CANDY_RECIPIENTS: Buffer.byteLength(list) <= VARIABLE_LIMIT ? list : undefined,
    CANDY_RECIPIENT_COUNT: String(recipients.length),
    CANDY_CLIENT_ADDRESS: client?.address,
    CANDY_CLIENT_NAME: client?.name,
    CANDY_HELO: client?.helo,
    CANDY_PROTOCOL: client?.protocol,
    CANDY_LOGIN: client?.login,
  }
  const set = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(set)
}

function keptVariables(): [string, string][] {
  return KEPT_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
}

function firstLine(chunks: readonly Uint8Array[]): string {
  const lines = Buffer.concat(chunks)
    .toString()
    .split(/[\r\n]+/)
  return lines.find((line) => line.trim() !== '')?.trim() ?? ''
}
