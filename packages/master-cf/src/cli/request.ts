/**
 * What a command line of `master-cf` asks for, and what the command returns. As in the parser, text is Latin-1, with one
 * character for each byte.
 */
import { SERVICE_TYPES, type ServiceKey } from '../entry.js'
import type { Setting } from '../option.js'

export interface Request {
  /** A path as Node.js has it: this text alone is not Latin-1. */
  readonly file: string
  readonly operands: readonly string[]
  /** The values of `-o`, as typed: NAME=VALUE, or NAME alone for the commands `get` and `unset`. */
  readonly parameters: readonly string[]
  readonly json: boolean
  readonly dryRun: boolean
  /** Whether `remove` puts a `#` before the lines of a service and leaves them in the file. */
  readonly commentOut: boolean
}

export interface Result {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** The exit statuses: those of sysexits(3), and 1 when a service or an option does not exist. */
export const EXIT = {
  OK: 0,
  MISSING: 1,
  USAGE: 64,
  DATA: 65,
  SOFTWARE: 70,
  CANNOT_CREATE: 73,
  INPUT_OUTPUT: 74,
  TEMPORARY: 75,
} as const

/** The command line is wrong; the message says what it should have been. */
export class UsageError extends Error {}

/** The result of a command that has succeeded. */
export function done(stdout = ''): Result {
  return { status: EXIT.OK, stdout, stderr: '' }
}

/** Reads `SERVICE/TYPE`. A name may contain slashes, a type may not. */
export function readKey(operand: string | undefined): ServiceKey {
  if (operand === undefined) throw new UsageError('which service? Say SERVICE/TYPE, smtp/inet for example')
  const slash = operand.lastIndexOf('/')
  const key = { service: operand.slice(0, slash), type: operand.slice(slash + 1) }
  if (slash < 1 || !SERVICE_TYPES.some((type) => type === key.type)) {
    throw new UsageError(`${operand}: say SERVICE/TYPE, where TYPE is one of ${SERVICE_TYPES.join(', ')}`)
  }
  return key
}

/** Reads `NAME=VALUE`. */
export function readAssignment(operand: string): Setting {
  const equals = operand.indexOf('=')
  if (equals < 1) throw new UsageError(`${operand}: say NAME=VALUE`)
  return { name: operand.slice(0, equals), value: operand.slice(equals + 1) }
}

/** A value as one line of JSON. Bytes that are not UTF-8 become U+FFFD, since JSON cannot contain them. */
export function printJson(value: unknown): string {
  const decode = (_: string, item: unknown): unknown =>
    typeof item === 'string' ? Buffer.from(item, 'latin1').toString('utf8') : item
  return toByteString(`${JSON.stringify(value, decode)}\n`)
}

/** The UTF-8 bytes of a text, as a text with one character for each byte. */
export function toByteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
