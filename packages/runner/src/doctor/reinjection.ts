/**
 * The services by which mail comes back to Postfix: whether the account candy reaches them, whether they offer what mail needs, and
 * whether nothing but CRLF.CRLF ends a message there (SMTP smuggling). They are tried as candy uses them, without sending a message.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { printable } from '@candy/sdk'
import { errorText } from '../os/error-text.js'
import { type Instance, parameterOf } from '../postfix/instance.js'
import { MODES, type Mode, reinjectionSocket } from '../postfix/mode.js'
import { deleteProofMessages } from '../postfix/proof.js'
import { DOMAIN } from '../postfix/proof-configuration.js'
import { SmtpClient } from '../smtp/client.js'
import { printReply } from '../smtp/reply.js'
import { type Observation, urgent, well } from './finding.js'
import type { Host } from './host.js'

/** What one of the services says. */
export interface ReinjectionView {
  readonly service: string
  /** Why there is no dialog; empty where there is one. */
  readonly failure: string
  /** The keywords of its EHLO. */
  readonly keywords: readonly string[]
  /** What it replied in the middle of a message, when it took a wrong line end for its end; empty where it did not. */
  readonly smuggled: string
}

/** Milliseconds for the whole dialog, and in which a service would answer what it takes for the end of a message. */
const TIMEOUT = 10_000
const SILENCE = 1_000

/** Line ends around a dot that are no end of a message, and that some servers take for one (RFC 5321 §4.1.1.4). */
const WRONG_ENDS = [
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r\n.\r',
  '\r.\r\n',
  '\r\n.\r\r\n',
  '\n.\r\r\n',
  '\r\n\0.\r\n',
]

/**
 * Who would get the message if it were accepted all the same, and nobody does: qmgr(8) discards mail to the address of
 * double_bounce_sender at a local domain (postconf(5)), and this host's own address in brackets is one. Where the service does not
 * take that address, the message is deleted with what a proof has left.
 */
export function recipientsOfNobody(instance: Instance): readonly string[] {
  const [first = 'all'] = parameterOf(instance, 'inet_interfaces').split(/[\s,]+/)
  const address = /^[\d.]+$/.test(first) ? first : '127.0.0.1'
  return [`${parameterOf(instance, 'double_bounce_sender')}@[${address}]`, `smuggled@${DOMAIN}`]
}

/** `recipients` are those of `recipientsOfNobody`. */
export async function lookAtReinjection(
  queueDirectory: string,
  mode: Mode,
  recipients: readonly string[],
): Promise<readonly ReinjectionView[]> {
  const modes = mode === 'smtp-before' ? (['smtp', 'smtp-before'] as const) : ([mode] as const)
  return Promise.all(
    modes.map(async (one) => {
      const service = MODES[one].reinjection
      const found = { service, failure: '', keywords: [] as string[], smuggled: '' }
      const client = SmtpClient.connect(
        { path: join(queueDirectory, reinjectionSocket(one)) },
        { signal: AbortSignal.timeout(TIMEOUT) },
      )
      try {
        const greeting = await client.reply()
        if (greeting.code !== 220) return { ...found, failure: `it greets with ${printReply(greeting)}` }
        const { extensions } = await client.ehlo('candy.invalid')
        return { ...found, keywords: [...extensions.keys()], smuggled: await smuggle(client, recipients) }
      } catch (error) {
        return { ...found, failure: errorText(error) }
      } finally {
        client.abort('nothing is sent')
      }
    }),
  )
}

/**
 * Begins a message and writes every wrong end into it. The connection is ended before the message is, so Postfix throws it away.
 * Returns the reply, if one comes, that shows that the message has ended; empty where none comes.
 */
async function smuggle(client: SmtpClient, recipients: readonly string[]): Promise<string> {
  const say = async (line: string): Promise<void> => {
    const reply = await client.command(line)
    if (reply.code >= 400) throw new Error(`it answers ${printReply(reply)} to ${line}`)
  }
  await say('MAIL FROM:<>')
  const [first, ...others] = recipients.map((recipient) => (): Promise<void> => say(`RCPT TO:<${recipient}>`))
  await others.reduce<Promise<void> | undefined>((before, next) => before?.catch(next), first?.())
  await say('DATA')
  const text = WRONG_ENDS.map((end) => `This must not end here:${end}`).join('')
  client.sendLines([Buffer.from(`Subject: nobody receives this\r\n\r\n${text}NOOP`, 'latin1')])
  const reply = await Promise.race([client.reply(), sleep(SILENCE)])
  return reply === undefined ? '' : printReply(reply)
}

/** The extensions that mail needs on its way back, with the option that each depends on. */
const NEEDED = {
  XFORWARD: 'smtpd_authorized_xforward_hosts',
  DSN: 'smtpd_discard_ehlo_keywords',
  '8BITMIME': 'smtpd_discard_ehlo_keywords',
  SMTPUTF8: 'smtpd_discard_ehlo_keywords',
} as const

const WANTED: Readonly<Record<string, string>> = {
  smtpd_authorized_xforward_hosts: '127.0.0.0/8,[::1]/128',
  smtpd_discard_ehlo_keywords: '',
}

export async function examineReinjection(host: Host): Promise<readonly Observation[]> {
  const { mode, request, view } = host
  if (mode === 'pipe' && request.reinjectsByPickup) return [well('mail comes back by sendmail(1), as candy.toml says')]
  const { reinjection } = await view()
  if (reinjection.some(({ smuggled }) => smuggled !== '')) await deleteProofMessages(host.run)
  return reinjection.map((one) => ofService(host, one))
}

function ofService(
  { instance, postfix, candy }: Host,
  { service, failure, keywords, smuggled }: ReinjectionView,
): Observation {
  const reload = postfix('postfix', 'reload')
  if (failure !== '') {
    return urgent(
      `${service} does not answer: ${printable(failure)}`,
      'Mail cannot come back from candy, and waits. Either the service is not in master.cf, or Postfix was not reloaded, or candy may not enter the directory public.',
      [candy('enable', '--yes'), reload],
    )
  }
  if (smuggled !== '') {
    const set = (name: string, value: string): string => postfix('postconf', '-P', `${service}/unix/${name}=${value}`)
    const strict = instance.known.has('smtpd_forbid_bare_newline_reject_code') ? 'normalize' : 'yes'
    return urgent(
      `${service} takes a wrong line end for the end of a message (it replied ${printable(smuggled)})`,
      'A message that a filter has rewritten could smuggle a second one past all filters.',
      instance.known.has('smtpd_forbid_bare_newline')
        ? [set('smtpd_forbid_bare_newline', strict), set('smtpd_forbid_bare_newline_exclusions', ''), reload]
        : ['apt-get update', 'apt-get install --yes postfix'],
    )
  }
  const utf8 = parameterOf(instance, 'smtputf8_enable') !== 'no'
  const missing = (Object.keys(NEEDED) as (keyof typeof NEEDED)[]).filter(
    (keyword) => !keywords.includes(keyword) && (keyword !== 'SMTPUTF8' || utf8),
  )
  if (missing.length === 0)
    return well(`${service} takes mail back, offers all that mail needs, and cannot be smuggled to`)
  const options = [...new Set(missing.map((keyword) => NEEDED[keyword]))]
  return urgent(
    `${service} does not offer ${missing.join(', ')}`,
    'Mail that needs it waits or bounces; without XFORWARD the log does not show the true client.',
    [...options.map((name) => postfix('postconf', '-P', `${service}/unix/${name}=${WANTED[name]}`)), reload],
  )
}
