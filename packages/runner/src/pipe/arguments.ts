/**
 * The arguments of `candy pipe`, as pipe(8) expands them from master.cf. Strangers choose HELO name, login and addresses, so the
 * value of an option is whatever comes after its `=`, or the next word, also when that looks like an option.
 */
import { readFileSync } from 'node:fs'
import { CandyError, type Client, type Envelope } from '@candy/sdk'
import type { EnvelopeBytes } from '../delivery/envelope-commands.js'

export interface PipeArguments {
  readonly configDirectory: string
  /** Postfix's queue id; absent when master.cf does not pass it. */
  readonly id?: string
  readonly envelope: Envelope
  /** The addresses of the envelope as the bytes that came. */
  readonly addresses: EnvelopeBytes
  /** Whether Postfix treats mail from this host's own addresses as local: `--own-clients=local`. */
  readonly ownClientsAreLocal?: true
}

/** Arguments that cannot be used. The configuration directory and the id are known all the same, for the log. */
export type RefusedArguments = Omit<PipeArguments, 'envelope' | 'addresses' | 'ownClientsAreLocal'> & {
  readonly error: CandyError
}

const SHORT: Readonly<Record<string, string>> = { c: 'config', f: 'sender' }

/** The names of the options. */
export const NAMES: ReadonlySet<string> = new Set([
  ...['config', 'sender', 'id', 'own-clients'],
  ...['client-address', 'client-name', 'client-helo', 'client-protocol', 'sasl-username'],
])

interface Words {
  readonly values: ReadonlyMap<string, Buffer>
  readonly recipients: readonly Buffer[]
  readonly problem?: string
}

/**
 * The arguments as the bytes that they are: Node.js puts U+FFFD where one is not UTF-8. `readCommandLine` returns the bytes of this
 * process's arguments, each ended by NUL (proc(5), cmdline).
 */
export function bytesOfArguments(
  argv: readonly string[],
  readCommandLine: () => Buffer = () => readFileSync('/proc/self/cmdline'),
): readonly Buffer[] {
  if (!argv.some((text) => text.includes('\ufffd'))) return argv.map((text) => Buffer.from(text))
  const words = readCommandLine().toString('latin1').split('\0').slice(0, -1).slice(-argv.length)
  return words.map((word) => Buffer.from(word, 'latin1'))
}

/**
 * Never throws: in pipe mode not even wrong usage may bounce mail, and it has to be logged. The error is `CONFIG`. What is not UTF-8
 * is read with U+FFFD in it, but for the bytes of the addresses.
 */
export function parsePipeArguments(
  argv: readonly Buffer[],
  environment: NodeJS.ProcessEnv,
): PipeArguments | RefusedArguments {
  const { values, recipients, problem } = readWords(argv)
  const textOf = (name: string): string | undefined => values.get(name)?.toString()
  const id = textOf('id')
  const common = {
    configDirectory: textOf('config') ?? environment.MAIL_CONFIG ?? '/etc/postfix',
    ...(isKnown(id) && { id }),
  }
  const wrong = (text: string): RefusedArguments => ({ ...common, error: new CandyError('CONFIG', text) })
  if (problem !== undefined) return wrong(problem)
  const sender = values.get('sender')
  const [first, ...rest] = recipients
  if (sender === undefined) return wrong('the sender is missing: --sender=SENDER')
  if (first === undefined) return wrong('the recipients are missing: -- RECIPIENT...')
  const client = clientOf(textOf)
  return {
    ...common,
    ...(textOf('own-clients') === 'local' && { ownClientsAreLocal: true }),
    envelope: {
      sender: sender.toString(),
      recipients: [first.toString(), ...rest.map(String)],
      ...(client && { client }),
    },
    addresses: { sender, recipients },
  }
}

function readWords(words: readonly Buffer[]): Words {
  const values = new Map<string, Buffer>()
  const recipients: Buffer[] = []
  const rest = words[Symbol.iterator]()
  for (const word of rest) {
    // One character for each byte, so that it can be cut.
    const text = word.toString('latin1')
    if (text === '--') return { values, recipients: [...recipients, ...rest] }
    const [, long, short, value = ''] = /^(?:--([^=]*)|-(.))=?(.*)$/s.exec(text) ?? []
    const name = long ?? SHORT[short ?? '']
    if (long === undefined && short === undefined) recipients.push(word)
    else if (name === undefined || !NAMES.has(name)) {
      return { values, recipients, problem: `unknown option ${JSON.stringify(word.toString())}` }
    } else {
      const isWhole = text.includes('=') || value !== ''
      const bytes = isWhole ? word.subarray(word.length - value.length) : rest.next().value
      if (bytes === undefined) return { values, recipients, problem: `${word} wants a value` }
      values.set(name, bytes)
    }
  }
  return { values, recipients }
}

function clientOf(textOf: (name: string) => string | undefined): Client | undefined {
  const [address, name, helo, protocol, login] = [
    ...['client-address', 'client-name', 'client-helo', 'client-protocol', 'sasl-username'],
  ].map(textOf)
  if (!isKnown(address)) return undefined
  return {
    address,
    ...(isKnown(name) && { name }),
    ...(isKnown(helo) && { helo }),
    ...(isKnown(protocol) && { protocol }),
    ...(isKnown(login) && { login }),
  }
}

/** pipe(8) expands what it does not know to nothing or to `unknown`. */
function isKnown(value: string | undefined): value is string {
  return value !== undefined && value !== '' && value !== 'unknown'
}
