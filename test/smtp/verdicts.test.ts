/** What becomes of a verdict, in every mode of the resident service, with a real Postfix. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliver, type Mail } from '../kit/client.js'
import { runCommand } from '../kit/command.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

const mail: Mail = {
  sender: 'sender@example.com',
  recipients: ['recipient@example.net'],
  bytes: 'Subject: x\r\n\r\nbody\r\n',
}

/** Does as the subject says. */
const OBEDIENT = `
  const action = /^Subject: (\\w+)/m.exec(Buffer.from(await message.headers()).toString())?.[1]
  if (action === 'slow') await new Promise((resolve) => setTimeout(resolve, 5000))
  if (action === 'throw') throw new Error('as you wish')
  const edits = [{ add: 'X-Judged', value: action }]
  return ['reject', 'quarantine', 'unscannable'].includes(action) ? { action, text: 'as you wish', edits } : { action: 'accept' }
`

/** Writes down what it is lent. */
const ASKING = `
  const { writeFileSync } = await import('node:fs')
  const { check, messageSizeLimit } = host
  writeFileSync(host.directory + '/lent.json', JSON.stringify({ check, messageSizeLimit, remaining: context.remaining }))
  return { action: 'accept' }
`

async function install(testBed: RelayTestBed, policy: string): Promise<void> {
  const path = join(testBed.directory, 'obedient.js')
  await writeFilterFile(path, { judge: OBEDIENT })
  await testBed.writeFilter('50-obedient.toml', `filter = "${path}"\n${policy}\n`)
  await testBed.reload()
}

/** With fields that only the filter and candy may write. */
function said(word: string): Mail {
  return { ...mail, bytes: `X-Judged: forged\r\nX-Candy-Status: forged\r\nSubject: ${word}\r\n\r\nbody\r\n` }
}

/** For free@example.net the filter is off, and what it rejects for strict@example.net is refused. */
const RULES = `
[recipients."free@example.net"]
enabled = false
[recipients."strict@example.net"]
on_reject = "refuse"
`

/** What is seen of a message from outside: delivered, with which fields of ours, quarantined, bounced, refused. */
async function fate(testBed: RelayTestBed, word: string): Promise<string> {
  const { postfix, sink } = testBed
  const from = (await postfix.log()).length
  const kept = (await testBed.quarantined()).length
  sink.clear()
  const reply = await deliver(postfix.port, said(word)).catch((error) => error.reply)
  if (reply.code >= 400) return `${reply.code} ${reply.lines.join(' ')}`.replace(/ \(candy-\w+\)$/, '')
  await postfix.waitUntil('a decision', async () =>
    /status=|proxy-accept|milter-discard/.test((await postfix.log()).slice(from)),
  )
  await postfix.waitUntilEmpty()
  const fates: string[] = []
  if ((await testBed.quarantined()).length > kept) fates.push('quarantined')
  for (const { sender, bytes } of sink.messages) {
    const fields = [...bytes.toString().matchAll(/^(?:X-Candy-Status|X-Judged): (.*)\r\n/gm)].map(([, value]) => value)
    fates.push(sender === '' ? 'bounced' : ['delivered', ...fields].join(', '))
  }
  return fates.join(' and ') || 'discarded'
}

describe('in mode smtp', () => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({ workers: 1 })
  })
  afterAll(() => testBed.stop())

  test.each([
    ['', 'reject', 'quarantined'],
    ['on_reject = "refuse"', 'reject', 'bounced'],
    ['on_reject = "discard"', 'reject', 'discarded'],
    ['on_reject = "tag"', 'reject', 'delivered, 50-obedient; reject, as you wish, reject'],
    ['', 'quarantine', 'quarantined'],
    ['on_quarantine = "refuse"', 'quarantine', 'bounced'],
    ['on_quarantine = "tag"', 'quarantine', 'delivered, 50-obedient; quarantine, as you wish, quarantine'],
    ['on_error = "accept"', 'throw', 'delivered, 50-obedient; not judged, the filter could not decide'],
    ['on_error = "quarantine"', 'throw', 'quarantined'],
    ['', 'unscannable', 'quarantined'],
    ['on_unscannable = "refuse"', 'unscannable', 'bounced'],
    ['on_unscannable = "tag"', 'unscannable', 'delivered, 50-obedient; unscannable, as you wish, unscannable'],
    ['on_unscannable = "accept"', 'unscannable', 'delivered, 50-obedient; not judged, the message is unscannable'],
    ['max_size = "1B"', 'reject', 'delivered, 50-obedient; not judged, larger than 1 bytes'],
    ['[recipients."*"]\nenabled = false', 'reject', 'delivered'],
    ['', 'fine', 'delivered'],
  ])('with %j a verdict to %s is %s', async (policy, word, expected) => {
    await install(testBed, policy)
    expect(await fate(testBed, word)).toBe(expected)
  })

  test('recipients with settings of their own have outcomes of their own', async () => {
    await install(testBed, RULES)
    const { postfix, sink } = testBed
    const from = (await postfix.log()).length
    sink.clear()
    const recipients = ['usual@example.net', 'free@example.net', 'strict@example.net']
    await deliver(postfix.port, { ...said('reject'), recipients })
    const become = [
      /to=<usual@example\.net>.* status=sent \(250 2\.0\.0 quarantined as \S+ by 50-obedient: as you wish\)/,
      /to=<free@example\.net>.* relay=\S*candy\S*,.* status=sent \(250 2\.0\.0 Ok: \d+ bytes queued as \w+\)/,
      /to=<strict@example\.net>.* status=bounced .*said: 550 5\.7\.1 as you wish/,
    ]
    await postfix.waitUntil('three outcomes', async () => {
      const log = (await postfix.log()).slice(from)
      return become.every((line) => line.test(log))
    })
    await postfix.waitUntilEmpty()
    // The other one is the bounce.
    expect(sink.messages.filter(({ sender }) => sender !== '').map((message) => message.recipients)).toEqual([
      ['free@example.net'],
    ])
    expect((await testBed.quarantined()).at(-1)?.record.envelope.recipients).toEqual(['usual@example.net'])
  })

  test('a filter learns from the service how large mail may be, and has a directory to keep things in', async () => {
    const path = join(testBed.directory, 'asking.js')
    await writeFilterFile(path, { judge: ASKING })
    await testBed.writeFilter('60-asking.toml', `filter = "${path}"\ntimeout = "30s"\n`)
    await install(testBed, '')
    expect(await fate(testBed, 'fine')).toBe('delivered')
    const lent = JSON.parse(await readFile(join(testBed.state, 'filters/60-asking/lent.json'), 'utf8'))
    const { configDirectory } = testBed.postfix
    const printed = await runCommand('postconf', ['-c', configDirectory, '-h', 'message_size_limit'])
    const limit = Number(printed.toString())
    expect(lent).toEqual({ check: false, messageSizeLimit: limit, remaining: expect.any(Number) })
    expect(lent.remaining).toBeGreaterThan(0)
    expect(lent.remaining).toBeLessThanOrEqual(30_000)
    await testBed.removeFilter('60-asking.toml')
  })

  test('mail of many recipients is refused for each', async () => {
    await install(testBed, 'on_reject = "refuse"')
    const from = (await testBed.postfix.log()).length
    await deliver(testBed.postfix.port, { ...said('reject'), recipients: ['a@example.net', 'b@example.net'] })
    await testBed.postfix.waitUntil('two bounces', async () => {
      return ((await testBed.postfix.log()).slice(from).match(/status=bounced .*as you wish/g) ?? []).length === 2
    })
  })
})

describe.each(['smtp-before', 'milter'] as const)('in mode %s', (mode) => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({
      mode,
      workers: 1,
      ...(mode === 'milter' ? { settings: ['[milter]', 'deadline = "2s"'] } : { smtp: ['deadline = "2s"'] }),
      main: {
        header_checks: 'regexp:{{/^Subject: checked/ PREPEND X-Checked: once}}',
      },
    })
  })
  afterAll(() => testBed.stop())

  test.each([
    ['', 'reject', '550 5.7.1 as you wish'],
    ['on_reject = "quarantine"', 'reject', 'quarantined'],
    ['on_reject = "discard"', 'reject', 'discarded'],
    ['on_reject = "tag"', 'reject', 'delivered, 50-obedient; reject, as you wish, reject'],
    ['', 'quarantine', 'quarantined'],
    ['on_quarantine = "refuse"', 'quarantine', '550 5.7.1 as you wish'],
    ['on_quarantine = "tag"', 'quarantine', 'delivered, 50-obedient; quarantine, as you wish, quarantine'],
    ['', 'unscannable', 'quarantined'],
    ['on_unscannable = "refuse"', 'unscannable', '550 5.7.1 as you wish'],
    ['', 'throw', '451 4.3.0 content filter unavailable'],
    ['', 'slow', '451 4.3.0 content filter unavailable'],
    ['', 'fine', 'delivered'],
  ])('with %j a verdict to %s is %s', async (policy, word, expected) => {
    await install(testBed, policy)
    expect(await fate(testBed, word)).toBe(expected)
  })

  test('of recipients who come out differently, those who cannot be refused alone are served by the quarantine', async () => {
    await install(testBed, RULES)
    const { postfix, sink } = testBed
    sink.clear()
    const kept = (await testBed.quarantined()).length
    const recipients = ['free@example.net', 'strict@example.net']
    expect((await deliver(postfix.port, { ...said('reject'), recipients })).code).toBe(250)
    await sink.waitFor(1)
    await postfix.waitUntilEmpty()
    expect(sink.messages.map((message) => message.recipients)).toEqual([['free@example.net']])
    const quarantined = await testBed.quarantined()
    expect(quarantined).toHaveLength(kept + 1)
    expect(quarantined.at(-1)?.record.envelope.recipients).toEqual(['strict@example.net'])
    expect(await fate(testBed, 'reject')).toBe('550 5.7.1 as you wish')
  })

  test('recipients who are to get other fields than the rest get a message of their own', async () => {
    await install(
      testBed,
      '[recipients."free@example.net"]\non_reject = "tag"\n[recipients."plain@example.net"]\nenabled = false',
    )
    const { postfix, sink } = testBed
    sink.clear()
    const recipients = ['plain@example.net', 'free@example.net', 'also-plain@example.net']
    const kept = (await testBed.quarantined()).length
    expect((await deliver(postfix.port, { ...said('reject'), recipients })).code).toBe(250)
    await postfix.waitUntilEmpty()
    const tagged = sink.messages.map((message) => [...message.recipients, /^X-Candy-Status/m.test(`${message.bytes}`)])
    expect(tagged.toSorted()).toEqual([
      ['free@example.net', true],
      ['plain@example.net', false],
    ])
    expect((await testBed.quarantined()).slice(kept).map(({ record }) => record.envelope.recipients)).toEqual([
      ['also-plain@example.net'],
    ])
  })

  test("the site's own header checks run, once", async () => {
    await install(testBed, '')
    testBed.sink.clear()
    await deliver(testBed.postfix.port, said('checked'))
    const [message] = await testBed.sink.waitFor(1)
    expect(message?.bytes.toString().match(/^X-Checked: once/gm)).toHaveLength(1)
  })

  test('without a runner the client gets a temporary error', async () => {
    await testBed.end()
    const reply = await deliver(testBed.postfix.port, mail).catch((error) => error.reply)
    expect(reply.code).toBe(451)
    await testBed.start()
    expect((await deliver(testBed.postfix.port, mail)).code).toBe(250)
  })
})
