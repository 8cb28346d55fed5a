/** What all who have to do with a message get: its client, its recipients, its sender, the queue and the quarantine. */
import { connect, type Mail, SmtpError } from '../kit/client.js'
import type { Mode } from '../kit/enabled.js'
import type { Entrances } from '../kit/entrances.js'
import type { Postfix, QueueEntry } from '../kit/postfix.js'
import { bodyOf } from '../kit/unusual-mail.js'

/**
 * Where the message of a recipient is: `delivered` to them, `quarantined`, `bounced` to its sender, `waits` in the queue, or `nowhere`. Behind a
 * comma stands what came with it: the fields that filters have added, and the body where it is another; the reason; the status and the
 * text.
 */
type Place = string

export interface Effect {
  /** What the client hears in the end: `250`, or the whole of another reply, but for candy's own id. */
  readonly client: string
  readonly recipients: Readonly<Record<string, Place>>
}

/**
 * No message is tried again unless the test wants it: what a filter defers would meet the next filter, and the queue would never come to
 * rest.
 */
export const ONE_TRY = { minimal_backoff_time: '1h', maximal_backoff_time: '1h', queue_run_delay: '1h' } as const

/** Sends a message whose sender no other message has, and looks for it everywhere once it has come to rest. */
export async function effectOf(entrances: Entrances, mode: Mode, mail: Mail): Promise<Effect> {
  const { postfix, ports, sink } = entrances
  const { sender } = mail
  const client = await answerTo(ports[mode], mail)
  const waiting = await settled(postfix, sender)
  const log = waiting.length > 0 ? await postfix.log() : ''
  const kept = (await entrances.quarantined()).filter(({ record }) => record.envelope.sender === sender)
  const arrived = sink.messages.filter((message) => message.sender === sender)
  const bounces = sink.messages.filter((message) => message.sender === '' && message.recipients.includes(sender))
  const placesOf = (recipient: string): readonly Place[] => [
    ...arrived
      .filter((message) => message.recipients.includes(recipient))
      .map(({ bytes }) => ['delivered', ...fieldsOf(bytes), ...changeOf(mail, bytes)].join(', ')),
    ...kept
      .filter(({ record }) => record.envelope.recipients.includes(recipient))
      .map(({ bytes, record }) => ['quarantined', record.reason.text, ...changeOf(mail, bytes)].join(', ')),
    ...bounces.flatMap(({ bytes }) => reportsOn(recipient, bytes.toString()).map((report) => `bounced, ${report}`)),
    ...waiting
      .filter(({ recipients }) => recipients.some(({ address }) => address === recipient))
      .map((entry) => `waits, ${deferralOf(entry.queue_id, recipient, log)}`),
  ]
  const places = mail.recipients.map((one) => [one, placesOf(one).toSorted().join(' and ') || 'nowhere'])
  return { client, recipients: Object.fromEntries(places) }
}

/** Of a message to one recipient, its client's answer and its place, on two lines. */
export async function effectOfOne(entrances: Entrances, mode: Mode, mail: Mail): Promise<string> {
  const { client, recipients } = await effectOf(entrances, mode, mail)
  return [client, ...Object.values(recipients)].join('\n')
}

async function answerTo(port: number, mail: Mail): Promise<string> {
  await using client = await connect(port)
  await client.ehlo()
  const { code, lines } = await client.send(mail).catch((error: unknown) => {
    if (error instanceof SmtpError) return error.reply
    throw error
  })
  return code === 250 ? '250' : `${code} ${lines.join(' ')}`.replace(/ \(candy-\w+\)$/, '')
}

/** Waits until nothing is done with the message any more, and with its bounce; gives what waits of it. */
async function settled(postfix: Postfix, sender: string): Promise<readonly QueueEntry[]> {
  let last: string | undefined
  let entries: readonly QueueEntry[] = []
  await postfix.waitUntil(`the end of what is done with mail from ${sender}`, async () => {
    entries = (await postfix.queue()).filter(
      (entry) => entry.sender === sender || entry.recipients.some(({ address }) => address === sender),
    )
    // Twice, since postqueue(1) reads one directory after the other, and a message may move behind its back.
    const ids = entries.map(({ queue_id }) => queue_id).join()
    const isSame = ids === last
    last = ids
    return isSame && entries.every(({ queue_name }) => queue_name === 'deferred')
  })
  return entries
}

/** The fields that candy, filters and header_checks(5) have added, unfolded. */
function fieldsOf(bytes: Buffer): readonly string[] {
  const fields = bytes.toString('latin1').matchAll(/^X-(?:Candy-Status|Judged|Added|Checked): .*(?:\r\n[ \t].*)*/gm)
  return Array.from(fields, ([field]) => field.replace(/\r\n[ \t]+/g, ' '))
}

function changeOf(mail: Mail, bytes: Buffer): readonly string[] {
  const body = bodyOf(bytes)
  return body === bodyOf(mail.bytes) ? [] : [`with the body ${JSON.stringify(body)}`]
}

/** What a bounce says of a recipient (RFC 3464): the status and what the diagnostic code has beside it. */
function reportsOn(recipient: string, bounce: string): readonly string[] {
  const blocks = bounce.split('\r\n\r\n').filter((block) => block.includes(`Final-Recipient: rfc822; ${recipient}\r\n`))
  return blocks.map((block) => {
    const status = /^Status: (.*)\r$/m.exec(block)?.[1] ?? ''
    const text =
      /^Diagnostic-Code: \S+; ((?:.|\r\n )*)/m
        .exec(block)?.[1]
        ?.replace(/\r\n +/g, ' ')
        .trim() ?? ''
    return `${status} ${text.replace(`550 ${status} `, '')}`
  })
}

/** Why a message waits for a recipient: the status, and of what Postfix says the part that candy has said. */
function deferralOf(id: string, recipient: string, log: string): string {
  const [, status, text = ''] =
    new RegExp(`: ${id}: to=<${recipient}>, .* dsn=(\\S+), status=deferred \\((.*)\\)`).exec(log) ?? []
  return `${status} ${/ said: 451 \S+ (.*) \(in reply to /.exec(text)?.[1] ?? text.trim()}`
}
