/** The options of `candy quarantine` that choose messages, the same for listing, releasing and deleting. */

import { parsePeriod } from '@candy/sdk/values'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { counted } from '../log/counting.js'
import { errorText } from '../os/error-text.js'
import { type Entry, readEntries, STATES } from '../quarantine/entry.js'
import { isSelected, type Selection } from '../quarantine/selection.js'
import { confirm } from './confirmation.js'
import { EX_USAGE, Failure } from './failure.js'
import { findName, type Quarantine } from './quarantine-directory.js'

export interface SelectionOptions extends Selection {
  readonly config?: string
  readonly all?: true
  readonly yes?: true
}

export function addSelection(command: Command): Command {
  return command
    .option('--older-than <time>', 'messages that came longer ago than this: 30d, 12h', parseAge)
    .option('--newer-than <time>', 'messages that came since then: 1d', parseAge)
    .option(
      '--sender <address>',
      'messages from this sender; * stands for anything, <> is the null sender',
      parseAddress,
    )
    .option('--recipient <address>', 'messages to this recipient; * stands for anything', parseAddress)
    .option('--filter <filter>', 'messages that this filter, 50-clamav say, has decided about')
    .option('--reason <text>', 'messages with this text in their reason')
    .addOption(new Option('--state <state>', 'messages in this state').choices(STATES))
}

/**
 * The messages with these names, or those that the options choose. Throws Failure where neither names nor options say which, where both
 * do, and where the person does not agree to `what` is done to several: `Delete 12 messages?`.
 */
export async function chooseEntries(
  quarantine: Quarantine,
  typed: readonly string[],
  options: SelectionOptions,
  what: { readonly verb: string; readonly ask: boolean },
): Promise<readonly Entry[]> {
  const { directory, names } = quarantine
  const isBulk = options.all === true || Object.keys(criteriaOf(options)).length > 0
  if (typed.length > 0 && isBulk) throw new Failure(EX_USAGE, 'name messages, or choose them by options, and not both')
  if (typed.length === 0 && !isBulk) {
    throw new Failure(EX_USAGE, `which messages? Name them as ${quarantine.command} list shows them, or say --all`)
  }
  const wanted = isBulk ? names : [...new Set(typed.map((one) => findName(one, quarantine)))]
  const entries: Entry[] = []
  for await (const entry of readEntries(directory, wanted)) {
    if (!isBulk || isSelected(entry, criteriaOf(options))) entries.push(entry)
  }
  if (isBulk && entries.length > 0 && what.ask && options.yes !== true) {
    await confirm(`${what.verb} ${counted(entries.length, 'message')}?`, '--yes')
  }
  return entries
}

/** What the options say about the messages that are meant. */
export function criteriaOf(options: SelectionOptions): Selection {
  const { olderThan, newerThan, sender, recipient, filter, reason, state } = options
  return Object.fromEntries(
    Object.entries({ olderThan, newerThan, sender, recipient, filter, reason, state }).filter(
      ([, value]) => value !== undefined,
    ),
  )
}

export function parseAge(text: string): number {
  try {
    return parsePeriod(text)
  } catch (error) {
    throw new InvalidArgumentError(errorText(error))
  }
}

function parseAddress(text: string): string {
  return text.replace(/^<(.*)>$/s, '$1')
}
