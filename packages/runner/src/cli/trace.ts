/** `candy trace`: one message's life, put together from Postfix's log and candy's. Reads with the rights of who typed it. */
import { parseDuration } from '@candy/sdk/values'
import { type Command, InvalidArgumentError } from 'commander'
import { Ownership } from '../config/ownership.js'
import { readSettings } from '../config/settings.js'
import { commandsOf } from '../postfix/commands.js'
import { parseQuery } from '../trace/query.js'
import { type Found, search } from '../trace/search.js'
import { findSources, type SourceProblem } from '../trace/sources.js'
import { waitingFor } from '../trace/waiting.js'
import { EX_NOINPUT, EX_OK, EX_USAGE, Failure } from './failure.js'
import { addHelp } from './help-text.js'
import { findConfigDirectory } from './postfix-instance.js'
import { printMessage, printMessages, toJson, withSpan } from './timeline.js'

/** No message was found. */
const NOT_FOUND = 1

interface TraceOptions {
  readonly config?: string
  readonly log?: readonly string[]
  readonly journal?: true
  readonly since?: number
  readonly until?: number
  readonly limit: number
  readonly json?: true
}

export function addTrace(candy: Command): void {
  const command = candy
    .command('trace')
    .description("show one message's life, from Postfix's log and candy's")
    .argument('<what>', "a queue id, a Message-ID, a sender's or recipient's address, or an id or name that candy gave")
    .option('--log <files...>', 'read these files and nothing else; compressed ones too')
    .option('--journal', 'read the systemd journal, not the files that syslog writes')
    .option(
      '--since <time>',
      'leave out what was logged before: 2026-11-27, "2026-11-27 14:30", or 2h for two hours ago',
      parseTime,
    )
    .option('--until <time>', 'leave out what was logged after that', parseTime)
    .option('--limit <number>', 'how many messages to list, the latest first', parseLimit, 20)
    .option('--json', 'print JSON')
    .action((what: string, _, command: Command) => trace(what, command.optsWithGlobals<TraceOptions>()))
  addHelp(command, {
    notes: [
      'One message is shown whole; several are listed, and are shown whole by their queue ids. It may be run by who may read the log: root, or a member of the group adm.',
    ],
    examples: [
      ['candy trace 4X2bQz1HkLz9tXC', 'the message with this queue id'],
      ['candy trace --since 2h user@example.org', 'what was sent to or from this address'],
    ],
    exits: { 0: 'found', 1: 'not found', 64: 'the command line is wrong', 66: 'no log can be read' },
  })
}

async function trace(what: string, options: TraceOptions): Promise<void> {
  const query = parseQuery(what)
  if (query === undefined) {
    throw new Failure(
      EX_USAGE,
      `${JSON.stringify(what)} is no queue id, Message-ID or address; queue ids are as in Postfix's log`,
    )
  }
  const configDirectory = await findConfigDirectory(options.config)
  // Problems of candy.toml are for other commands; here only the place of the log counts.
  const settings = readSettings(configDirectory, new Ownership(), [])
  const { since, until, limit, log: files = [], journal = false } = options
  const { sources, problems } = await findSources({
    configDirectory,
    candyLog: settings.log.to,
    files,
    journal,
    since,
    until,
  })
  // Files that were named may be of another host.
  const waiting = files.length > 0 ? undefined : await waitingFor(commandsOf(configDirectory), query, limit)
  const found = await search(sources, { query, limit, since, until, ...(waiting && { waiting }) })
  const unread = [...problems, ...found.problems]
  if (sources.length === found.problems.length) throw new Failure(EX_NOINPUT, whyUnreadable(unread))
  if (options.json) console.log(JSON.stringify(toJson(what, found, unread)))
  else print(what, found, unread)
  process.exitCode = found.messages.length > 0 ? EX_OK : NOT_FOUND
}

function print(what: string, found: Found, unread: readonly SourceProblem[]): void {
  for (const { text } of unread) console.error(`warning: not read: ${text}`)
  const [message, ...others] = found.messages
  if (message === undefined) console.error(notFound(what, found))
  else if (others.length === 0) console.log(printMessage(message))
  else console.log(printMessages(found))
}

function notFound(what: string, { searched }: Found): string {
  const places = searched.map((one) => `  ${withSpan(one)}`)
  return [
    `no message is known by ${JSON.stringify(what)}. These were read:`,
    ...places,
    'Older logs: --log FILE...; the log of another instance of Postfix: candy -c DIR trace ...',
  ].join('\n')
}

function whyUnreadable(problems: readonly SourceProblem[]): string {
  if (problems.length === 0) {
    return 'no log was found: neither maillog_file of Postfix, nor a file in /var/log that syslog writes, nor the journal; say --log FILE'
  }
  const remedy = problems.some(({ denied }) => denied) ? ['run this as root, or as a member of the group adm'] : []
  return ['no log can be read:', ...problems.map(({ text }) => `  ${text}`), ...remedy].join('\n')
}

/** A moment in local time, or how long ago. Milliseconds since 1970. */
function parseTime(written: string): number {
  const text = written.trim()
  const [, date, time = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?$/.exec(text) ?? []
  const moment =
    date === undefined ? Date.parse(/^\d{4}-\d\d-\d\dT/.test(text) ? text : '') : Date.parse(`${date}T${time}`)
  if (!Number.isNaN(moment)) return moment
  try {
    return Date.now() - parseDuration(text)
  } catch {
    throw new InvalidArgumentError('Write 2026-11-27, "2026-11-27 14:30", or how long ago: 30m, 2h, 7d.')
  }
}

function parseLimit(written: string): number {
  if (!/^(?:[1-9]\d{0,2}|1000)$/.test(written)) throw new InvalidArgumentError('Write a number from 1 to 1000.')
  return Number(written)
}
