/** What a failed request says about the server that was asked, and the error that is thrown when all servers have failed. */
import { CandyError, ERROR_CODES, type ErrorCode } from '../error.js'
import { printAddress, type ServiceAddress } from '../values/address.js'
import { isStarting } from './connect.js'

/**
 * `starting`: the server did not take the request and may take it in a few seconds. `failed`: another server may answer. `final`: another
 * server would fail in the same way, or the error has nothing to do with the server, as when the message cannot be read.
 */
export type FailureKind = 'starting' | 'failed' | 'final'

/** How the last request to a server failed. */
export interface ServerFailure {
  readonly address: ServiceAddress
  readonly error: unknown
}

/**
 * Classifies errors by their `code`. `SCANNER_UNREACHABLE` is `starting` where `isStarting` says so, and otherwise `failed`;
 * `SCANNER_PROTOCOL` is `failed`; every other error is `final`.
 */
export function classifyFailure(error: unknown): FailureKind {
  const code = codeOf(error)
  if (code === 'SCANNER_UNREACHABLE') return isStarting(error) ? 'starting' : 'failed'
  return code === 'SCANNER_PROTOCOL' ? 'failed' : 'final'
}

/**
 * Thrown when several servers were asked and all have failed. The message consists of the messages of all failures and names each address.
 * The code is the first one that is not `SCANNER_UNREACHABLE`, because an answer that was not understood says more than no answer; without
 * such a code it is `SCANNER_UNREACHABLE`.
 */
export class FailoverError extends CandyError {
  /** One for each server, in the order in which they were asked. */
  readonly failures: readonly ServerFailure[]

  constructor(failures: readonly ServerFailure[]) {
    super(combineCodes(failures), failures.map(printFailure).join('; '), {
      cause: new AggregateError(failures.map(({ error }) => error)),
    })
    this.name = 'FailoverError'
    this.failures = failures
  }
}

function combineCodes(failures: readonly ServerFailure[]): ErrorCode {
  const codes = failures.map(({ error }) => codeOf(error))
  return codes.find((code) => code !== undefined && code !== 'SCANNER_UNREACHABLE') ?? 'SCANNER_UNREACHABLE'
}

function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof Error && 'code' in error ? ERROR_CODES.find((code) => code === error.code) : undefined
}

function printFailure({ address, error }: ServerFailure): string {
  const message = error instanceof Error ? error.message : String(error)
  const where = printAddress(address)
  return message.includes(where) ? message : `${where}: ${message}`
}
