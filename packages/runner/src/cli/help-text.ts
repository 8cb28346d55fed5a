/**
 * What the help of a command says behind its options: notes, examples and exit statuses. They are kept as data, since the manual page
 * of the command (manual/ at the root of the repository) is made of them too.
 */
import type { Command } from 'commander'

export interface HelpText {
  /** Paragraphs. What stands between double quotes and begins with `candy` is a command line. */
  readonly notes?: readonly string[]
  /** Command lines, and what each is for. */
  readonly examples?: readonly (readonly [command: string, purpose: string])[]
  /** By exit status what it means, as a clause without a full stop. */
  readonly exits: Readonly<Record<number, string>>
}

const textByCommand = new WeakMap<Command, HelpText>()

/** Adds a text to the help of a command. */
export function addHelp(command: Command, text: HelpText): Command {
  textByCommand.set(command, text)
  return command.addHelpText('after', () => `\n${printHelp(command, text)}`)
}

/** The text that `addHelp` added to a command. */
export function helpTextOf(command: Command): HelpText | undefined {
  return textByCommand.get(command)
}

function printHelp(command: Command, { notes = [], examples = [], exits }: HelpText): string {
  const width = process.stdout.columns ?? 80
  const wrap = (text: string, indent: number): string => {
    const lines = command.createHelp().boxWrap(text, width - indent)
    return lines.replaceAll('\n', `\n${' '.repeat(indent)}`)
  }
  const paragraphs = notes.map((note) => `${wrap(note, 0)}\n`)
  const lines = examples.map(([typed, purpose]) => `  ${typed}\n      ${wrap(purpose, 6)}\n`)
  const statuses = Object.entries(exits).map(([status, means]) => `  ${status.padEnd(4)}${wrap(means, 6)}\n`)
  return [
    ...paragraphs,
    ...(lines.length === 0 ? [] : [`Examples:\n${lines.join('')}`]),
    `Exit status:\n${statuses.join('')}`.trimEnd(),
  ].join('\n')
}
