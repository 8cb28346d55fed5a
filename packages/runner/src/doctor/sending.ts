/**
 * `candy doctor --send`: sends a clean message, EICAR and GTUBE by SMTP and by sendmail(1), and follows each to its end: it comes
 * back out of Postfix, lies in the quarantine, is refused, or waits. What should become of it the filters say themselves,
 * when they judge the same message beforehand (`candy check`).
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { printable } from '@candy/sdk'
import { assertRunning } from '../postfix/enabling.js'
import { parameterOf } from '../postfix/instance.js'
import { DAMAGED, readPending } from '../postfix/journal.js'
import { DOMAIN } from '../postfix/proof-configuration.js'
import { queueEntries } from '../postfix/queue.js'
import { whileRouted } from '../postfix/test-route.js'
import { ailing, type Observation, unknown, urgent, well } from './finding.js'
import type { Host } from './host.js'
import type { KeptMail } from './kept-mail.js'
import { entrancesOf, type MailEntrance } from './mail-entrance.js'
import { TEST_MAILS, type TestMail } from './test-mail.js'

/** What `candy check` says of a message. */
export interface Judged {
  readonly action: 'accept' | 'refuse' | 'quarantine' | 'discard' | 'defer'
  readonly text?: string
  /** What each filter says. */
  readonly filters: readonly { readonly name: string; readonly action: string }[]
}

/** What other processes do for this with the rights of the account candy. */
export interface SendingAsCandy {
  check(message: string, recipient: string): Promise<Judged>
  /** Waits for a message in the quarantine, and removes it; undefined when none comes. */
  take(recipient: string, signal: AbortSignal): Promise<KeptMail | undefined>
}

/** Milliseconds until a message must have come to its end. */
const TIMEOUT = 120_000
/** Milliseconds after which a message that is in no queue is gone: where it should leave no trace, and where it should turn up. */
const GONE_AFTER = 5_000
const MISSED_AFTER = 30_000

export async function sendTestMails(
  host: Host,
  asCandy: SendingAsCandy,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  const { instance, journal, toml, run, candy } = host
  if (journal === undefined || journal === DAMAGED)
    return [unknown('no test message was sent: candy is not enabled', '', [candy('enable', '--yes')])]
  const { configDirectory, queueDirectory } = instance
  const paths = { configDirectory, queueDirectory, state: toml.state }
  if (readPending(paths) !== undefined)
    return [unknown('no test message was sent: a command was cut short', '', [candy('enable', '--yes')])]
  await assertRunning(instance, run)
  const observations: Observation[] = []
  await whileRouted({ instance, paths, journal }, async (received) => {
    for (const mail of TEST_MAILS) {
      const judged = await judge(host, mail, asCandy)
      if (judged.missed !== undefined) {
        observations.push(judged.missed)
        continue
      }
      for (const entrance of entrancesOf(host)) {
        signal.throwIfAborted()
        if (mail.finder !== undefined && !entrance.filtered) continue
        const wanted = mail.finder !== undefined && entrance.filtered ? judged.action : 'accept'
        observations.push(await sendOne(host, { mail, entrance, wanted, received, asCandy, signal }))
      }
    }
  })
  const unfiltered = entrancesOf(host).filter(({ filtered }) => !filtered)
  return [
    ...observations,
    ...unfiltered.map(({ name }) =>
      well(`what comes in ${name} is not filtered here: EICAR and GTUBE were not sent so`),
    ),
  ]
}

/** What should become of a message; or `missed`, the finding where no filter finds what is in it, and it is not sent. */
async function judge(
  { instance, asCandy: { filters } }: Host,
  mail: TestMail,
  { check }: SendingAsCandy,
): Promise<{ readonly action: Judged['action']; readonly missed?: Observation }> {
  const recipient = `${randomUUID()}@${DOMAIN}`
  const judged = await check(mail.print(recipient, parameterOf(instance, 'myhostname')), recipient)
  const { action } = judged
  if (mail.finder === undefined || judged.filters.some((one) => FOUND.includes(one.action))) return { action }
  const finder = (await filters()).filters.find((one) => one.package === mail.finder)
  const couldNot = judged.filters.find((one) => one.name === finder?.name)?.action === 'error'
  if (couldNot) return { action, missed: unknown(`${mail.name} was not sent: ${finder?.name} could not decide`) }
  return {
    action,
    missed:
      finder === undefined
        ? well(`${mail.name} was not sent: no filter here would find it`)
        : ailing(
            `${finder.name} does not find ${mail.name}`,
            'Its scanner is not what it should be: it may have no signatures or no rules. Look at what it says of itself above.',
            [],
          ),
  }
}

/** What sendmail(1) says to an account that authorized_submit_users does not name. */
const NOT_ALLOWED = 'is not allowed to submit mail'

const FOUND = ['reject', 'quarantine']

interface Sending {
  readonly mail: TestMail
  readonly entrance: MailEntrance
  readonly wanted: Judged['action']
  readonly received: readonly string[]
  readonly asCandy: SendingAsCandy
  readonly signal: AbortSignal
}

/** What became of a message. */
interface End {
  readonly action: Judged['action'] | 'late'
  readonly text: string
}

async function sendOne(host: Host, sending: Sending): Promise<Observation> {
  const { mail, entrance, wanted } = sending
  const name = `${mail.name} ${entrance.name}`
  const start = Date.now()
  let end: End
  try {
    end = await follow(host, sending)
  } catch (error) {
    const text = printable(error instanceof Error ? error.message : String(error))
    // As postmulti(1) sets up an instance, nobody may.
    if (text.includes(NOT_ALLOWED)) return well(`${name} was not sent: authorized_submit_users does not name root`)
    return unknown(
      `${name}: it could not be sent: ${text}`,
      `A restriction of this site may refuse mail to ${DOMAIN}, the domain of test messages.`,
    )
  }
  const seconds = ((Date.now() - start) / 1_000).toFixed(1)
  const what = `${name}: ${end.text} (${seconds} s)`
  if (end.action === wanted) return well(what)
  return urgent(
    `${what}, and should be: ${wanted}`,
    end.action === 'defer' || end.action === 'late'
      ? 'Real mail waits in the same way. Mend what the findings above name.'
      : 'What judges real mail is not what the files say; a reload may have been forgotten.',
    end.action === 'defer' || end.action === 'late' ? [] : [host.candy('reload')],
  )
}

async function follow(
  { instance, run }: Host,
  { mail, entrance, wanted, received, asCandy, signal }: Sending,
): Promise<End> {
  const recipient = `${randomUUID()}@${DOMAIN}`
  const message = mail.print(recipient, parameterOf(instance, 'myhostname'))
  const stop = new AbortController()
  let kept: KeptMail | undefined
  const taking = asCandy.take(recipient, stop.signal).then(
    (found) => {
      kept = found
    },
    () => {},
  )
  try {
    const refusal = await entrance.submit(message, recipient)
    if (refusal !== undefined) {
      return { action: refusal.startsWith('5') ? 'refuse' : 'defer', text: `Postfix answered ${printable(refusal)}` }
    }
    const goneAfter = wanted === 'refuse' || wanted === 'discard' ? GONE_AFTER : MISSED_AFTER
    let seen = Date.now()
    for (const end = Date.now() + TIMEOUT; Date.now() < end; await sleep(200, undefined, { signal })) {
      if (received.some((text) => text.includes(recipient))) {
        const whole = received.some((text) => text.includes(recipient) && text.endsWith(bodyOf(message)))
        return { action: 'accept', text: whole ? 'it came through' : 'it came through, with another body' }
      }
      if (kept !== undefined)
        return { action: 'quarantine', text: `${printable(kept.filter)} had it quarantined: ${printable(kept.text)}` }
      const entries = (await queueEntries(run)).filter(({ recipients }) =>
        recipients.some(({ address }) => address === recipient),
      )
      const reason = entries.flatMap(({ recipients }) => recipients).find((one) => one.reason !== undefined)?.reason
      if (reason !== undefined) return { action: 'defer', text: `it waits: ${printable(reason)}` }
      if (entries.length > 0) seen = Date.now()
      else if (Date.now() - seen > goneAfter) return goneAs(wanted)
    }
    return { action: 'late', text: `it has not come to an end within ${TIMEOUT / 1_000} s` }
  } finally {
    stop.abort()
    await taking
  }
}

/** A message that is refused once Postfix has it would bounce, but the null sender gets no bounce. */
function goneAs(wanted: Sending['wanted']): End {
  return wanted === 'refuse'
    ? { action: 'refuse', text: 'it left the queue refused, and its sender, who is nobody, got no bounce' }
    : { action: 'discard', text: 'it left the queue, and came nowhere' }
}

function bodyOf(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n') + 4)
}
