/** The ways by which `candy doctor --send` has its messages come in: those that a stranger and a program of this host take. */
import { execa } from 'execa'
import { findEntrances, nameEntry, portOf } from '../postfix/entrances.js'
import { type Instance, parameterOf } from '../postfix/instance.js'
import { SmtpClient } from '../smtp/client.js'
import { printReply } from '../smtp/reply.js'
import type { Host } from './host.js'

export interface MailEntrance {
  /** For the operator: `by SMTP (smtp/inet (line 12))`. */
  readonly name: string
  /** Whether what comes in here goes to candy. */
  readonly filtered: boolean
  /** Sends a message from the null sender. Returns the reply of a server that refuses it; undefined when it was taken. */
  submit(message: string, recipient: string): Promise<string | undefined>
}

/** Milliseconds for a session. Before the queue the filters judge within it; postscreen(8) may let a client wait. */
const TIMEOUT = 120_000

export function entrancesOf({ instance, attached }: Host): readonly MailEntrance[] {
  const [receiving] = findEntrances(instance).filter(
    ({ entry }) => entry.command === 'smtpd' && isOneOf(attached, entry),
  )
  const listening = receiving && listenerOf(instance, receiving.entry)
  return [
    ...(listening === undefined
      ? []
      : [
          {
            name: `by SMTP (${nameEntry(listening)})`,
            filtered: true,
            submit: (message: string, recipient: string) =>
              submitBySmtp(addressOf(instance, listening), message, recipient),
          },
        ]),
    {
      name: 'by sendmail(1)',
      filtered: attached.some(({ command }) => command === 'pickup'),
      submit: (message, recipient) => submitBySendmail(instance, message, recipient),
    },
  ]
}

type Entry = Host['attached'][number]

function isOneOf(entries: readonly Entry[], { service, type }: Entry): boolean {
  return entries.some((one) => one.service === service && one.type === type)
}

/** The service that listens for a receiving one: itself, or postscreen(8), which hands its connections over to `smtpd pass`. */
function listenerOf({ master }: Instance, entry: Entry): Entry | undefined {
  return entry.type === 'inet' ? entry : master.entries.find(({ command }) => command === 'postscreen')
}

/** Where the service listens: the address in its name, or the first of inet_interfaces, or this host itself. */
function addressOf(instance: Instance, { service }: Entry): { readonly host: string; readonly port: number } {
  const [, own] = /^\[?([^\]]*)\]?:[^:]*$/.exec(service) ?? []
  const [first = 'all'] = parameterOf(instance, 'inet_interfaces').split(/[\s,]+/)
  const interfaces = ['all', 'loopback-only', 'localhost'].includes(first) ? '127.0.0.1' : first.replace(/[[\]]/g, '')
  const port = portOf({ service })
  return { host: own === undefined || own === '' ? interfaces : own, port: PORTS[port] ?? Number(port) }
}

/** Ports by the names that services(5) has for them. */
const PORTS: Readonly<Record<string, number>> = { smtp: 25, submission: 587, submissions: 465, smtps: 465 }

async function submitBySmtp(
  address: { readonly host: string; readonly port: number },
  message: string,
  recipient: string,
): Promise<string | undefined> {
  const client = SmtpClient.connect(address, { signal: AbortSignal.timeout(TIMEOUT) })
  try {
    const greeting = await client.reply()
    if (greeting.code !== 220) throw new Error(`Postfix greets with ${printReply(greeting)}`)
    for (const line of ['EHLO candy.invalid', 'MAIL FROM:<>', `RCPT TO:<${recipient}>`, 'DATA']) {
      const reply = await client.command(line)
      if (reply.code >= 400) throw new Error(`Postfix answers ${printReply(reply)} to ${line}`)
    }
    const finish = await client.data(bytesOf(message))
    const reply = await finish()
    return reply.code === 250 ? undefined : printReply(reply)
  } finally {
    client.close()
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text, 'latin1')
}

async function submitBySendmail(instance: Instance, message: string, recipient: string): Promise<undefined> {
  const words = ['-C', instance.configDirectory, '-i', '-f', '<>', '--', recipient]
  const input = message.replaceAll('\r\n', '\n')
  await execa(parameterOf(instance, 'sendmail_path'), words, { input, cwd: '/' })
  return undefined
}
