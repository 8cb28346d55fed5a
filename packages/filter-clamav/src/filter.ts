/** The filter: from what clamd found to a verdict. A message about which clamd gave no clear answer is never accepted here. */
import {
  accept,
  addHeader,
  CandyError,
  type Context,
  defineFilter,
  type Filter,
  type FilterPackage,
  type HeaderEdit,
  type Judgement,
  printable,
  quarantine,
  reject,
  removeHeader,
  type Status,
} from '@candy/sdk'
import { createClamdClient, type ScanResult } from './clamd/client.js'
import { ClamdError, type ClamdErrorCode } from './clamd/error.js'
import { type Options, options } from './options.js'
import { createPolicy } from './policy.js'

const SCANNED = 'X-Virus-Scanned'
const STATUS = 'X-Virus-Status'

/** RFC 3463 §3.8: delivery not authorized, message refused. */
const REFUSED: Status = [7, 1]

const CODES: Readonly<Record<ClamdErrorCode, 'SCANNER_LIMIT' | 'SCANNER_PROTOCOL' | 'SCANNER_UNREACHABLE'>> = {
  LIMIT: 'SCANNER_LIMIT',
  PROTOCOL: 'SCANNER_PROTOCOL',
  UNREACHABLE: 'SCANNER_UNREACHABLE',
}

export const filter: FilterPackage = defineFilter({
  api: 1,
  name: 'clamav',
  fields: ['X-Virus-*'],
  options,
  create,
})

function create(options: Options): Filter {
  const client = createClamdClient(options)
  const treat = createPolicy(options)

  function judgeFound(found: string, context: Context): Judgement {
    const signature = printable(found)
    const treatment = treat(found)
    context.log('found', { signature, treatment })
    switch (treatment) {
      case 'reject':
        return reject(`virus found: ${signature}`, REFUSED)
      case 'quarantine':
        return quarantine(`virus found: ${signature}`, REFUSED)
      case 'tag':
        return accept([...scanned(), addHeader(STATUS, `Suspicious (${signature})`)])
      case 'ignore':
        return accept(scanned())
      case 'not_scanned':
        throw new CandyError('SCANNER_LIMIT', `clamd did not scan all of it: ${signature}`)
    }
  }

  return {
    async judge(message, context) {
      let result: ScanResult
      try {
        result = await client.scan(() => message.open(), context.signal)
      } catch (error) {
        throw translate(error)
      }
      return result.kind === 'clean' ? accept(scanned()) : judgeFound(result.name, context)
    },
    // Few processes ever ask; in pipe mode one starts for every message.
    check: async (context) => (await import('./health.js')).examine(options, context.signal),
  }
}

/** Whatever the sender wrote in our fields goes: only we say that we scanned. */
function scanned(): HeaderEdit[] {
  return [removeHeader(SCANNED), removeHeader(STATUS), addHeader(SCANNED, 'ClamAV')]
}

function translate(error: unknown): unknown {
  return error instanceof ClamdError ? new CandyError(CODES[error.code], error.message, { cause: error }) : error
}
