/** Recipients with settings of their own in the relay: what is replied for whom, and what is sent to the next hop. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { obedient, type RelayOptions, startRelay, withRules } from './started-relay.js'

const RECIPIENTS = ['b@example.net', 'c@off.example.net', 'd@example.net']

const messageWith = (word: string) => ({
  sender: 'a@example.com',
  recipients: RECIPIENTS,
  bytes: `Subject: ${word}\r\n\r\nbody\r\n`,
})

const start = (options: RelayOptions = {}) => startRelay({ filters: [withRules(obedient)], ...options })

/** The recipients in the records of the quarantine, and the reasons. */
function quarantined(directory: string): readonly unknown[] {
  return readdirSync(directory)
    .map((name) => JSON.parse(readFileSync(join(directory, name, 'record.json'), 'utf8')))
    .map(({ envelope, reason }) => [envelope.recipients, reason.text])
}

test('each delivery is one transaction, with the recipients who get the same bytes', async () => {
  const { sink, greet, log } = await start()
  const client = await greet()
  const reply = await client.send(messageWith('add'))
  expect([reply.code, (await client.read()).code, (await client.read()).code]).toEqual([250, 250, 250])
  expect(sink.messages.map(({ recipients, bytes }) => [recipients, bytes.toString()])).toEqual([
    [['b@example.net', 'd@example.net'], 'X-Obedient: yes\r\nSubject: add\r\n\r\nbody\r\n'],
    [['c@off.example.net'], 'Subject: add\r\n\r\nbody\r\n'],
  ])
  expect(log.lines.filter(({ event }) => event === 'judged').map(({ fields }) => fields.recipients)).toEqual([
    'b@example.net, d@example.net',
    'c@off.example.net',
  ])
})

test.each([
  ['refuses a recipient', { at: 'rcpt', answer: '550 5.1.1 no such user', match: /off\.example/ }],
  ['closes the connection for good', { at: 'rcpt', answer: 'close', match: /off\.example/ }],
] as const)('a next hop that %s when it is told again harms nobody else', async (_, fault) => {
  const { sink, greet } = await start()
  const client = await greet()
  await client.expect('MAIL FROM:<a@example.com>')
  for (const recipient of RECIPIENTS) await client.expect(`RCPT TO:<${recipient}>`)
  await client.expect('DATA')
  const mend = sink.fail(fault)
  const codes = [
    (await client.content(messageWith('add').bytes)).code,
    (await client.read()).code,
    (await client.read()).code,
  ]
  expect(codes).toEqual([250, 451, 250])
  expect(sink.messages.map(({ recipients }) => recipients)).toEqual([['b@example.net', 'd@example.net']])
  mend()
  expect((await client.send({ ...messageWith('add'), recipients: ['c@off.example.net'] })).code).toBe(250)
  expect(sink.count).toBe(2)
})

test('who can be answered is, while the next hop has not answered for others yet', async () => {
  const { sink, greet } = await start()
  const client = await greet()
  await client.expect('MAIL FROM:<a@example.com>')
  for (const recipient of ['b@refuse.example.net', 'c@off.example.net']) await client.expect(`RCPT TO:<${recipient}>`)
  await client.expect('DATA')
  sink.fail({ at: 'dot', answer: 'stall' })
  expect((await client.content(messageWith('reject').bytes)).lines).toEqual([
    expect.stringMatching(/^5\.7\.1 as you wish \(candy-\w+\)$/),
  ])
  await expect(client.read(100)).rejects.toThrow()
  sink.hangUp()
})

test('with one reply for all, the message of recipients who cannot be refused alone goes into the quarantine', async () => {
  const { sink, greet, quarantine } = await start({ mode: 'smtp-before', protocol: 'smtp' })
  const client = await greet()
  expect((await client.send({ ...messageWith('reject'), recipients: ['b@refuse.example.net'] })).code).toBe(550)
  expect((await client.send(messageWith('reject'))).code).toBe(250)
  expect(sink.messages.map(({ recipients }) => recipients)).toEqual([['c@off.example.net']])
  expect(quarantined(quarantine)).toEqual([[['b@example.net', 'd@example.net'], 'as you wish']])
})

test('quarantined recipients keep their RCPT TO parameters', async () => {
  const { greet, quarantine } = await start({ mode: 'smtp-before', protocol: 'smtp' })
  const client = await greet()
  await client.expect('XFORWARD NAME=[UNAVAILABLE] ADDR=192.0.2.1 SOURCE=REMOTE')
  await client.expect('MAIL FROM:<a@example.com> BODY=8BITMIME RET=HDRS ENVID=QQ+2B314')
  for (const recipient of RECIPIENTS) {
    await client.expect(`rcpt to:<${recipient}> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;old-${recipient}`)
  }
  await client.expect('DATA')
  expect((await client.content(messageWith('reject').bytes)).code).toBe(250)
  const [name = ''] = readdirSync(quarantine)
  expect(JSON.parse(readFileSync(join(quarantine, name, 'record.json'), 'utf8'))).toMatchObject({
    mode: 'smtp-before',
    envelope: { sender: 'a@example.com', recipients: ['b@example.net', 'd@example.net'] },
    commands: {
      xforward: ['XFORWARD NAME=[UNAVAILABLE] ADDR=192.0.2.1 SOURCE=REMOTE'],
      mail: 'MAIL FROM:<a@example.com> BODY=8BITMIME RET=HDRS ENVID=QQ+2B314',
      recipients: ['b@example.net', 'd@example.net'].map(
        (recipient) => `rcpt to:<${recipient}> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;old-${recipient}`,
      ),
    },
    header: { subject: 'reject' },
  })
})

test('with one reply for all, a delivery that is refused after another was accepted goes into the quarantine', async () => {
  const { sink, greet, quarantine } = await start({ mode: 'smtp-before', protocol: 'smtp' })
  const client = await greet()
  await client.expect('MAIL FROM:<a@example.com>')
  for (const recipient of RECIPIENTS) await client.expect(`RCPT TO:<${recipient}>`)
  await client.expect('DATA')
  sink.fail({ at: 'rcpt', answer: '451 4.2.0 later', match: /off\.example/ })
  expect((await client.content(messageWith('add').bytes)).code).toBe(250)
  expect(sink.messages.map(({ recipients }) => recipients)).toEqual([['b@example.net', 'd@example.net']])
  expect(quarantined(quarantine)).toEqual([
    [['c@off.example.net'], 'the next hop took the message for other recipients and not for these'],
  ])
})

test('with one reply for all, a next hop that takes nothing has the client come again', async () => {
  const { sink, greet, quarantine } = await start({ mode: 'smtp-before', protocol: 'smtp' })
  const client = await greet()
  sink.fail({ at: 'data', answer: '451 4.3.0 later' })
  expect((await client.send(messageWith('add'))).code).toBe(451)
  expect([sink.count, quarantined(quarantine)]).toEqual([0, []])
})

test('with one reply for all, a message that the quarantine has for everybody is answered 250', async () => {
  const filter = withRules({ ...obedient, policy: { ...obedient.policy, onReject: 'quarantine' } })
  const { greet, quarantine } = await start({ mode: 'smtp-before', protocol: 'smtp', filters: [filter] })
  const client = await greet()
  const reply = await client.send({ ...messageWith('reject'), recipients: ['b@example.net', 'c@refuse.example.net'] })
  expect([reply.code, reply.lines[0]]).toEqual([250, expect.stringMatching(/^2\.0\.0 quarantined as /)])
  expect(quarantined(quarantine)).toHaveLength(2)
})
