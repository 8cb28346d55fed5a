/** The text of `master-cf --help` and of each command's. */

export type Command = 'print' | 'list' | 'get' | 'set' | 'unset' | 'add' | 'remove'

const FIELDS = 'FIELD is private, unprivileged, chroot, wakeup, maxproc or command.'

const HELP: { readonly [command in Command]: { readonly usage: string; readonly text: string } } = {
  print: {
    usage: 'FILE',
    text: 'Reads the file and prints it: the same bytes, or this program has a bug.',
  },
  list: {
    usage: '[--json] FILE',
    text: `Lists the services, one a line. What is wrong with the file goes to standard error, with line and column, and the
exit status is 65 then. --json also shows what is commented out, and which entries a later one replaces.`,
  },
  get: {
    usage: '[--json] FILE SERVICE/TYPE [FIELD | -o NAME]',
    text: `Shows a service as it stands in the file, or one field, or the value of one -o option. ${FIELDS}`,
  },
  set: {
    usage: '[--dry-run] [--json] FILE SERVICE/TYPE [FIELD=VALUE...] [-o NAME=VALUE...]',
    text: `Sets fields and -o options of a service; every other byte stays. ${FIELDS}`,
  },
  unset: {
    usage: '[--dry-run] [--json] FILE SERVICE/TYPE [FIELD...] [-o NAME...]',
    text: `Takes -o options away, and sets fields to "-", Postfix's default. ${FIELDS}`,
  },
  add: {
    usage: '[--dry-run] [--json] FILE ENTRY... [-o NAME=VALUE...]',
    text: `Adds a service at the end. ENTRY is written as in the file: eight fields and arguments, in one word or several.
The same service again changes nothing; another of the same name is refused (exit status 73).

  master-cf add FILE candy-in unix n - n - - smtpd -o content_filter=`,
  },
  remove: {
    usage: '[--dry-run] [--json] [--comment-out] FILE SERVICE/TYPE...',
    text: 'Takes services out, or puts a # before their lines with --comment-out.',
  },
}

const COMMANDS = Object.keys(HELP).filter(isCommand)

const EXITS = `Exit status: 0 done, 1 no such service or option, 64 wrong usage, 65 malformed file, 73 the service is there and
differs, 74 input or output failed, 75 try again: another process has the lock or changed the file.`

export function isCommand(name: string | undefined): name is Command {
  return name !== undefined && Object.hasOwn(HELP, name)
}

export function usage(command: Command): string {
  return `usage: master-cf ${command} ${HELP[command].usage}\n`
}

export function helpOf(command: Command): string {
  const changes = usage(command).includes('--dry-run')
  const options = [
    ...(changes ? ['  --dry-run  print what would change as a unified diff, and change nothing'] : []),
    ...(command === 'print' ? [] : ['  --json     answer in JSON']),
    '  --help     this text',
  ]
  return `${usage(command)}\n${HELP[command].text}\n\n${options.join('\n')}\n\n${EXITS}\n`
}

export function help(): string {
  const lines = COMMANDS.map((command) => `  master-cf ${command} ${HELP[command].usage}`)
  return `Reads and edits Postfix's master.cf and leaves every byte alone that it wasn't asked to change.

${lines.join('\n')}

master-cf COMMAND --help says more.

${EXITS}
`
}
