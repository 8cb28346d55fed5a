/** `master-cf print`, `list` and `get`: the commands that do not write. */
import type { Entry } from '../entry.js'
import { MasterCfError } from '../error.js'
import { readText } from '../file.js'
import { printArgument, printSetting } from '../option.js'
import { findService, type MasterCf, parse, print } from '../parse.js'
import { isField } from './field.js'
import { done, EXIT, printJson, type Request, type Result, readKey, toByteString, UsageError } from './request.js'

/** Prints the text that the parser has kept. When it equals the file, the parser has lost no byte. */
export function runPrint({ file }: Request): Result {
  return done(print(parse(readText(file))))
}

/**
 * Prints one line for each service, as postconf -M does, but none for a service with a problem. Problems are written to
 * standard error, and the exit status is then EXIT.DATA. The JSON output has the services with problems, too, and as `disabled`
 * those that are commented out.
 */
export function runList({ file, json }: Request): Result {
  const parsed = parse(readText(file))
  const { entries, disabled: commentedOut, problems } = parsed
  const stdout = json
    ? printJson({
        version: 1,
        services: entries.map((entry) => describe(parsed, entry)),
        disabled: commentedOut.map(({ service, type, line }) => ({ service, type, line })),
        problems,
      })
    : entries
        .filter((entry) => entry.problems.length === 0)
        .map(printRow)
        .join('')
  const stderr = problems
    .map(({ line, column, message }) => `${toByteString(file)}:${line}:${column}: ${message}\n`)
    .join('')
  return { status: problems.length === 0 ? EXIT.OK : EXIT.DATA, stdout, stderr }
}

/**
 * Prints a service as the file has it, or one field of it, or the value of one option. Of several entries with the same name
 * and type the last one counts, as in Postfix.
 */
export function runGet({ file, operands, parameters, json }: Request): Result {
  const [operand, field, ...otherOperands] = operands
  const key = readKey(operand)
  const [name, ...otherNames] = parameters
  if (otherOperands.length > 0 || otherNames.length > 0 || (field !== undefined && name !== undefined)) {
    throw new UsageError('get shows one service, one FIELD of it or one -o NAME')
  }
  const parsed = parse(readText(file))
  const entry = findService(parsed, key)
  if (entry === undefined) throw new MasterCfError('SERVICE_MISSING', `no service ${key.service}/${key.type}`)
  const problem = entry.problems[0]
  if (problem !== undefined) throw new MasterCfError(problem.code, problem.message, problem)
  if (field !== undefined) {
    if (!isField(field)) throw new UsageError(`${field}: no such field; a parameter is asked for with -o NAME`)
    return done(json ? printJson(entry[field]) : `${entry[field]}\n`)
  }
  if (name !== undefined) {
    // The last -o NAME wins, as in Postfix.
    const option = entry.options.findLast((candidate) => candidate.name === name)
    if (option === undefined) {
      return { status: EXIT.MISSING, stdout: '', stderr: `${toByteString(file)}: ${operand} has no -o ${name}\n` }
    }
    return done(json ? printJson(option.value) : `${option.value}\n`)
  }
  return done(json ? printJson(describe(parsed, entry)) : entry.source)
}

/** A service for the JSON output. `shadowed`: Postfix ignores this entry, because a later one has the same name and type. */
function describe(parsed: MasterCf, entry: Entry): object {
  const { service, type, private: private_, unprivileged, chroot, wakeup, maxproc, command, flags, args, line } = entry
  return {
    service,
    type,
    private: private_,
    unprivileged,
    chroot,
    wakeup,
    maxproc,
    command,
    flags,
    options: entry.options.map(({ name, value }) => ({ name, value })),
    args,
    line,
    shadowed: findService(parsed, entry) !== entry,
    problems: entry.problems,
  }
}

function printRow(entry: Entry): string {
  const { service, type, private: private_, unprivileged, chroot, wakeup, maxproc, command } = entry
  const fields = [service.padEnd(10), type.padEnd(5)]
  for (const field of [private_, unprivileged, chroot, wakeup, maxproc]) fields.push(field.padEnd(7))
  const options = entry.options.map((option) => `-o ${printSetting(option)}`)
  return `${[...fields, command, ...entry.flags, ...options, ...entry.args.map(printArgument)].join(' ')}\n`
}
