/** The text of `master-cf --help` and of each command's, kept as data: the manual page is made of it too. */

export type Command = 'print' | 'list' | 'get' | 'set' | 'unset' | 'add' | 'remove'

export type OptionName = 'json' | 'dry-run' | 'comment-out' | 'o'

interface CommandText {
  readonly usage: string
  /** The options that the command takes, beside `--help`. */
  readonly options: readonly OptionName[]
  readonly text: string
  readonly example: string
}

const FIELDS = 'FIELD is private, unprivileged, chroot, wakeup, maxproc or command.'

export const COMMANDS: { readonly [command in Command]: CommandText } = {
  print: {
    usage: 'FILE',
    options: [],
    text: 'Reads the file and prints it: the same bytes, or this program has a bug.',
    example: 'master-cf print master.cf | cmp - master.cf',
  },
  list: {
    usage: '[--json] FILE',
    options: ['json'],
    text: `Lists the services, one a line. What is wrong with the file goes to standard error, with line and column, and the
exit status is 65 then. --json also shows what is commented out, and which entries a later one replaces.`,
    example: 'master-cf list /etc/postfix/master.cf',
  },
  get: {
    usage: '[--json] FILE SERVICE/TYPE [FIELD | -o NAME]',
    options: ['json', 'o'],
    text: `Shows a service as it stands in the file, or one field, or the value of one -o option. ${FIELDS}`,
    example: 'master-cf get master.cf smtp/inet -o content_filter',
  },
  set: {
    usage: '[--dry-run] [--json] FILE SERVICE/TYPE [FIELD=VALUE...] [-o NAME=VALUE...]',
    options: ['dry-run', 'json', 'o'],
    text: `Sets fields and -o options of a service; every other byte stays. ${FIELDS}`,
    example: 'master-cf set --dry-run master.cf smtp/inet maxproc=50',
  },
  unset: {
    usage: '[--dry-run] [--json] FILE SERVICE/TYPE [FIELD...] [-o NAME...]',
    options: ['dry-run', 'json', 'o'],
    text: `Takes -o options away, and sets fields to "-", Postfix's default. ${FIELDS}`,
    example: 'master-cf unset master.cf smtp/inet -o content_filter',
  },
  add: {
    usage: '[--dry-run] [--json] FILE ENTRY... [-o NAME=VALUE...]',
    options: ['dry-run', 'json', 'o'],
    text: `Adds a service at the end. ENTRY is written as in the file: eight fields and arguments, in one word or several.
The same service again changes nothing; another of the same name is refused (exit status 73).`,
    example: 'master-cf add master.cf candy-in unix n - n - - smtpd -o content_filter=',
  },
  remove: {
    usage: '[--dry-run] [--json] [--comment-out] FILE SERVICE/TYPE...',
    options: ['dry-run', 'json', 'comment-out'],
    text: 'Takes services out, or puts a # before their lines with --comment-out.',
    example: 'master-cf remove --comment-out master.cf smtps/inet',
  },
}

export const OPTIONS: { readonly [name in OptionName | 'help']: { readonly flags: string; readonly text: string } } = {
  'dry-run': { flags: '--dry-run', text: 'print what would change as a unified diff, and change nothing' },
  'comment-out': { flags: '--comment-out', text: 'put a # before the lines, and leave them in the file' },
  o: {
    flags: '-o NAME=VALUE',
    text: 'an option of the service, as in the file; may be repeated where several can be given',
  },
  json: { flags: '--json', text: 'answer in JSON' },
  help: { flags: '-h, --help', text: 'print this text' },
}

export const ABOUT = "Reads and edits Postfix's master.cf and leaves every byte alone that it wasn't asked to change."

export const EXITS: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'no such service or option',
  64: 'wrong usage',
  65: 'malformed file',
  73: 'the service is there and differs',
  74: 'input or output failed',
  75: 'try again: another process has the lock or changed the file',
}

const NAMES = Object.keys(COMMANDS).filter(isCommand)

export function isCommand(name: string | undefined): name is Command {
  return name !== undefined && Object.hasOwn(COMMANDS, name)
}

export function usage(command: Command): string {
  return `usage: master-cf ${command} ${COMMANDS[command].usage}\n`
}

export function helpOf(command: Command): string {
  const { options, text, example } = COMMANDS[command]
  const lines = [...options, 'help' as const].map((name) => `  ${OPTIONS[name].flags.padEnd(15)}${OPTIONS[name].text}`)
  return `${usage(command)}\n${text}\n\n${lines.join('\n')}\n\nExample:\n  ${example}\n\n${printExits()}`
}

export function help(): string {
  const lines = NAMES.map((command) => `  master-cf ${command} ${COMMANDS[command].usage}`)
  return `${ABOUT}\n\n${lines.join('\n')}\n\nmaster-cf COMMAND --help says more.\n\n${printExits()}`
}

function printExits(): string {
  const lines = Object.entries(EXITS).map(([status, means]) => `  ${status.padEnd(4)}${means}\n`)
  return `Exit status:\n${lines.join('')}`
}
