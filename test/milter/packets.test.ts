/**
 * What becomes of a message when the worker is killed after any packet of its conversation with Postfix, or within one; and what the
 * packets are for by which candy says that it is at work. A proxy between smtpd(8) and the worker passes the packets on one after the other.
 */
import { readdirSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, deliver, SmtpError } from '../kit/client.js'
import { type FilterFile, writeFilterFile } from '../kit/filter-file.js'
import { type PacketProxy, type Passage, startPacketProxy } from '../kit/packet-proxy.js'
import { signal } from '../kit/processes.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import type { Reply } from '../kit/replies.js'
import { until } from '../kit/waiting.js'

const sender = 'sender@example.com'
const recipients = ['a@example.net', 'b@example.net']

/** A header that is to be changed, and a body of several packets. */
function mail(subject: string): string {
  return `Subject: ${subject}\r\nX-Old: 1\r\nX-Kept: 1\r\n\r\n${'what nobody may lose\r\n'.repeat(3_500)}`
}

/** Adds a field on top, changes one, removes one, adds one below, and writes a body that takes several packets as well. */
const EDITING: FilterFile = {
  rewrites: true,
  judge: String.raw`
    const chunks = []
    for await (const chunk of message.open()) chunks.push(chunk)
    const header = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n', 1)[0]
      .replace('Subject: ', 'Subject: edited ').replace('\r\nX-Old: 1', '')
    const content = Buffer.from(header + '\r\nX-Below: 1\r\n\r\n' + 'what the filter has written\r\n'.repeat(2_500))
    return { action: 'accept', edits: [{ add: 'X-Added', value: '1' }], content: async function* () { yield content } }`,
}

/** What arrives of `mail(subject)`, without the Received that has the number of Postfix's queue file. */
function edited(subject: string): string {
  const header = ['X-Added: 1', `Subject: edited ${subject}`, 'X-Kept: 1', 'X-Below: 1']
  return `${header.join('\r\n')}\r\n\r\n${'what the filter has written\r\n'.repeat(2_500)}`
}

let testBed: RelayTestBed
let proxy: PacketProxy
beforeAll(async () => {
  testBed = await startRelay({ mode: 'milter', workers: 1, main: { local_header_rewrite_clients: '' } })
  proxy = await startPacketProxy(join(testBed.postfix.queueDirectory, 'candy/milter'))
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await testBed.stop()
})

async function install(file: FilterFile, policy = ''): Promise<void> {
  const path = join(testBed.directory, `filter-${Date.now()}.js`)
  await writeFilterFile(path, file)
  await testBed.writeFilter('50-test.toml', `filter = "${path}"\n${policy}\n`)
  await testBed.reload()
}

/** One try of a client. Returns the reply that ends it, which is the one to the message if it comes to that. */
async function attempt(bytes: string): Promise<Reply> {
  await using client = await connect(testBed.postfix.port)
  try {
    await client.ehlo()
    return await client.send({ sender, recipients, bytes })
  } catch (error) {
    if (error instanceof SmtpError) return error.reply
    throw error
  }
}

/** A try whose packets have this passage, once it has begun. smtpd(8) connects to the milter before it greets its client. */
async function begin(bytes: string, passage: Passage) {
  const connected = proxy.next(passage)
  const reply = attempt(bytes)
  return { reply, ...(await connected) }
}

function killWorkers(): void {
  for (const pid of testBed.workers()) signal(pid, 'SIGKILL')
}

/** All that arrived, without Received. */
function arrived(): readonly string[] {
  const texts = testBed.sink.messages.map(({ bytes }) => bytes.toString('latin1'))
  return texts.map((text) => text.replaceAll(/^Received: .*\r\n(?:[ \t].*\r\n)*/gm, '')).toSorted()
}

test('a worker that is killed after any packet, or within one: nothing is delivered, and the next try is whole', async () => {
  await install(EDITING)
  testBed.sink.clear()
  const whole = await begin(mail('all packets'), {})
  expect((await whole.reply).code).toBe(250)
  // Postfix ends its part of the conversation when it has the answer.
  const conversation = whole.passed().replace(/a.*/, 'a')
  expect(conversation).toMatch(/^Oo(?:D[CHMR])+D(?:DL)+(?:DB)+DEm+hib{2,}a$/)
  const passages = Array.from(conversation, (_, packets) => [{ packets }, { packets, half: true }]).flat()
  // At the same time, and any of them with any of the passages.
  const tries = await Promise.all(passages.map((passage, index) => begin(mail(`${index}`), passage)))
  await Promise.all(tries.map(({ stopped }) => stopped))
  // When this one is answered, the worker has read what was sent to it before.
  await deliver(testBed.postfix.port, { sender, recipients, bytes: mail('all again') })
  killWorkers()
  for (const { reply } of tries) expect(await reply).toMatchObject({ code: 451 })
  await testBed.postfix.waitUntilEmpty()
  expect(arrived()).toEqual(['all again', 'all packets'].map(edited))
  testBed.sink.clear()
  const again = passages.map((_, index) => attempt(mail(`${index}`)))
  for (const reply of again) expect((await reply).code).toBe(250)
  await testBed.postfix.waitUntilEmpty()
  expect(arrived()).toEqual(passages.map((_, index) => edited(`${index}`)).toSorted())
})

test('a worker that is killed when the quarantine has the message, and has not said so: with the next try it is there twice', async () => {
  await install({ judge: "return { action: 'reject', text: 'no' }" }, 'on_reject = "quarantine"')
  testBed.sink.clear()
  const whole = await begin(mail('x'), {})
  expect((await whole.reply).code).toBe(250)
  expect(whole.passed()).toMatch(/DEd/)
  const unanswered = await begin(mail('y'), { packets: whole.passed().indexOf('d') })
  await unanswered.stopped
  killWorkers()
  expect((await unanswered.reply).code).toBe(451)
  expect((await attempt(mail('y'))).code).toBe(250)
  const kept = (await testBed.quarantined()).map(({ bytes }) => /^Subject: (.)/m.exec(bytes.toString())?.[1])
  expect(kept.toSorted()).toEqual(['x', 'y', 'y'])
  expect(testBed.sink.count).toBe(0)
})

test('a filter that takes longer than the content_timeout of Postfix: without the packets that say so, it is deferred', async () => {
  const { postfix, sink, marks } = testBed
  const held = join(marks, 'held')
  await install({
    top: `import { existsSync, writeFileSync } from 'node:fs'`,
    judge: `
      writeFileSync('${marks}/judging', '')
      while (existsSync('${held}')) await new Promise((resolve) => setTimeout(resolve, 20))
      return { action: 'accept' }`,
  })
  const master = join(postfix.configDirectory, 'master.cf')
  await writeFile(master, (await readFile(master, 'latin1')).replaceAll('content_timeout=300s', 'content_timeout=6s'))
  const servers = (): readonly number[] => postfix.servers(`127.0.0.1:${postfix.port}`)
  const old = servers()
  await postfix.reload()
  await postfix.waitUntil('the end of those that know nothing of it', () => !servers().some((pid) => old.includes(pid)))
  sink.clear()
  await writeFile(held, '')
  const patient = await begin(mail('patient'), {})
  await until('judging', () => readdirSync(marks).includes('judging'))
  const silent = await begin(mail('silent'), { lost: 'p' })
  expect((await silent.reply).code).toBe(451)
  await rm(held)
  expect((await patient.reply).code).toBe(250)
  expect(patient.passed()).toMatch(/DEpp+a/)
  expect(silent.passed()).not.toContain('p')
  await postfix.waitUntilEmpty()
  expect(arrived()).toEqual([mail('patient')])
})
