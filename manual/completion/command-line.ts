/** What can be typed, as a shell completes it: the tree of commands of commander, with a kind for each value. */
import type { Command, Option } from 'commander'

/** What a value is. The shells themselves know files and directories; the others are asked for when somebody presses the tab key. */
export type Value =
  | { readonly kind: 'text' | 'file' | 'directory' | 'message' | 'filter' | 'queue-id' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

export interface CompletedOption {
  /** `-c`; most have none. */
  readonly short: string | undefined
  /** `--config`. */
  readonly long: string
  readonly text: string
  /** The name of the value, and what it is. Absent: the option takes none. */
  readonly value?: { readonly name: string; readonly is: Value }
  /** Whether it may be given several times. */
  readonly repeats: boolean
}

export interface CompletedCommand {
  /** Behind `candy`: none, `['quarantine', 'list']`. */
  readonly words: readonly string[]
  readonly text: string
  readonly options: readonly CompletedOption[]
  readonly operands: readonly { readonly name: string; readonly is: Value; readonly variadic: boolean }[]
  readonly commands: readonly CompletedCommand[]
}

/** By the name of a placeholder in the help, what it stands for. What is not here is text that nobody can guess. */
const KINDS: Readonly<Record<string, Exclude<Value['kind'], 'choice'>>> = {
  dir: 'directory',
  file: 'file',
  files: 'file',
  package: 'file',
  message: 'message',
  filter: 'filter',
  what: 'queue-id',
}

export function completedCommand(command: Command, words: readonly string[] = []): CompletedCommand {
  const help = command.createHelp()
  const inherited = words.length === 0 ? [] : globalsOf(command)
  return {
    words,
    text: command.summary() || command.description(),
    options: [...help.visibleOptions(command), ...inherited].map(completedOption),
    operands: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      is: asValue(argument.name(), argument.argChoices),
      variadic: argument.variadic,
    })),
    commands: command.commands.map((child) => completedCommand(child, [...words, child.name()])),
  }
}

/** This command, and all below it. */
export function allOf(command: CompletedCommand): readonly CompletedCommand[] {
  return [command, ...command.commands.flatMap(allOf)]
}

/** The names of an option, as they are typed. */
export function namesOf({ short, long }: CompletedOption): readonly string[] {
  return short === undefined ? [long] : [short, long]
}

/** `-c` may stand anywhere; the version is asked of candy alone. */
function globalsOf(command: Command): readonly Option[] {
  let root = command
  while (root.parent !== null) root = root.parent
  return root.options.filter(({ long }) => long !== '--version')
}

function completedOption(option: Option): CompletedOption {
  const { short, long, description, argChoices, flags } = option
  if (long === undefined || long === null) throw new Error(`${flags} has no long name`)
  const [, name] = /<([^.>]+)/.exec(flags) ?? []
  return {
    short: short ?? undefined,
    long,
    text: description,
    ...(name !== undefined && { value: { name, is: asValue(name, argChoices) } }),
    repeats: /may be repeated/.test(description),
  }
}

function asValue(name: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: 'choice', choices }
  return { kind: KINDS[name] ?? 'text' }
}
