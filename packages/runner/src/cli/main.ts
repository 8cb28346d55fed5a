/**
 * The command `candy`: parses the command line, runs the command, and prints errors as text or JSON. Each command has its own
 * file.
 */
import { setFlagsFromString } from 'node:v8'
import { Command, CommanderError } from 'commander'
import { readVersion } from '../os/version.js'
import { COMMANDS, commandIn } from './commands.js'
import {
  EX_CONFIG,
  EX_IOERR,
  EX_NOINPUT,
  EX_NOPERM,
  EX_OK,
  EX_OSERR,
  EX_SOFTWARE,
  EX_TEMPFAIL,
  EX_UNAVAILABLE,
  EX_USAGE,
  type Explanation,
  explain,
  Failure,
} from './failure.js'
import { addHelp, type HelpText } from './help-text.js'
import { withTypedInstance } from './typed-instance.js'

/** What the statuses of most commands mean; those of a command that has others are in its own help. */
const EXITS: HelpText['exits'] = {
  [EX_OK]: 'done',
  [EX_USAGE]: 'the command line is wrong',
  [EX_NOINPUT]: 'what should be read is not there',
  [EX_UNAVAILABLE]: 'refused or failed; the text says why',
  [EX_SOFTWARE]: 'a bug in candy',
  [EX_OSERR]: 'the system refused something',
  [EX_IOERR]: 'something cannot be written',
  [EX_TEMPFAIL]: 'try again later',
  [EX_NOPERM]: 'not allowed',
  [EX_CONFIG]: 'something in the configuration is wrong',
}

/** The command line with all its commands and options, or with only one command. */
export async function makeCandy(only?: string): Promise<Command> {
  const candy = new Command('candy')
    .description('Mail filters for Postfix: whatever lies in filters.d judges the mail.')
    .option('-c, --config <dir>', "Postfix's configuration directory (default: what Postfix says, or MAIL_CONFIG)")
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
  for (const [name, { group, load }] of Object.entries(COMMANDS)) {
    if (only !== undefined && only !== name) continue
    candy.commandsGroup(group)
    const add = await load()
    add(candy)
  }
  addHelp(candy, {
    notes: [
      '"candy enable --help" says more of that command, and so does candy-enable(8); each command has such a help and page.',
    ],
    examples: [
      ['candy enable --dry-run', 'what enabling would change; without --dry-run it asks first'],
      ['candy add @candy/filter-clamav', 'filter with ClamAV'],
      ['candy doctor --send', 'prove that mail gets through, and that a virus does not'],
    ],
    exits: EXITS,
  })
  return candy
}

export async function main(argv: readonly string[]): Promise<void> {
  const name = commandIn(argv.slice(2))
  if (name !== undefined && COMMANDS[name]?.isShort === true) setFlagsFromString('--no-opt')
  const candy = await makeCandy(name)
  const json = argv.includes('--json')
  for (const command of [candy, ...candy.commands, ...candy.commands.flatMap((group) => group.commands)]) {
    command.exitOverride()
    // Commander prints a usage error itself, and throws it too. With --json it must print nothing.
    command.configureOutput({ outputError: json ? () => {} : (text, write) => write(text) })
    if (!json) command.showHelpAfterError(`"${pathOf(command)} --help" says how it goes.`)
  }
  // The reader of a pipe may close it early, as in `candy list | head`. That is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EX_OK : EX_IOERR))
  try {
    assertWorkingDirectory()
    await candy.parseAsync([...argv])
  } catch (error) {
    process.exitCode = report(error, json, candy.opts<{ config?: string }>().config)
  }
}

/** A command as it is typed: `candy quarantine list`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

/**
 * Throws Failure if the working directory was deleted: no program can be started from it, and no relative path leads anywhere.
 */
function assertWorkingDirectory(): void {
  try {
    process.cwd()
  } catch {
    throw new Failure(EX_NOINPUT, 'the working directory is gone: change to another one (cd /), then try again')
  }
}

/** Prints an error, with `--json` as JSON on standard output, otherwise as text on standard error. Returns the exit status. */
function report(error: unknown, json: boolean, config: string | undefined): number {
  const usage = error instanceof CommanderError
  if (usage && error.exitCode === 0) return EX_OK
  const explanation: Explanation = usage
    ? { status: EX_USAGE, text: error.message.replace(/^error: /, '') }
    : explain(error)
  const text = withTypedInstance(explanation.text, config)
  if (json) console.log(JSON.stringify({ version: 1, error: { ...explanation, text } }))
  else if (!usage) console.error(text)
  return explanation.status
}
