/**
 * The arguments of `candy pipe`, as pipe(8) expands them from master.cf. Strangers choose HELO name, login and addresses, so the
 * value of an option is whatever comes after its `=`, or the next word, also when that looks like an option.
 */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { CandyError, type Client, type Envelope } from '@candy/sdk'

export interface PipeArguments {
  readonly configDirectory: string
  /** Postfix's queue id; absent when master.cf does not pass it. */
  readonly id?: string
  readonly envelope: Envelope
  /** Whether Postfix treats mail from this host's own addresses as local: `--own-clients=local`. */
  readonly ownClientsAreLocal?: true
}

/** Arguments that cannot be used. The configuration directory and the id are known all the same, for the log. */
export type RefusedArguments = Omit<PipeArguments, 'envelope' | 'ownClientsAreLocal'> & { readonly error: CandyError }

const SHORT: Readonly<Record<string, string>> = { c: 'config', f: 'sender' }

const NAMES: ReadonlySet<string> = new Set([
  ...['config', 'sender', 'id', 'own-clients'],
  ...['client-address', 'client-name', 'client-helo', 'client-protocol', 'sasl-username'],
])

/** An argument, or the value in it. `isUtf8`: its bytes were UTF-8, so that Node.js replaced none. */
interface Word {
  readonly text: string
  readonly isUtf8: boolean
}

interface Words {
  readonly values: ReadonlyMap<string, Word>
  readonly recipients: readonly Word[]
  readonly problem?: string
}

/**
 * Never throws: in pipe mode not even wrong usage may bounce mail, and it has to be logged. The error is `CONFIG` for wrong usage,
 * `NEXT_HOP` for an address that no next hop could be given. `readCommandLine` returns the bytes of this process's arguments, each
 * ended by NUL (proc(5), cmdline).
 */
export function parsePipeArguments(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  readCommandLine: () => Buffer = () => readFileSync('/proc/self/cmdline'),
): PipeArguments | RefusedArguments {
  const { values, recipients, problem } = readWords(wordsOf(argv, readCommandLine))
  const id = values.get('id')?.text
  const common = {
    configDirectory: values.get('config')?.text ?? environment.MAIL_CONFIG ?? '/etc/postfix',
    ...(isKnown(id) && { id }),
  }
  const wrong = (text: string): RefusedArguments => ({ ...common, error: new CandyError('CONFIG', text) })
  if (problem !== undefined) return wrong(problem)
  const sender = values.get('sender')
  const [first, ...rest] = recipients
  if (sender === undefined) return wrong('the sender is missing: --sender=SENDER')
  if (first === undefined) return wrong('the recipients are missing: -- RECIPIENT...')
  const damaged = [sender, ...recipients].find((word) => !word.isUtf8)
  if (damaged !== undefined) {
    const text = `the address ${JSON.stringify(damaged.text)} is not UTF-8, and pipe mode cannot carry it`
    return { ...common, error: new CandyError('NEXT_HOP', text) }
  }
  const client = clientOf(values)
  return {
    ...common,
    ...(values.get('own-clients')?.text === 'local' && { ownClientsAreLocal: true }),
    envelope: {
      sender: sender.text,
      recipients: [first.text, ...rest.map(({ text }) => text)],
      ...(client && { client }),
    },
  }
}

/** Node.js puts U+FFFD where an argument is not UTF-8. The bytes show whether U+FFFD was in the argument itself. */
function wordsOf(argv: readonly string[], readCommandLine: () => Buffer): readonly Word[] {
  if (!argv.some((text) => text.includes('\ufffd'))) return argv.map((text) => ({ text, isUtf8: true }))
  const bytes = readCommandLine().toString('latin1').split('\0').slice(0, -1).slice(-argv.length)
  return argv.map((text, at) => ({ text, isUtf8: isUtf8(Buffer.from(bytes[at] ?? '\xff', 'latin1')) }))
}

function readWords(words: readonly Word[]): Words {
  const values = new Map<string, Word>()
  const recipients: Word[] = []
  const rest = words[Symbol.iterator]()
  for (const word of rest) {
    const { text } = word
    if (text === '--') return { values, recipients: [...recipients, ...rest] }
    const [, long, short, value = ''] = /^(?:--([^=]*)|-(.))=?(.*)$/s.exec(text) ?? []
    const name = long ?? SHORT[short ?? '']
    if (long === undefined && short === undefined) recipients.push(word)
    else if (name === undefined || !NAMES.has(name)) {
      return { values, recipients, problem: `unknown option ${JSON.stringify(text)}` }
    } else {
      const valueWord = text.includes('=') || value !== '' ? { ...word, text: value } : rest.next().value
      if (valueWord === undefined) return { values, recipients, problem: `${text} wants a value` }
      values.set(name, valueWord)
    }
  }
  return { values, recipients }
}

function clientOf(values: ReadonlyMap<string, Word>): Client | undefined {
  const [address, name, helo, protocol, login] = [
    ...['client-address', 'client-name', 'client-helo', 'client-protocol', 'sasl-username'],
  ].map((key) => values.get(key)?.text)
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
