/**
 * The arguments of `candy pipe`, as pipe(8) expands them from master.cf. Strangers choose HELO, login and addresses, so an
 * option takes whatever stands behind its `=`, or the next word, whatever that looks like; nothing is guessed from its form.
 */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { CandyError, type Client, type Envelope } from '@candy/sdk'

export interface PipeArguments {
  readonly configDirectory: string
  /** Postfix's queue id; absent when master.cf does not pass it. */
  readonly id?: string
  readonly envelope: Envelope
  /** Whether Postfix takes mail from this host's own addresses for its own: `--own-clients=local`. */
  readonly ownClientsAreLocal?: true
}

/** Arguments with which nothing can be done; where and under which id to say so is known all the same. */
export type FaultyArguments = Omit<PipeArguments, 'envelope' | 'ownClientsAreLocal'> & { readonly fault: CandyError }

const SHORT: Readonly<Record<string, string>> = { c: 'config', f: 'sender' }

const NAMES: ReadonlySet<string> = new Set([
  ...['config', 'sender', 'id', 'own-clients'],
  ...['client-address', 'client-name', 'client-helo', 'client-protocol', 'sasl-username'],
])

/** An argument, or the value in it. `whole`: Node.js could read it as UTF-8, and replaced nothing. */
interface Word {
  readonly text: string
  readonly whole: boolean
}

interface Words {
  readonly values: ReadonlyMap<string, Word>
  readonly recipients: readonly Word[]
  readonly fault?: string
}

/**
 * Never throws: in pipe mode even wrong usage is no reason to bounce anybody's mail, and candy's own log has to say it. The
 * fault is `CONFIG` for wrong usage, `NEXT_HOP` for an address that nobody could be told. `readCommandLine` gives the bytes
 * of this process's arguments, each ended by NUL (proc(5), cmdline).
 */
export function parsePipeArguments(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  readCommandLine: () => Buffer = () => readFileSync('/proc/self/cmdline'),
): PipeArguments | FaultyArguments {
  const { values, recipients, fault } = readWords(wordsOf(argv, readCommandLine))
  const id = values.get('id')?.text
  const place = {
    configDirectory: values.get('config')?.text ?? environment.MAIL_CONFIG ?? '/etc/postfix',
    ...(known(id) && { id }),
  }
  const wrong = (text: string): FaultyArguments => ({ ...place, fault: new CandyError('CONFIG', text) })
  if (fault !== undefined) return wrong(fault)
  const sender = values.get('sender')
  const [first, ...rest] = recipients
  if (sender === undefined) return wrong('the sender is missing: --sender=SENDER')
  if (first === undefined) return wrong('the recipients are missing: -- RECIPIENT...')
  const spoilt = [sender, ...recipients].find(({ whole }) => !whole)
  if (spoilt !== undefined) {
    const text = `the address ${JSON.stringify(spoilt.text)} is not UTF-8, and pipe mode cannot carry it`
    return { ...place, fault: new CandyError('NEXT_HOP', text) }
  }
  const client = clientOf(values)
  return {
    ...place,
    ...(values.get('own-clients')?.text === 'local' && { ownClientsAreLocal: true }),
    envelope: {
      sender: sender.text,
      recipients: [first.text, ...rest.map(({ text }) => text)],
      ...(client && { client }),
    },
  }
}

/** Node.js puts U+FFFD where an argument is not UTF-8. The bytes tell whether it was there before. */
function wordsOf(argv: readonly string[], readCommandLine: () => Buffer): readonly Word[] {
  if (!argv.some((text) => text.includes('\ufffd'))) return argv.map((text) => ({ text, whole: true }))
  const bytes = readCommandLine().toString('latin1').split('\0').slice(0, -1).slice(-argv.length)
  return argv.map((text, at) => ({ text, whole: isUtf8(Buffer.from(bytes[at] ?? '\xff', 'latin1')) }))
}

function readWords(words: readonly Word[]): Words {
  const values = new Map<string, Word>()
  const recipients: Word[] = []
  const rest = words[Symbol.iterator]()
  for (const word of rest) {
    const { text, whole } = word
    if (text === '--') return { values, recipients: [...recipients, ...rest] }
    const [, long, short, value = ''] = /^(?:--([^=]*)|-(.))=?(.*)$/s.exec(text) ?? []
    const name = long ?? SHORT[short ?? '']
    if (long === undefined && short === undefined) recipients.push(word)
    else if (name === undefined || !NAMES.has(name)) {
      return { values, recipients, fault: `unknown option ${JSON.stringify(text)}` }
    } else {
      const given = text.includes('=') || value !== '' ? { text: value, whole } : rest.next().value
      if (given === undefined) return { values, recipients, fault: `${text} wants a value` }
      values.set(name, given)
    }
  }
  return { values, recipients }
}

function clientOf(values: ReadonlyMap<string, Word>): Client | undefined {
  const [address, name, helo, protocol, login] = [
    ...['client-address', 'client-name', 'client-helo', 'client-protocol', 'sasl-username'],
  ].map((key) => values.get(key)?.text)
  if (!known(address)) return undefined
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
