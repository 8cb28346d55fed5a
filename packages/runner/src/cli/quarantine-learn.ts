/** `candy quarantine learn`: tells the filters that can learn what a person says of quarantined messages. */
import { type Lesson, printable } from '@candy/sdk'
import { Argument, type Command } from 'commander'
import { readConfiguration } from '../filters/configuration.js'
import { type LessonResult, teach } from '../filters/lesson.js'
import { type LoadedFilters, loadFilters } from '../filters/loaded-filters.js'
import type { Log } from '../log/log.js'
import { errorText } from '../os/error-text.js'
import { openContent } from '../quarantine/content.js'
import type { Entry } from '../quarantine/entry.js'
import { asciiJson } from './ascii-json.js'
import { EX_OK, EX_UNAVAILABLE, Failure } from './failure.js'
import { withoutFilterOutput } from './filter-output.js'
import { addHelp } from './help-text.js'
import { openQuarantine } from './quarantine-directory.js'
import { openQuarantineLog } from './quarantine-log.js'
import { addSelection, chooseEntries, type SelectionOptions } from './quarantine-selection.js'

interface LearnOptions extends SelectionOptions {
  readonly dryRun?: true
  readonly json?: true
}

/** What came of a message. */
interface TaughtMessage {
  readonly name: string
  /** One for each filter that was taught; empty where the message was not read. */
  readonly filters: readonly LessonResult[]
  /** Why the message could not be read. */
  readonly error?: string
}

export function addQuarantineLearn(quarantine: Command): void {
  const command = addSelection(quarantine.command('learn'))
    .description('have filters learn from messages what is spam and what is not')
    .addArgument(new Argument('<lesson>', 'what a person says of them; forget takes back either').choices(LESSONS))
    .argument(
      '[message...]',
      'the name or queue id of a message, or the beginning of either, as "candy quarantine list" shows them',
    )
    .option('--all', 'all messages')
    .option('--dry-run', 'show which messages would be learned, and do nothing')
    .option('--yes', 'do not ask, where options choose the messages')
    .option('--json', 'print JSON')
    .action((lesson: Lesson, names: string[], _, command: Command) =>
      learn(lesson, names, command.optsWithGlobals<LearnOptions>()),
    )
  addHelp(command, {
    notes: ['The messages stay where they are.'],
    examples: [['candy quarantine learn ham 4X2bQz', 'this one was no spam']],
    exits: {
      0: 'every filter that can learn has done so',
      64: 'the command line is wrong',
      69: 'one has not, or none can learn',
      78: 'something in the configuration is wrong',
    },
  })
}

const LESSONS: readonly Lesson[] = ['spam', 'ham', 'forget']

async function learn(lesson: Lesson, typed: readonly string[], options: LearnOptions): Promise<void> {
  const quarantine = await openQuarantine(options.config)
  if (quarantine === undefined) return
  const { dryRun, json } = options
  const verb = lesson === 'forget' ? 'Have filters forget' : `Have filters learn as ${lesson}`
  const entries = await chooseEntries(quarantine, typed, options, { verb, ask: dryRun !== true })
  if (dryRun) {
    if (json)
      console.log(asciiJson({ version: 1, lesson, messages: entries.map(({ name }) => ({ name, filters: [] })) }))
    else
      for (const { name } of entries) console.log(`would have filters ${WORDS[lesson].infinitive}: ${printable(name)}`)
    return
  }
  const log = openQuarantineLog(quarantine)
  const configuration = await readConfiguration({ configDirectory: quarantine.configDirectory })
  const messages = await withoutFilterOutput(async () => {
    const loaded = await loadFilters(configuration, { log })
    try {
      return await teachAll(entries, lesson, loaded, log)
    } finally {
      await loaded.close()
    }
  })
  await log.close()
  const text = json
    ? `${asciiJson({ version: 1, lesson, messages })}\n`
    : messages.map((message) => printMessage(message, lesson)).join('')
  const isDone = messages.every(({ filters, error }) => error === undefined && filters.every(hasLearned))
  // Filters may have left timers or connections open, which would keep the process running.
  process.stdout.write(text, () => process.exit(isDone ? EX_OK : EX_UNAVAILABLE))
}

async function teachAll(
  entries: readonly Entry[],
  lesson: Lesson,
  { filters }: LoadedFilters,
  log: Log,
): Promise<readonly TaughtMessage[]> {
  if (!filters.some(canLearn)) {
    throw new Failure(
      EX_UNAVAILABLE,
      'no filter can learn; @candy/filter-spamassassin can: "candy add @candy/filter-spamassassin"',
    )
  }
  const messages: TaughtMessage[] = []
  for (const entry of entries) messages.push(await teachMessage(entry, lesson, filters, log))
  return messages
}

async function teachMessage(
  entry: Entry,
  lesson: Lesson,
  filters: LoadedFilters['filters'],
  log: Log,
): Promise<TaughtMessage> {
  const { name } = entry
  if (entry.state === 'damaged') return { name, filters: [], error: printable(entry.damage) }
  const { id, envelope } = entry.record
  try {
    const content = await openContent(entry)
    try {
      return { name, filters: await teach(filters, { id, envelope, content }, lesson, log) }
    } finally {
      await content.close()
    }
  } catch (error) {
    return { name, filters: [], error: printable(errorText(error)) }
  }
}

/** Also one that can for some recipients only. */
function canLearn({ filter, recipients }: LoadedFilters['filters'][number]): boolean {
  const others = [...(recipients?.values() ?? [])].filter((other) => typeof other === 'object')
  return [filter, ...others.map((other) => other.filter)].some(({ learn }) => learn !== undefined)
}

function hasLearned(result: LessonResult): boolean {
  return !('error' in result)
}

const WORDS: Readonly<Record<Lesson, { readonly infinitive: string; readonly done: string; readonly known: string }>> =
  {
    spam: { infinitive: 'learn that it is spam', done: 'has learned that it is spam', known: 'knew that it is spam' },
    ham: {
      infinitive: 'learn that it is no spam',
      done: 'has learned that it is no spam',
      known: 'knew that it is no spam',
    },
    forget: { infinitive: 'forget it', done: 'has forgotten it', known: 'had not learned it' },
  }

function printMessage({ name, filters, error }: TaughtMessage, lesson: Lesson): string {
  const { done, known } = WORDS[lesson]
  const print = (result: LessonResult): string =>
    'error' in result
      ? `${result.name} has not: ${printable(result.error)}`
      : `${result.name} ${result.changed ? done : known}`
  const results = error === undefined ? filters.map(print) : [`not read: ${error}`]
  const shown = results.length === 0 ? ['no filter that can learn judges the mail of its recipients'] : results
  return shown.map((result) => `${printable(name)}: ${result}\n`).join('')
}
