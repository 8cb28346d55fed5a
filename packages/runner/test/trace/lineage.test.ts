/** Lines by which somebody means to join messages that are not one. */
import { describe, expect, test } from 'vitest'
import { eventsOf, find, log, one } from './logs.js'

const HOST = '2026-11-27T20:41:11+00:00 mx'

describe('a stranger', () => {
  const first = [
    'smtpd[1]: F26542105FA: client=c.example[192.0.2.1]',
    'cleanup[1]: F26542105FA: message-id=<a@example.com>',
    'qmgr[1]: F26542105FA: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
  ]
  const other = [
    'smtpd[1]: F33392105FB: client=d.example[192.0.2.2]',
    'cleanup[1]: F33392105FB: message-id=<b@example.com>',
    'qmgr[1]: F33392105FB: from=<b@example.com>, size=1, nrcpt=1 (queue active)',
  ]

  test('with a server that answers "queued as" joins no messages', async () => {
    const text = log(
      ...first,
      ...other,
      'smtp[1]: F26542105FA: to=<b@example.net>, relay=x[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as F33392105FB)',
    )
    expect((await one('F26542105FA', [text])).queueIds).toEqual(['F26542105FA'])
    expect((await one('F33392105FB', [text])).queueIds).toEqual(['F33392105FB'])
  })

  test('with a server that answers "quarantined as" sends nobody to the quarantine', async () => {
    const text = log(
      ...first,
      'smtp[1]: F26542105FA: to=<b@example.net>, relay=x[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 quarantined as 20261127T204111Z-X by y: z)',
    )
    expect(await one('F26542105FA', [text])).toMatchObject({ quarantined: [], recipients: [{ outcome: 'delivered' }] })
  })

  test('who takes the Message-ID of another message joins none', async () => {
    const copy = other.map((line) => line.replace('<b@example.com>', '<a@example.com>'))
    const { messages } = await find('a@example.com', [log(...first, ...copy)])
    expect(messages.map(({ queueIds }) => queueIds)).toEqual([['F33392105FB'], ['F26542105FA']])
  })

  test('who writes a line of the log into a Message-ID has written a Message-ID', async () => {
    const forged = `<a@example.com> ${HOST} postfix/qmgr[1]: F33392105FB: removed`
    const text = log(...first.map((line) => line.replace('<a@example.com>', forged)), ...other)
    expect(eventsOf(await one('F33392105FB', [text]))).toEqual(['received', 'queued'])
  })

  test('with several Message-IDs in one message has one message', async () => {
    const text = log(
      first[0] ?? '',
      first[1] ?? '',
      'cleanup[1]: F26542105FA: message-id=<c@example.com>',
      first[2] ?? '',
    )
    expect(await one('c@example.com', [text])).toEqual(await one('a@example.com', [text]))
  })

  test('cannot make two messages the former one of each other', async () => {
    const text = log(
      'smtpd[1]: F26542105FA: client=c.example[192.0.2.1], orig_queue_id=F33392105FB',
      'smtpd[1]: F33392105FB: client=c.example[192.0.2.1], orig_queue_id=F26542105FA',
    )
    expect((await find('F26542105FA', [text])).messages).toHaveLength(1)
  })
})
