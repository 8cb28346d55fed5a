/** Formats traced messages as text for people and as JSON for programs. docs/json.md documents every member of the JSON form. */
import { printable } from '@candy/sdk'
import { localTime } from '../os/local-time.js'
import type { Searched } from '../trace/scan.js'
import type { Found } from '../trace/search.js'
import type { SourceProblem } from '../trace/sources.js'
import type { TimelineEvent } from '../trace/timeline.js'
import type { TracedMessage } from '../trace/traced-message.js'
import { printTable } from './table.js'

/** Recipients that one cell names; of the others it has the number. */
const NAMED_RECIPIENTS = 10

/** One message: its envelope and what has become of it, and then its life, a line for each event. */
export function printMessage(message: TracedMessage): string {
  const { messageId, sender, recipients, queueIds, ownIds, events } = message
  const rows = events.map((event) => [
    localTime(event.time),
    event.queueId ?? '',
    event.event,
    printable(detailsOf(event, queueIds[0])),
  ])
  const head = [
    ...(messageId === undefined ? [] : [`Message-ID  ${printable(messageId)}`]),
    ...(sender === undefined ? [] : [`from        ${printable(sender) || '<>'}`]),
    ...recipients.map(({ recipient, outcome }) => `to          ${printable(recipient)}: ${outcome}`),
    ...(queueIds.length === 0 ? [] : [`queue ids   ${queueIds.join(', then ')}`]),
    ...(ownIds.length === 0 ? [] : [`candy's id  ${ownIds.join(', ')}`]),
  ]
  return [...head, '', printTable(['time', 'queue id', 'event', 'details'], rows), ...nextSteps(message)].join('\n')
}

/** Several messages, a line for each. */
export function printMessages({ messages, more }: Found): string {
  const rows = messages.map((message) => [
    localTime(message.events[0]?.time ?? 0),
    (message.queueIds.length === 0 ? message.ownIds : message.queueIds).join(' '),
    printable(message.sender ?? '') || '<>',
    printable(some(message.recipients.map(({ recipient }) => recipient))),
    outcomeOf(message),
  ])
  const table = printTable(['time', 'ids', 'from', 'to', 'outcome'], rows)
  const others = more ? ['There are older ones: --until TIME goes back to them, --limit NUMBER lists more.'] : []
  return [table, '', 'One of them whole: candy trace and one of its ids', ...others].join('\n')
}

export function toJson(query: string, { messages, more, searched }: Found, unread: readonly SourceProblem[]): object {
  return {
    version: 1,
    query,
    messages: messages.map((message) => ({
      queueIds: message.queueIds,
      ownIds: message.ownIds,
      messageId: message.messageId,
      sender: message.sender,
      outcome: outcomeOf(message),
      recipients: message.recipients,
      quarantined: message.quarantined,
      askable: message.askable,
      events: message.events.map((event) => ({ ...event, time: new Date(event.time).toISOString() })),
    })),
    more,
    searched: searched.map(({ name, from, to }) => ({ name, from: isoTime(from), to: isoTime(to) })),
    unread: unread.map(({ text }) => text),
  }
}

/** `/var/log/mail.log: 2026-11-20T00:00:01+01:00 to 2026-11-27T20:41:16+01:00`. */
export function withSpan({ name, from, to }: Searched): string {
  return from === undefined || to === undefined ? `${name}: nothing` : `${name}: ${localTime(from)} to ${localTime(to)}`
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}

/** The outcomes for its recipients, each once. */
function outcomeOf({ recipients, events }: TracedMessage): string {
  if (recipients.length > 0) return [...new Set(recipients.map(({ outcome }) => outcome))].join(', ')
  return events.some(({ event }) => event === 'queued') ? 'queued' : 'not queued'
}

/** `firstId` is the queue id that the message had first. */
function detailsOf(event: TimelineEvent, firstId: string | undefined): string {
  const { client, login, uid, size, recipients = [], relay, dsn, text = '', next } = event
  switch (event.event) {
    case 'received':
      if (client === undefined) return `by sendmail(1), from user ${uid}`
      return `from ${client}${login === undefined ? '' : `, logged in as ${login}`}`
    case 'queued':
      return `${event.queueId === firstId ? '' : 'again, '}${size} bytes`
    case 'tried again':
      return ''
    case 'judged':
      return `${event.action}${event.decidedBy === undefined ? '' : ` by ${event.decidedBy}`}: ${event.filters}`
    case 'delivered':
    case 'filtered':
    case 'deferred':
    case 'bounced':
    case 'expired':
      if (recipients.length === 0) return text
      return `${some(recipients)} via ${relay}: ${text.includes(`${dsn} `) ? text : `${dsn} ${text}`}`
    case 'notified':
      return `${text}: ${next}`
    case 'removed':
      return ''
    case 'accepted':
    case 'refused':
      return `${client === undefined ? '' : `${client}: `}${text}`
    case 'note':
      return recipients.length === 0 ? text : `${some(recipients)}: ${text}`
  }
}

function some(recipients: readonly string[]): string {
  const more = recipients.length - NAMED_RECIPIENTS
  return `${recipients.slice(0, NAMED_RECIPIENTS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function nextSteps({ quarantined, askable }: TracedMessage): readonly string[] {
  return [
    ...quarantined.map((name) => `It was quarantined: candy quarantine show ${name}`),
    ...(askable ? ['What is wrong with a scanner: candy list --ask'] : []),
  ].flatMap((line, at) => (at === 0 ? ['', line] : [line]))
}
