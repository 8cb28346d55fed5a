/** Messages in real logs of each mode, and in lines of the test's own. */
import { describe, expect, test } from 'vitest'
import { eventsOf, find, type LoggedMode, log, loggedIn, logsOf, MODES, one, sourceOf } from './logs.js'

const HOST = '2026-11-27T20:41:11+00:00 mx'

/** Ids of the message with this Message-ID, in the order in which Postfix has logged them. */
function idsOf(mode: LoggedMode, messageId: string): readonly string[] {
  const lines = loggedIn(mode).mail.matchAll(/: ([0-9A-Za-z]+): message-id=<(.*)>$/gm)
  return [...lines].flatMap(([, id = '', name]) => (name === messageId ? [id] : []))
}

describe.each(MODES)('in mode %s', (mode) => {
  const accepted = `accept-${mode}@example.com`

  test('each id, the Message-ID and the recipient lead to the same message', async () => {
    const ids = idsOf(mode, accepted)
    expect(ids).toHaveLength(mode === 'smtp-before' ? 1 : 2)
    const message = await one(`<${accepted}>`, logsOf(mode))
    expect(message).toMatchObject({ queueIds: ids, sender: 'alice@example.com', messageId: `<${accepted}>` })
    expect(message.recipients.map(({ recipient, outcome }) => `${recipient} ${outcome}`)).toEqual([
      'bob@example.net delivered',
      'carol@example.net delivered',
    ])
    for (const what of [accepted, ...ids, ...message.ownIds]) expect(await one(what, logsOf(mode))).toEqual(message)
    const { messages } = await find('Carol@EXAMPLE.net', logsOf(mode))
    expect(messages).toContainEqual(message)
    expect(messages).toHaveLength(2)
  })

  test('what happened is told in the order of cause and effect', async () => {
    const message = await one(`<${accepted}>`, logsOf(mode))
    const expected =
      mode === 'smtp-before'
        ? ['received', 'judged', 'queued', 'accepted', 'delivered', 'removed']
        : ['received', 'queued', 'judged', 'queued', 'filtered', 'removed', 'delivered', 'removed']
    expect(eventsOf(message).toSorted()).toEqual(expected.toSorted())
    expect(eventsOf(message).slice(0, 4)).toEqual(expected.slice(0, 4))
    expect(message.events.find(({ event }) => event === 'judged')?.filters).toMatch(
      /^50-scan accept \d+ ms; 60-none accept \d+ ms$/,
    )
  })

  test('a rejected message is in the quarantine, or was refused to the client', async () => {
    const message = await one(`reject-${mode}@example.com`, logsOf(mode))
    const outcome = mode === 'smtp-before' ? 'refused' : 'quarantined'
    expect(message.recipients.map(({ outcome }) => outcome)).toEqual([outcome, outcome])
    expect(message.events.find(({ event }) => event === 'judged')).toMatchObject({ decidedBy: '50-scan' })
    if (mode === 'smtp-before') {
      expect(eventsOf(message)).toEqual(['judged', 'refused'])
      expect(message.queueIds).toEqual([])
    } else {
      expect(message.quarantined).toEqual([expect.stringMatching(`^20261127T\\d{6}Z-${message.queueIds[0]}$`)])
      expect(await one(message.quarantined[0] ?? '', logsOf(mode))).toEqual(message)
    }
  })

  test('a deferred message has each try, and why', async () => {
    const message = await one(`defer-${mode}@example.com`, logsOf(mode))
    expect(message.recipients).toMatchObject([{ recipient: 'bob@example.net', outcome: 'deferred' }])
    const tries = message.events.filter(({ event }) => event === 'judged')
    expect(tries.every(({ filters }) => filters?.includes('not now'))).toBe(true)
    if (mode === 'smtp-before') return
    expect(tries.length).toBeGreaterThan(2)
    expect(eventsOf(message).slice(0, 7)).toEqual([
      'received',
      'queued',
      'judged',
      'deferred',
      'tried again',
      'judged',
      'deferred',
    ])
    // Each try has opened a transaction with candy-in, of which nothing came.
    expect(message.queueIds).toHaveLength(1)
  })

  test("Postfix's log alone tells as much as it can", async () => {
    const [, mail = ''] = logsOf(mode)
    const message = await one(accepted, [mail])
    expect(message.queueIds).toEqual(idsOf(mode, accepted))
    expect(eventsOf(message)).not.toContain('judged')
    expect(message.recipients.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered'])
  })
})

test('mail from sendmail(1), of which candy is told no queue id, is found by the id that candy gives it', async () => {
  const message = await one('local-smtp@example.com', logsOf('smtp'))
  expect(message.ownIds).toEqual([expect.stringMatching(/^candy-[0-9a-f]{12}$/)])
  expect(message.queueIds).toHaveLength(2)
  expect(message.events[0]).toMatchObject({ event: 'received', uid: 0 })
  expect(eventsOf(message)).toContain('judged')
  for (const id of [...message.ownIds, ...message.queueIds]) expect(await one(id, logsOf('smtp'))).toEqual(message)
})

test('a reply counts as that of candy, on another host say, where candy has logged the same', async () => {
  const reply = '250 2.0.0 Ok: 250 bytes queued as 4jblgW2nfbzJHfY (candy-f655e101471b)'
  const [candy = '', mail = ''] = logsOf('smtp')
  expect(mail).toContain(reply)
  const remote = mail.replaceAll('relay=mx.example.test[candy/lmtp]', 'relay=192.0.2.7[192.0.2.7]:10025')
  expect((await one('4jblgW2nfbzJHfY', [candy, remote])).queueIds).toEqual(['4jblgW2GbmzJHfV', '4jblgW2nfbzJHfY'])
  const other = candy.replace(reply, reply.replace('250 bytes', '251 bytes'))
  expect((await one('4jblgW2nfbzJHfY', [other, remote])).queueIds).toEqual(['4jblgW2nfbzJHfY'])
})

test('an abandoned queue id of candy-in leads to the message for which it was opened', async () => {
  const [, mail = ''] = logsOf('smtp')
  const [, abandoned = '', of] = /: (\w+): client=.*orig_queue_id=(4jblgW243SzJHfL),/.exec(mail) ?? []
  expect(await one(abandoned, logsOf('smtp'))).toMatchObject({ queueIds: [of] })
})

test('one log of syslog has both, whatever the order of lines of one second', async () => {
  const [candy = '', mail = ''] = logsOf('smtp')
  const lines = [...mail.split('\n'), ...candy.replace(/Z candy/g, 'Z mx candy').split('\n')].filter(Boolean)
  const together = `${lines.toSorted((a, b) => (a.slice(0, 19) < b.slice(0, 19) ? -1 : 1)).join('\n')}\n`
  const message = await one('accept-smtp@example.com', logsOf('smtp'))
  expect(await one('accept-smtp@example.com', [together])).toEqual(message)
})

describe('the messages of an address', () => {
  test('are the latest ones first, as many as are asked for', async () => {
    const all = await find('alice@example.com', logsOf('smtp'))
    expect(all.messages).toHaveLength(4)
    expect(all.more).toBe(false)
    const times = all.messages.map(({ events }) => events[0]?.time ?? 0)
    expect(times).toEqual(times.toSorted((a, b) => b - a))
    const some = await find('alice@example.com', logsOf('smtp'), { limit: 2 })
    expect(some.messages).toEqual(all.messages.slice(0, 2))
    expect(some.more).toBe(true)
  })

  test("include the latest that candy has refused, whatever Postfix's log has besides", async () => {
    const [candy = '', mail = ''] = logsOf('smtp-before')
    const others = Array.from({ length: 20 }, (_, at) => [
      `smtpd[1]: ${(0xf26542100000 + at).toString(16).toUpperCase()}: client=c.example[192.0.2.1]`,
      `qmgr[1]: ${(0xf26542100000 + at).toString(16).toUpperCase()}: from=<alice@example.com>, size=1, nrcpt=1 (queue active)`,
    ])
    const before = log(...others.flat()).replaceAll('T20:', 'T19:')
    const { messages } = await find('alice@example.com', [candy, before + mail], { limit: 4 })
    expect(messages.map(({ ownIds }) => ownIds)).toContainEqual(['candy-d0d5343fc12e'])
  })

  test('can be limited to a span of time', async () => {
    const moment = Date.parse('2026-11-27T20:41:13Z')
    expect((await find('alice@example.com', logsOf('smtp'), { since: moment })).messages).toMatchObject([
      { messageId: '<defer-smtp@example.com>', recipients: [{ outcome: 'deferred' }] },
    ])
    const before = await find('defer-smtp@example.com', logsOf('smtp'), { until: moment })
    expect(before.messages[0]?.events.at(-1)?.time).toBeLessThanOrEqual(moment)
    const old = sourceOf('x', { written: moment - 1, read: () => expect.unreachable('a file that is too old') })
    expect((await find('alice@example.com', [old], { since: moment })).messages).toEqual([])
  })

  test('are found behind an alias, and before it', async () => {
    const text = log(
      'smtpd[1]: F26542105FA: client=c.example[192.0.2.1]',
      'cleanup[1]: F26542105FA: message-id=<a@example.com>',
      'qmgr[1]: F26542105FA: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
      'candy-in/smtpd[1]: F33392105FB: client=localhost[127.0.0.1], orig_queue_id=F26542105FA, orig_client=c.example[192.0.2.1]',
      'cleanup[1]: F33392105FB: message-id=<a@example.com>',
      'qmgr[1]: F33392105FB: from=<a@example.com>, size=1, nrcpt=2 (queue active)',
      'lmtp[1]: F26542105FA: to=<all@example.net>, relay=mx[candy/lmtp], delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as F33392105FB)',
      'qmgr[1]: F26542105FA: removed',
      'local[1]: F33392105FB: to=<joe@mx.example>, orig_to=<all@example.net>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to mailbox)',
      'local[1]: F33392105FB: to=<jim@mx.example>, orig_to=<all@example.net>, relay=local, delay=1, delays=0/0/0/1, dsn=5.2.2, status=bounced (mailbox full)',
      'bounce[1]: F33392105FB: sender non-delivery notification: F44442105FC',
      'qmgr[1]: F33392105FB: removed',
    )
    const message = await one('joe@mx.example', [text])
    expect(message.queueIds).toEqual(['F26542105FA', 'F33392105FB'])
    expect(message.events[0]?.event).toBe('received')
    expect(message.events.find(({ event }) => event === 'notified')?.next).toBe('F44442105FC')
    expect(message.recipients.map(({ recipient, outcome }) => `${recipient} ${outcome}`)).toEqual([
      'joe@mx.example delivered',
      'jim@mx.example bounced',
    ])
    expect(await one('all@example.net', [text])).toEqual(message)
  })

  test('include those that smtpd(8) refused', async () => {
    const text = log(
      'smtpd[1]: NOQUEUE: reject: RCPT from c.example[192.0.2.1]: 450 4.1.1 <b@example.net>: not now; from=<a@example.com> to=<b@example.net> proto=ESMTP helo=<c>',
    )
    expect(await one('b@example.net', [text])).toMatchObject({
      queueIds: [],
      recipients: [{ recipient: 'b@example.net', outcome: 'deferred' }],
      events: [{ event: 'refused', client: 'c.example[192.0.2.1]' }],
    })
  })
})

describe('a short queue id', () => {
  const life = (messageId: string): readonly string[] => [
    'smtpd[1]: F26542105FA: client=c.example[192.0.2.1]',
    `cleanup[1]: F26542105FA: message-id=<${messageId}>`,
    'qmgr[1]: F26542105FA: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
    'smtp[1]: F26542105FA: to=<b@example.net>, relay=x[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)',
    'qmgr[1]: F26542105FA: removed',
  ]

  test('that was used again is that of several messages', async () => {
    const text = log(...life('one@example.com'), ...life('two@example.com'))
    const { messages } = await find('F26542105FA', [text])
    expect(messages.map(({ messageId }) => messageId)).toEqual(['<two@example.com>', '<one@example.com>'])
    expect(messages.map(({ events }) => events.length)).toEqual([4, 4])
    expect(await one('one@example.com', [text])).toEqual(messages[1])
  })

  test('is used again by a bounce, which no client sends', async () => {
    const [, ...bounce] = life('two@example.com')
    const { messages } = await find('F26542105FA', [log(...life('one@example.com'), ...bounce)])
    expect(messages.map(({ messageId }) => messageId)).toEqual(['<two@example.com>', '<one@example.com>'])
  })

  test('that is a part of a longer word is not found in it', async () => {
    const text = log(...life('F33392105FB@example.com'), 'smtpd[1]: AF33392105FB: client=c.example[192.0.2.1]')
    expect((await find('F33392105FB', [text])).messages).toEqual([])
  })
})

test('another instance of Postfix that logs to the same place is left out', async () => {
  const text = log(
    'smtpd[1]: F26542105FA: client=c.example[192.0.2.1]',
    'qmgr[1]: F26542105FA: from=<ours@example.com>, size=1, nrcpt=1 (queue active)',
  )
  const theirs = text.replaceAll('postfix/', 'postfix-out/').replace('ours', 'theirs')
  const submission = text.replaceAll('postfix/smtpd', 'submission/smtpd')
  expect(await one('F26542105FA', [sourceOf(submission + theirs, { instance: 'postfix' })])).toMatchObject({
    sender: 'ours@example.com',
    events: [{ event: 'received' }, { event: 'queued' }],
  })
  expect(await one('F26542105FA', [sourceOf(text + theirs, { instance: 'postfix-out' })])).toMatchObject({
    sender: 'theirs@example.com',
  })
})

test('recipients with rules of their own have a queue file each, and each delivery is one', async () => {
  const text = log(
    'smtpd[1]: F26542105FA: client=c.example[192.0.2.1]',
    'qmgr[1]: F26542105FA: from=<a@example.com>, size=1, nrcpt=2 (queue active)',
    'candy-in/smtpd[1]: F33392105FB: client=localhost[127.0.0.1], orig_queue_id=F26542105FA, orig_client=c.example[192.0.2.1]',
    'qmgr[1]: F33392105FB: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
    'lmtp[1]: F26542105FA: to=<bob@example.net>, relay=mx[candy/lmtp], delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as F33392105FB)',
    'candy-in/smtpd[1]: F44442105FC: client=localhost[127.0.0.1], orig_queue_id=F26542105FA, orig_client=c.example[192.0.2.1]',
    'qmgr[1]: F44442105FC: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
    'lmtp[1]: F26542105FA: to=<carol@example.net>, relay=mx[candy/lmtp], delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as F44442105FC)',
    'local[1]: F33392105FB: to=<bob@example.net>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to mailbox)',
    'local[1]: F44442105FC: to=<carol@example.net>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to mailbox)',
  )
  for (const trail of [text, text.replaceAll('mx[candy/lmtp]', '192.0.2.7[192.0.2.7]:10025')]) {
    const message = await one('F26542105FA', [trail])
    expect(message.recipients.map(({ outcome }) => outcome)).toEqual(['delivered', 'delivered'])
    expect(eventsOf(message).filter((event) => event === 'filtered' || event === 'delivered')).toEqual([
      'filtered',
      'filtered',
      'delivered',
      'delivered',
    ])
  }
})

test('in mode milter Postfix itself delivers to the last of them', async () => {
  const text = log(
    'smtpd[1]: F26542105FA: client=c.example[192.0.2.1]',
    'candy-in/smtpd[1]: F33392105FB: client=localhost[127.0.0.1], orig_queue_id=F26542105FA, orig_client=c.example[192.0.2.1]',
    'qmgr[1]: F33392105FB: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
    'qmgr[1]: F26542105FA: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
    'local[1]: F33392105FB: to=<bob@example.net>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to mailbox)',
    'smtp[1]: F26542105FA: to=<carol@example.net>, relay=x[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)',
  )
  const message = await one('F26542105FA', [text])
  expect(message.recipients).toMatchObject([{ outcome: 'delivered' }, { outcome: 'delivered' }])
  expect(eventsOf(message)).not.toContain('filtered')
})

test('what a filter says stands before the judgement, whatever else is logged in that second', async () => {
  const text = [
    'postfix/smtpd[1]: F26542105FA: client=c.example[192.0.2.1]',
    'postfix/qmgr[1]: F26542105FA: from=<a@example.com>, size=1, nrcpt=1 (queue active)',
    'candy/serve[1]: found id=F26542105FA filter=50-clamav signature=Test treatment=reject',
    'candy/serve[1]: judged id=F26542105FA action=quarantine answer="250 2.0.0 quarantined as 20261127T204111Z-F26542105FA by 50-clamav: Test" filters="50-clamav reject 1 ms (Test)" decided_by=50-clamav message_id=<a@example.com> client=c.example[192.0.2.1] helo=c sender=a@example.com size=1 recipients=b@example.net',
    'postfix/lmtp[1]: F26542105FA: to=<b@example.net>, relay=mx[candy/lmtp], delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 quarantined as 20261127T204111Z-F26542105FA by 50-clamav: Test)',
    'postfix/qmgr[1]: F26542105FA: removed',
    'candy/quarantine[1]: quarantined message deleted name=20261127T204111Z-F26542105FA state=held id=F26542105FA',
  ]
  const message = await one('F26542105FA', [text.map((line) => `${HOST} ${line}\n`).join('')])
  expect(eventsOf(message)).toEqual(['received', 'queued', 'note', 'judged', 'filtered', 'removed', 'note'])
})

test('a message that was requeued has both of its queue ids', async () => {
  const text = log(
    'smtpd[1]: F26542105FA: client=c.example[192.0.2.1]',
    'cleanup[1]: F26542105FA: message-id=<a@example.com>',
    'postsuper[1]: F26542105FA: requeued',
    'pickup[1]: F33392105FB: uid=104 from=<a@example.com> orig_id=F26542105FA',
    'cleanup[1]: F33392105FB: message-id=<a@example.com>',
    'postsuper[1]: F33392105FB: removed',
  )
  expect(await one('F26542105FA', [text])).toMatchObject({ queueIds: ['F26542105FA', 'F33392105FB'] })
  expect(await one('F33392105FB', [text])).toEqual(await one('F26542105FA', [text]))
})
