/** The filter: turns clamd's answer into a verdict. It accepts no message for which clamd gave no clear answer. */
import {
  accept,
  addHeader,
  CandyError,
  type Context,
  defineFilter,
  type Filter,
  type FilterPackage,
  type HeaderEdit,
  type Host,
  type Judgement,
  printable,
  quarantine,
  reject,
  type Status,
  unscannable,
} from '@candy/sdk'
import { createClamdClient } from './clamd/client.js'
import { ClamdError, type ClamdErrorCode } from './clamd/error.js'
import { type Options, options } from './options.js'
import { createPolicy } from './policy.js'
import { scanInTime } from './scan-in-time.js'
import { Signatures } from './signatures.js'

const SCANNED = 'X-Virus-Scanned'
const STATUS = 'X-Virus-Status'

/** RFC 3463 §3.8: delivery not authorized, message refused. */
const REFUSED: Status = [7, 1]

const CODES: Readonly<Record<ClamdErrorCode, 'SCANNER_PROTOCOL' | 'SCANNER_UNREACHABLE'>> = {
  PROTOCOL: 'SCANNER_PROTOCOL',
  UNREACHABLE: 'SCANNER_UNREACHABLE',
}

/** The runner removes the sender's fields of these names, so that only this filter can claim that a message was scanned. */
export const filter: FilterPackage = defineFilter({
  api: 1,
  name: 'clamav',
  fields: [SCANNED, STATUS],
  options,
  create,
})

function create(options: Options, host: Host): Filter {
  const client = createClamdClient({
    ...options,
    passedOver: ({ error }) => host.warn('passed over', { reason: (error as Error).message }),
  })
  const signatures = new Signatures(client, options)
  const treatmentOf = createPolicy(options)

  function judgeFound(found: string, context: Context): Judgement {
    const signature = printable(found)
    const treatment = treatmentOf(found)
    context.log('found', { signature, treatment })
    switch (treatment) {
      case 'reject':
        return reject(virusFound(signature), REFUSED, scanned(`Infected (${signature})`))
      case 'quarantine':
        return quarantine(virusFound(signature), REFUSED, scanned(`Suspicious (${signature})`))
      case 'unscannable':
        return notScanned(signature)
      case 'tag':
        return accept(scanned(`Suspicious (${signature})`))
      case 'ignore':
        return accept(scanned())
    }
  }

  return {
    async judge(message, context) {
      const result = await scanInTime(client, () => message.open(), context).catch((error: unknown) => {
        throw translate(error)
      })
      if (result.kind === 'unscannable') {
        context.log('unscannable', { reason: result.text })
        return notScanned(printable(result.text))
      }
      const judgement = result.kind === 'clean' ? accept(scanned()) : judgeFound(result.name, context)
      // A virus that old signatures find is a virus, but when they find nothing, that means little.
      if (judgement.action === 'accept') await signatures.demandFresh(result.address, context)
      return judgement
    },
    // Most processes never check, and in pipe mode a process starts for each message.
    check: async (context) => (await import('./health.js')).examine(options, host.messageSizeLimit, context),
  }
}

function scanned(status?: string): HeaderEdit[] {
  return [addHeader(SCANNED, 'ClamAV'), ...(status === undefined ? [] : [addHeader(STATUS, status)])]
}

function virusFound(signature: string): string {
  return printable(`virus found: ${signature}`)
}

/** Does not add X-Virus-Scanned: the operator may have such mail delivered. */
function notScanned(reason: string): Judgement {
  const text = printable(`this message cannot be scanned for viruses: ${reason}`)
  return unscannable(text, REFUSED, [addHeader(STATUS, `Unscannable (${reason})`)])
}

function translate(error: unknown): unknown {
  return error instanceof ClamdError ? new CandyError(CODES[error.code], error.message, { cause: error }) : error
}
