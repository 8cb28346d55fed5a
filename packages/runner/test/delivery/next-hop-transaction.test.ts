/** The connection to the next hop: what makes it say a transaction again, and what does not. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { announced, type Sink, type SinkOptions, startSink } from '../../../../test/kit/sink.js'
import { Deadline } from '../../src/chain/deadline.js'
import { NextHopTransaction } from '../../src/delivery/next-hop-transaction.js'
import type { MessageContent } from '../../src/message/content.js'
import { parseCommand } from '../../src/smtp/command.js'
import { chunks, memoryLog, scratch } from '../support.js'

const TEXT = 'Subject: x\r\n\r\nbody\r\n'

function content(open: MessageContent['open'] = () => chunks(TEXT)): MessageContent {
  return { size: TEXT.length, open, headers: async () => Buffer.from('Subject: x\r\n\r\n') }
}

async function start(options?: SinkOptions): Promise<{ sink: Sink; nextHop: NextHopTransaction }> {
  const path = join(scratch(), 'sink')
  const sink = await startSink({ path, ...options })
  const nextHop = new NextHopTransaction({ address: { path }, replyTimeout: 20_000 }, memoryLog())
  onTestFinished(async () => {
    nextHop.close()
    await sink.stop()
  })
  await nextHop.hello('mx.example.test')
  nextHop.postpone(parseCommand(Buffer.from('MAIL FROM:<a@example.com>')))
  const { replies } = await nextHop.sendRecipients([parseCommand(Buffer.from('RCPT TO:<b@example.net>'))])
  expect(replies.map(({ code }) => code)).toEqual([250])
  return { sink, nextHop }
}

/** A message that cannot be read back. */
async function* unreadable(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('Subject: x\r\n')
  throw new Error('the message cannot be read back')
}

/** The message, and an abort when all of it has been read. */
async function* abortingAtEnd(deadline: Deadline, why: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(TEXT)
  deadline.abort(new Error(why))
}

const BY = [
  { by: 'DATA', sink: {} },
  { by: 'BDAT', sink: { keywords: [...announced, 'CHUNKING'] } },
]

test.each(BY)('a message that cannot be read is not tried on another connection ($by)', async ({ sink: options }) => {
  const { sink, nextHop } = await start(options)
  const delivered = nextHop.deliver(content(unreadable), new Deadline())
  await expect(delivered).rejects.toThrow('the message cannot be read back')
  expect([sink.sessions, sink.count]).toEqual([1, 0])
})

test.each(BY)('a message of another length than it said is not tried again ($by)', async ({ by, sink: options }) => {
  const { sink, nextHop } = await start(options)
  const short = content(() => chunks('Subject: x\r\n'))
  const delivered = nextHop.deliver(short, new Deadline())
  if (by === 'BDAT') await expect(delivered).rejects.toThrow(`not ${TEXT.length} bytes long`)
  await delivered.catch(() => {})
  expect(sink.sessions).toBe(1)
})

test.each(BY)('a client that goes away before the end is the end of it ($by)', async ({ sink: options }) => {
  const { sink, nextHop } = await start(options)
  const deadline = new Deadline()
  const read = content(() => abortingAtEnd(deadline, 'the client hung up'))
  await expect(nextHop.deliver(read, deadline)).rejects.toThrow('the client hung up')
  expect([sink.sessions, sink.count]).toEqual([1, 0])
})

test.each(BY)('a deadline that passes is the end of it ($by)', async ({ sink: options }) => {
  const { sink, nextHop } = await start(options)
  const deadline = new Deadline()
  const read = content(() => abortingAtEnd(deadline, 'too late'))
  await expect(nextHop.deliver(read, deadline)).rejects.toThrow('too late')
  await expect(nextHop.deliver(content(), deadline)).rejects.toThrow('too late')
  expect([sink.sessions, sink.count]).toEqual([1, 0])
})

test('a deadline that passes while the next hop is silent ends the delivery and is the reason that is reported', async () => {
  const { sink, nextHop } = await start()
  sink.fail({ at: 'data', answer: 'stall' })
  const deadline = new Deadline(undefined, 100)
  await expect(nextHop.deliver(content(), deadline)).rejects.toThrow('not done within 100 ms')
  expect([sink.sessions, sink.count]).toEqual([1, 0])
})

test.each(BY)('a next hop that has hung up is sent the transaction again, once ($by)', async ({ sink: options }) => {
  const { sink, nextHop } = await start(options)
  sink.hangUp()
  await sleep(20)
  expect((await nextHop.deliver(content(), new Deadline())).code).toBe(250)
  expect([sink.sessions, sink.count]).toEqual([2, 1])
})
