/**
 * The pages of a command made with commander, and of its subcommands: what `--help` prints, in the sections of a manual page. All texts
 * come from the tree of commands, so that no option is missing or invented here.
 */
import type { Argument, Command, Option } from 'commander'
import type { HelpText } from '../packages/runner/src/cli/help-text.js'
import type { Block, Page, Section, Term } from './page.js'
import type { Span } from './roff.js'
import { clause, flagsOf, sentence, spansOfText } from './wording.js'

export interface CommandTree {
  readonly root: Command
  /** The package and its version. */
  readonly source: string
  readonly textOf: (command: Command) => HelpText | undefined
}

/** Other pages at the end of each, beside those of the command's own tree. */
const SEE_ALSO = ['candy.toml(5)', 'filters.d(5)']

/** Pages of Postfix, at the end of the first page. */
const POSTFIX = ['postfix(1)', 'master(5)', 'postconf(5)', 'pipe(8)']

const FILES: readonly (readonly [path: string, holds: string])[] = [
  ['/etc/postfix/candy.toml', 'the settings; see candy.toml(5)'],
  ['/etc/postfix/filters.d/', 'the filters, one file each; see filters.d(5)'],
  ['/var/lib/candy/INSTANCE/', 'quarantine, history, packages and spool; INSTANCE is postfix for /etc/postfix'],
]

const SECTION = 8

export function commandPages(tree: CommandTree): readonly Page[] {
  return [tree.root, ...commandsBelow(tree.root)].map((command) => pageOf(command, tree))
}

/** Every command below this one that has a page: all but `help`. */
function commandsBelow(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => [child, ...commandsBelow(child)])
}

/** `candy-quarantine-list`. */
function pageName(command: Command): string {
  return wordsOf(command).join('-')
}

function wordsOf(command: Command): readonly string[] {
  return command.parent === null ? [command.name()] : [...wordsOf(command.parent), command.name()]
}

function pageOf(command: Command, tree: CommandTree): Page {
  const { notes = [], examples = [], exits = {} } = tree.textOf(command) ?? {}
  const help = command.createHelp()
  const globals = command.parent === null ? [] : tree.root.options.filter((option) => option.long === '--config')
  const options = [...help.visibleOptions(command), ...globals]
  const sections: readonly Section[] = [
    { heading: 'SYNOPSIS', blocks: synopsis(command, [...globals, ...command.options]) },
    { heading: 'DESCRIPTION', blocks: [command.description(), ...notes].map(sentence).map(paragraph) },
    { heading: 'COMMANDS', blocks: list(command.commands.flatMap(leaves).map((leaf) => termOfCommand(leaf))) },
    { heading: 'ARGUMENTS', blocks: list(command.registeredArguments.map((one) => termOfArgument(command, one))) },
    {
      heading: 'OPTIONS',
      blocks: list(
        options.map((option) => ({
          term: flagsOf(option.flags),
          blocks: [paragraph(sentence(help.optionDescription(option)))],
        })),
      ),
    },
    {
      heading: 'EXIT STATUS',
      blocks: list(
        Object.entries(exits).map(([status, means]) => ({
          term: [{ text: status, font: 'bold' }],
          blocks: [paragraph(sentence(means))],
        })),
      ),
    },
    {
      heading: 'ENVIRONMENT',
      blocks: list([term('MAIL_CONFIG', "Postfix's configuration directory, where -c is not given.")]),
    },
    { heading: 'FILES', blocks: list(FILES.map(([path, holds]) => term(path, sentence(holds)))) },
    {
      heading: 'EXAMPLES',
      blocks: examples.flatMap(([typed, purpose]) => [
        paragraph(`${sentence(purpose).slice(0, -1)}:`),
        { example: typed },
      ]),
    },
    { heading: 'SEE ALSO', blocks: [seeAlso(command, tree.root)] },
  ]
  return {
    name: pageName(command),
    section: SECTION,
    about: clause(command.summary() || command.description()),
    source: tree.source,
    sections: sections.filter(({ blocks }) => blocks.length > 0),
  }
}

function synopsis(command: Command, options: readonly Option[]): readonly Block[] {
  const name: Span = { text: wordsOf(command).join(' '), font: 'bold' }
  const visible = options.filter(({ hidden }) => !hidden)
  const names = [...new Set(visible.map((option) => option.attributeName()))]
  const groups = names.map((one) => visible.filter((option) => option.attributeName() === one))
  const given = groups.flatMap((alternatives): readonly Span[] => [
    { text: ' [' },
    ...alternatives.flatMap((option, at) => [...(at === 0 ? [] : [{ text: ' | ' }]), ...flagsOf(shortest(option))]),
    { text: ']' },
  ])
  const below = command.commands.length === 0 ? [] : [{ text: ' ' }, { text: 'command', font: 'italic' } as const]
  const operands = command.registeredArguments.flatMap((argument): readonly Span[] => {
    const span: Span = { text: `${argument.name()}${argument.variadic ? ' ...' : ''}`, font: 'italic' }
    return argument.required ? [{ text: ' ' }, span] : [{ text: ' [' }, span, { text: ']' }]
  })
  return [{ paragraph: [name, ...given, ...below, ...operands] }]
}

/** The flags of an option with one name only: `-c <dir>`. */
function shortest({ flags, short }: Option): string {
  return short === undefined ? flags : flags.replace(/, --[a-z-]+/, '')
}

function termOfArgument(command: Command, argument: Argument): Term {
  const text = command.createHelp().argumentDescription(argument)
  return { term: [{ text: argument.name(), font: 'italic' }], blocks: [paragraph(sentence(text))] }
}

/** The commands that do something: of a group, those in it. */
function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)
}

function termOfCommand(command: Command): Term {
  const [, ...words] = wordsOf(command)
  const text = `${sentence(command.description())} See ${pageName(command)}(${SECTION}).`
  return { term: [{ text: words.join(' '), font: 'bold' }], blocks: [paragraph(text)] }
}

function seeAlso(command: Command, root: Command): Block {
  const family = command === root ? commandsBelow(root) : [root, ...relatives(command, root)]
  const pages = family.filter((one) => one !== command).map((one) => `${pageName(one)}(${SECTION})`)
  const own = [...new Set(pages)].toSorted()
  return paragraph([...SEE_ALSO, ...own, ...(command === root ? POSTFIX : [])].join(', '))
}

/** The other commands of the same group, and the group itself. */
function relatives(command: Command, root: Command): readonly Command[] {
  const group = command.commands.length > 0 ? command : command.parent
  return group === null || group === root ? [] : [group, ...group.commands]
}

function term(name: string, text: string): Term {
  return { term: [{ text: name, font: 'bold' }], blocks: [paragraph(text)] }
}

function list(terms: readonly Term[]): readonly Block[] {
  return terms.length === 0 ? [] : [{ terms }]
}

function paragraph(text: string): Block {
  return { paragraph: spansOfText(text) }
}
