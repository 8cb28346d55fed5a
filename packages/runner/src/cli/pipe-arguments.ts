/** The arguments of `candy pipe`, as pipe(8) expands them from master.cf. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CandyError, type Client, type Envelope } from '@candy/sdk'

export interface PipeArguments {
  readonly configDirectory: string
  /** Postfix's queue id; absent when master.cf does not pass it. */
  readonly id?: string
  readonly envelope: Envelope
}

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  sender: { type: 'string', short: 'f' },
  id: { type: 'string' },
  'client-address': { type: 'string' },
  'client-name': { type: 'string' },
  'client-helo': { type: 'string' },
  'client-protocol': { type: 'string' },
  'sasl-username': { type: 'string' },
} as const

/** Throws `CONFIG`: in pipe mode even wrong usage is no reason to bounce anybody's mail. */
export function parsePipeArguments(argv: readonly string[], environment: NodeJS.ProcessEnv): PipeArguments {
  const { values, positionals } = parse(argv)
  const [first, ...rest] = positionals
  if (values.sender === undefined) throw new CandyError('CONFIG', 'the sender is missing: -f SENDER')
  if (first === undefined) throw new CandyError('CONFIG', 'the recipients are missing: -- RECIPIENT...')
  const client = parseClient(values)
  const envelope: Envelope = { sender: values.sender, recipients: [first, ...rest], ...(client && { client }) }
  assertDecoded(envelope)
  return {
    configDirectory: values.config ?? environment.MAIL_CONFIG ?? '/etc/postfix',
    ...(known(values.id) && { id: values.id }),
    envelope,
  }
}

type Values = ReturnType<typeof parse>['values']

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new CandyError('CONFIG', error instanceof Error ? error.message : String(error))
  }
}

function parseClient(values: Values): Client | undefined {
  const address = values['client-address']
  if (!known(address)) return undefined
  const { 'client-name': name, 'client-helo': helo, 'client-protocol': protocol, 'sasl-username': login } = values
  return {
    address,
    ...(known(name) && { name }),
    ...(known(helo) && { helo }),
    ...(known(protocol) && { protocol }),
    ...(known(login) && { login }),
  }
}

/** pipe(8) expands what it does not know to nothing or to `unknown`. */
function known(value: string | undefined): value is string {
  return value !== undefined && value !== '' && value !== 'unknown'
}

/** Node.js reads arguments as UTF-8 and replaces what is not. An address that was changed so must not be written to. */
function assertDecoded(envelope: Envelope): void {
  if (!JSON.stringify(envelope).includes('\ufffd')) return
  if (!readFileSync('/proc/self/cmdline').includes(Buffer.from('\ufffd'))) {
    throw new CandyError('CONFIG', 'an address is not UTF-8; pipe mode cannot carry it')
  }
}
