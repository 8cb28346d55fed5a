/**
 * What goes wrong in mode milter, with a real Postfix: the client hears a temporary error, nobody gets anything, and the next try
 * is delivered once and whole.
 */
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, connect } from '../kit/client.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { fillDisk } from '../kit/full-disk.js'
import { signal } from '../kit/processes.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import type { Reply } from '../kit/replies.js'
import { until } from '../kit/waiting.js'

const sender = 'sender@example.com'
const recipients = ['recipient@example.net']
const body = 'what nobody may lose\r\n'.repeat(10_000)
const mail = { sender, recipients, bytes: `Subject: x\r\n\r\n${body}` }

/** Judges for as long as it is told to, and edits. */
const PATIENT = `
  writeFileSync(MARKS + '/judging', '')
  while (existsSync(MARKS + '/wait')) await new Promise((resolve) => setTimeout(resolve, 20))
  return { action: 'accept', edits: [{ add: 'X-Added', value: 'a' }, { remove: 'Subject' }] }`

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({
    mode: 'milter',
    workers: 1,
    settings: ['[spool]', 'memory = "64KiB"'],
  })
  await install(PATIENT)
})
afterAll(() => testBed.stop())

let count = 0

async function install(judge: string, policy = ''): Promise<void> {
  count += 1
  const path = join(testBed.directory, `filter-${count}.js`)
  const top = `import { existsSync, writeFileSync } from 'node:fs'\nconst MARKS = '${testBed.marks}'`
  await writeFilterFile(path, { top, judge })
  await testBed.writeFilter('50-test.toml', `filter = "${path}"\n${policy}\n`)
  await testBed.reload()
}

function isMarked(name: string): boolean {
  return readdirSync(testBed.marks).includes(name)
}

async function mark(name: string): Promise<void> {
  await testBed.postfix.run('touch', [join(testBed.marks, name)])
}

async function unmark(...names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(testBed.marks, name), { force: true })
}

async function begin(): Promise<Client> {
  const client = await connect(testBed.postfix.port)
  await client.ehlo()
  return client
}

/** The next try of the client, in a session of its own, once the service has recovered. */
async function expectDelivered(): Promise<void> {
  const reply = await until('a delivery', async () => {
    await using client = await begin()
    const answer = await client.send(mail).catch((error): Reply => error.reply)
    return answer.code === 250 && answer
  })
  expect(reply.code).toBe(250)
  await testBed.postfix.waitUntilEmpty()
  expect(testBed.sink.count).toBe(1)
  expect(testBed.sink.messages[0]?.bytes.toString()).toContain(`\r\n\r\n${body}`)
  expect(testBed.sink.messages[0]?.bytes.toString()).toMatch(/^X-Added: a\r\nReceived: /)
}

function killWorkers(): void {
  for (const pid of testBed.workers()) signal(pid, 'SIGKILL')
}

test.each<[string, (client: Client) => Promise<Reply>]>([
  [
    'before MAIL',
    async (client) => {
      killWorkers()
      return client.send(mail).catch((error) => error.reply)
    },
  ],
  [
    'after RCPT',
    async (client) => {
      await client.expect(`MAIL FROM:<${sender}>`)
      await client.expect(`RCPT TO:<${recipients[0]}>`)
      killWorkers()
      const reply = await client.command('DATA')
      return reply.code === 354 ? client.content(mail.bytes) : reply
    },
  ],
  [
    'within the message',
    async (client) => {
      await client.expect(`MAIL FROM:<${sender}>`)
      await client.expect(`RCPT TO:<${recipients[0]}>`)
      await client.expect('DATA')
      client.write(`${mail.bytes.slice(0, 100_000)}`)
      killWorkers()
      return client.content(mail.bytes.slice(100_000))
    },
  ],
  [
    'while filters judge',
    async (client) => {
      await mark('wait')
      await unmark('judging')
      const answer = client.send(mail)
      await until('judging', () => isMarked('judging'))
      killWorkers()
      const reply = await answer
      await unmark('wait')
      return reply
    },
  ],
])('a worker that is killed %s', async (_, act) => {
  testBed.sink.clear()
  await using client = await begin()
  const reply = await act(client)
  expect(reply.code).toBe(451)
  expect(testBed.sink.count).toBe(0)
  await expectDelivered()
})

test('a session goes on after a reload, with the filters that it began with; a new one has the new ones', async () => {
  testBed.sink.clear()
  await using old = await begin()
  expect((await old.send(mail)).code).toBe(250)
  await install("return { action: 'reject', text: '100 % new' }")
  expect((await old.send(mail)).code).toBe(250)
  await using client = await begin()
  const reply = await client.send(mail)
  expect(`${reply.code} ${reply.lines}`).toBe('550 5.7.1 100 % new')
  // A refusal ends no session.
  expect((await client.send(mail)).code).toBe(550)
  await install(PATIENT)
  await testBed.sink.waitFor(2)
})

test('when the service ends, a message under way is answered first, and a session without one is let go', async () => {
  testBed.sink.clear()
  await using idle = await begin()
  expect((await idle.send(mail)).code).toBe(250)
  await using busy = await begin()
  await mark('wait')
  await unmark('judging')
  const answer = busy.send(mail)
  await until('judging', () => isMarked('judging'))
  const ended = testBed.end()
  await unmark('wait')
  expect((await answer).code).toBe(250)
  await ended
  const reply = await idle.send(mail).catch((error) => error.reply)
  expect(reply.code).toBe(451)
  await testBed.start()
  await testBed.sink.waitFor(2)
  testBed.sink.clear()
  await expectDelivered()
})

test.each([
  ['spool', '', PATIENT, '452 4.3.1 content filter has no room'],
  [
    'quarantine',
    'on_reject = "quarantine"',
    "return { action: 'reject', text: 'no' }",
    '451 4.3.0 content filter unavailable',
  ],
])('a full disk for the %s', async (directory, policy, judge, expected) => {
  testBed.sink.clear()
  await install(judge, policy)
  const empty = fillDisk(testBed.pid(), join(testBed.state, directory))
  try {
    await using client = await begin()
    const reply = await client.send(mail)
    expect(`${reply.code} ${reply.lines}`).toBe(expected)
  } finally {
    empty()
  }
  expect(await testBed.quarantined()).toEqual([])
  await install(PATIENT)
  await expectDelivered()
})

test('mail from sendmail(1) that is refused is bounced, and that which is deferred waits', async () => {
  testBed.sink.clear()
  const submit = (): Promise<unknown> =>
    testBed.postfix.run('sendmail', ['-f', sender, '--', ...recipients], {
      input: `Subject: x\n\nbody\n`,
      user: 'candy',
    })
  await install("return { action: 'reject', text: 'not this' }")
  await submit()
  const bounce = await testBed.sink.waitFor((message) => message.sender === '')
  expect(bounce.recipients).toEqual([sender])
  expect(bounce.bytes.toString()).toContain('not this')
  testBed.sink.clear()
  await install("throw new Error('broken')")
  const from = (await testBed.postfix.log()).length
  await submit()
  await testBed.postfix.waitUntil('a deferral', async () =>
    (await testBed.postfix.log()).slice(from).includes('4.3.0 content filter unavailable'),
  )
  expect(testBed.sink.count).toBe(0)
  await install(PATIENT)
  // pickup(8) looks again when something new is there.
  await submit()
  const messages = await testBed.sink.waitFor(2)
  for (const { bytes } of messages) expect(bytes.toString()).toMatch(/^X-Added: a\r\nReceived: /)
})
