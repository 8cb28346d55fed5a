/** Lines of Postfix 3.7.11, and lines in which a stranger has written what looks like a part of one. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseLogLine } from '../../src/trace/log-line.js'
import { parsePostfixLine } from '../../src/trace/postfix-line.js'
import { dated, loggedIn, MODES } from './logs.js'

function eventOf(text: string) {
  return parsePostfixLine(`4jblgW1yTrzJHfH: ${text}`)?.event
}

describe('what Postfix logs', () => {
  test.each([
    ['client=localhost[127.0.0.1]', { kind: 'client', client: 'localhost[127.0.0.1]' }],
    [
      'client=unknown[2001:db8::1]:25, sasl_method=PLAIN, sasl_username=joe, sasl_sender=x',
      { kind: 'client', client: 'unknown[2001:db8::1]:25', login: 'joe' },
    ],
    [
      'client=localhost[127.0.0.1], orig_queue_id=F26542105FA, orig_client=c.example[192.0.2.1]',
      { kind: 'client', client: 'c.example[192.0.2.1]', of: 'F26542105FA' },
    ],
    ['uid=0 from=<a@example.com>', { kind: 'pickup', uid: 0, sender: 'a@example.com' }],
    ['uid=0 from=<> orig_id=F26542105FA', { kind: 'pickup', uid: 0, sender: '', of: 'F26542105FA' }],
    ['message-id=<a@example.com>', { kind: 'message-id', messageId: '<a@example.com>' }],
    ['resent-message-id=<b@example.com>', { kind: 'note', text: 'resent-message-id=<b@example.com>' }],
    ['from=<>, size=465, nrcpt=2 (queue active)', { kind: 'active', sender: '', size: 465, recipients: 2 }],
    [
      'from=<a@example.com>, status=expired, returned to sender',
      { kind: 'expired', text: 'status=expired, returned to sender' },
    ],
    ['removed', { kind: 'removed' }],
    [
      'sender non-delivery notification: F26542105FA',
      { kind: 'notification', text: 'sender non-delivery notification', queueId: 'F26542105FA' },
    ],
    [
      'host mx.example[192.0.2.1] said: 450 later',
      { kind: 'note', text: 'host mx.example[192.0.2.1] said: 450 later' },
    ],
    [
      'to=<b@example.net>, orig_to=<c@example.net>, relay=mx.example[192.0.2.9]:25, conn_use=2, delay=0.1, delays=0.05/0.02/0/0, tls=may, dsn=2.0.0, status=sent (250 (yes) kept)',
      {
        kind: 'delivery',
        recipient: 'b@example.net',
        original: 'c@example.net',
        relay: 'mx.example[192.0.2.9]:25',
        delay: 0.1,
        dsn: '2.0.0',
        status: 'sent',
        text: '250 (yes) kept',
      },
    ],
  ])('%s', (text, expected) => {
    expect(eventOf(text)).toEqual(expected)
  })

  test('a refusal, by smtpd(8), by postscreen(8) and through a proxy filter', () => {
    const reply = '550 5.1.1 <b@example.net>: Recipient address rejected: User unknown'
    expect(
      parsePostfixLine(
        `NOQUEUE: reject: RCPT from c.example[192.0.2.1]: ${reply}; from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<c>`,
      ),
    ).toEqual({
      event: {
        kind: 'answer',
        accepted: false,
        client: 'c.example[192.0.2.1]',
        text: reply,
        sender: 'a@example.com',
        recipient: 'b@example.net',
      },
    })
    expect(
      parsePostfixLine(
        'NOQUEUE: reject: RCPT from [192.0.2.1]:4711: 550 5.7.1 no; from=<a@example.com>, to=<b@example.net>, proto=ESMTP, helo=<c>',
      ),
    ).toMatchObject({ event: { client: '[192.0.2.1]:4711', recipient: 'b@example.net' } })
    expect(
      parsePostfixLine(
        'proxy-reject: END-OF-MESSAGE: 550 5.7.1 no (candy-d0d5343fc12e); from=<> to=<b@example.net> proto=ESMTP helo=<c>',
      ),
    ).toMatchObject({ event: { accepted: false, text: '550 5.7.1 no (candy-d0d5343fc12e)', sender: '' } })
  })

  test('no line of a real log about a queue id is a note, but for those that are', () => {
    const notes = MODES.flatMap((mode) => dated(loggedIn(mode).mail).split('\n')).flatMap((line) => {
      const parsed = parsePostfixLine(parseLogLine(line, Date.now())?.text ?? '')
      return parsed?.event.kind === 'note' ? [line] : []
    })
    expect(notes).toEqual([])
  })

  test.each([
    'connect from localhost[127.0.0.1]',
    'warning: 3 messages: removed',
    'statistics: max rate 1',
    'fatal: x: removed',
  ])('%s is about no message', (text) => {
    expect(parsePostfixLine(text)).toBeUndefined()
  })
})

describe('what a stranger writes', () => {
  const RESULT = ', relay=mx.example[192.0.2.9]:25, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (250 ok'

  test('a Message-ID that looks like a delivery is a Message-ID', () => {
    const messageId = `<x@example.com>, to=<b@example.net>${RESULT})`
    expect(eventOf(`message-id=${messageId}`)).toEqual({ kind: 'message-id', messageId })
  })

  test('a quoted address that looks like the rest of the line is an address', () => {
    const recipient = `"b>${RESULT})"@example.net`
    expect(
      eventOf(`to=<${recipient}>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (no route)`),
    ).toMatchObject({
      recipient,
      relay: 'none',
      status: 'deferred',
    })
  })

  test('where addresses are not quoted, a line with two ends is a note', () => {
    const line = `to=<b>${RESULT}@example.net>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (no route)`
    expect(eventOf(line)).toEqual({ kind: 'note', text: line })
  })

  test('a HELO name, or a reply that quotes one, with a second envelope makes the line unreadable', () => {
    const envelope = '; from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<c>'
    const forged = '; from=<forged@example.com> to=<forged@example.net> proto=ESMTP helo=<c>'
    for (const text of [
      `NOQUEUE: reject: RCPT from c.example[192.0.2.1]: 550 5.7.1 <c${forged}>: Helo command rejected: no${envelope}`,
      `NOQUEUE: reject: RCPT from c.example[192.0.2.1]: 550 5.7.1 no; from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<c${forged}>`,
    ]) {
      expect(parsePostfixLine(text)).toBeUndefined()
    }
  })

  test('the server of a recipient cannot write a status of its own', () => {
    const event = eventOf(`to=<b@example.net>${RESULT}, dsn=5.0.0, status=bounced (no))`)
    expect(event).toMatchObject({ status: 'sent', dsn: '2.0.0' })
  })

  test('whatever a quoted local part has, it ends where Postfix has ended it', () => {
    const local = fc.string({ unit: fc.constantFrom(...'ab >,<=()"\\[]@:;', ', relay=', 'status=sent', '>, ') })
    fc.assert(
      fc.property(local, (text) => {
        const recipient = `"${text.replace(/["\\]/g, '\\$&')}"@example.net`
        const event = eventOf(`to=<${recipient}>, relay=none, delay=1, delays=1/0/0/0, dsn=4.4.1, status=deferred (x)`)
        expect(event).toMatchObject({ kind: 'delivery', recipient, relay: 'none', status: 'deferred' })
      }),
    )
  })
})
