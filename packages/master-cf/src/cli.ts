/**
 * The command `master-cf`: reads arguments, and returns text and an exit status of sysexits(3).
 *
 * Only `main` uses the streams and the exit status of the process, so that a test can call everything else.
 */
import { parseArgs } from 'node:util'
import { COMMANDS, type Command, help, helpOf, isCommand, type OptionName, usage } from './cli/help.js'
import { runGet, runList, runPrint } from './cli/read.js'
import { done, EXIT, type Request, type Result, toByteString, UsageError } from './cli/request.js'
import { runAdd, runRemove, runSet, runUnset } from './cli/write.js'
import { type ErrorCode, MasterCfError } from './error.js'

const RUN: { readonly [command in Command]: (request: Request) => Result } = {
  print: runPrint,
  list: runList,
  get: runGet,
  set: runSet,
  unset: runUnset,
  add: runAdd,
  remove: runRemove,
}

/** Runs one command line, without the program's name. Output is Latin-1 text, one character a byte. */
export function run(argv: readonly string[]): Result {
  const [command, ...rest] = argv
  if (command === '--help' || command === '-h' || command === 'help') return done(help())
  if (!isCommand(command)) {
    const stderr = command === undefined ? help() : `master-cf: no command ${toByteString(command)}\n${help()}`
    return { status: EXIT.USAGE, stdout: '', stderr }
  }
  let file = ''
  try {
    const request = readRequest(command, rest)
    if (request === undefined) return done(helpOf(command))
    file = toByteString(request.file)
    return RUN[command](request)
  } catch (error) {
    return explain(command, file, error)
  }
}

/** Runs the process's own command line. */
export function main(): void {
  const { status, stdout, stderr } = run(process.argv.slice(2))
  // A program that stops reading the output, such as head, has all that it wants.
  process.stdout.on('error', () => process.exit(status))
  process.stdout.write(Buffer.from(stdout, 'latin1'))
  process.stderr.write(Buffer.from(stderr, 'latin1'))
  process.exitCode = status
}

function readRequest(command: Command, args: readonly string[]): Request | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      'comment-out': { type: 'boolean', default: false },
      o: { type: 'string', short: 'o', multiple: true, default: [] },
    },
  })
  if (values.help) return undefined
  const given: { readonly [name in OptionName]: unknown } = {
    json: values.json,
    'dry-run': values['dry-run'],
    'comment-out': values['comment-out'],
    o: values.o[0],
  }
  const known: readonly string[] = COMMANDS[command].options
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== false && !known.includes(name)) {
      throw new UsageError(`${command} takes no ${name.length === 1 ? '-' : '--'}${name}`)
    }
  }
  const [file, ...operands] = positionals
  if (file === undefined) throw new UsageError('which FILE?')
  if (operands.length > 0 && (command === 'print' || command === 'list')) {
    throw new UsageError(`${command} takes one FILE`)
  }
  return {
    file,
    operands: operands.map(toByteString),
    parameters: values.o.map(toByteString),
    json: values.json,
    dryRun: values['dry-run'],
    commentOut: values['comment-out'],
  }
}

function explain(command: Command, file: string, error: unknown): Result {
  if (error instanceof UsageError || isParseArgsError(error)) {
    return { status: EXIT.USAGE, stdout: '', stderr: `master-cf: ${error.message}\n${usage(command)}` }
  }
  if (error instanceof MasterCfError) {
    const place = error.line === undefined ? file : `${file}:${error.line}:${error.column}`
    // A message about the file as a whole (FILE_LOCKED, FILE_CHANGED) begins with its path.
    const text = error.message.startsWith(file) ? error.message : `${place}: ${error.message}`
    return { status: exitOf(error.code), stdout: '', stderr: `${text}\n` }
  }
  // The errors of the file system are plain Errors in Node.js. Any other class, TypeError for example, is a bug of this program.
  const isBug = !(error instanceof Error) || error.name !== 'Error'
  const text = error instanceof Error ? (isBug ? error.stack : error.message) : String(error)
  return {
    status: isBug ? EXIT.SOFTWARE : EXIT.INPUT_OUTPUT,
    stdout: '',
    stderr: `master-cf: ${toByteString(`${text}`)}\n`,
  }
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

function exitOf(code: ErrorCode): number {
  switch (code) {
    case 'SERVICE_MISSING':
      return EXIT.MISSING
    case 'BAD_VALUE':
      return EXIT.USAGE
    case 'SERVICE_EXISTS':
      return EXIT.CANNOT_CREATE
    case 'FILE_CHANGED':
    case 'FILE_LOCKED':
      return EXIT.TEMPORARY
    case 'OVERLAPPING_EDITS':
      return EXIT.SOFTWARE
    default:
      return EXIT.DATA
  }
}
