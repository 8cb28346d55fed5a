/**
 * Every accident that we could think of, with the runner after the queue of a real Postfix: the mail must wait in the
 * queue, must not bounce, must not pass unscanned, and must arrive, once and whole, when the cause is gone.
 */
import { existsSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Accident, accidentsOf, nothing, survive } from '../kit/accident.js'
import { deliver } from '../kit/client.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { type Fault, type Stage, startSink } from '../kit/sink.js'

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({
    workers: 1,
    smtp: ['deadline = "1500ms"', 'hang = "2s"', '# next_hop'],
    settings: ['[spool]', 'memory = "64KiB"'],
  })
})
afterAll(() => testBed.stop())

const { filterThat, script, dropIn, absent, fullDisk } = accidentsOf(() => testBed)

let count = 0

/** A next hop that does what it should not. */
function nextHop(at: Stage, answer: Fault): Accident {
  return async () => {
    count += 1
    const path = join(testBed.directory, `${count}.sock`)
    const sink = await startSink({ path, keywords: ['PIPELINING', '8BITMIME', 'XFORWARD NAME ADDR PROTO HELO IDENT'] })
    await chmod(path, 0o666)
    sink.fail({ at, answer })
    const mend = await testBed.change(/^# next_hop/m, `next_hop = "unix:${path}"`)
    return async () => {
      await mend()
      expect(sink.count).toBe(0)
      // Only after the reload may it go: nobody may take its absence for the accident.
      setTimeout(() => void sink.stop(), 5_000).unref()
    }
  }
}

/** A script that takes a second, and the moment when it has begun. */
async function judging(): Promise<{ readonly begun: Promise<void>; readonly mend: () => Promise<unknown> }> {
  const mark = join(testBed.marks, 'judging')
  await rm(mark, { force: true })
  const mend = await script(`: >${mark}; cat >/dev/null; sleep 1`)()
  return { begun: testBed.postfix.waitUntil('a judging script', () => existsSync(mark)), mend }
}

/** Kills the worker that judges. */
const killWorker: Accident = async () => {
  const { begun, mend } = await judging()
  const killed = begun.then(() => {
    for (const pid of testBed.workers()) process.kill(pid, 'SIGKILL')
  })
  return async () => {
    await mend()
    await killed
  }
}

const ACCIDENTS: Readonly<Record<string, Accident>> = {
  'a filter throws': filterThat("throw new Error('broken')"),
  'a filter throws where nobody catches': filterThat(
    "setTimeout(() => { throw new Error('broken') }); await new Promise(() => {})",
  ),
  'a filter never answers': filterThat('await new Promise(() => {})'),
  'a filter runs in an endless loop': filterThat('for (;;);'),
  'a filter ends the process with 0': filterThat('process.exit(0)'),
  'a filter ends the channel to the supervisor': filterThat('process.disconnect(); await new Promise(() => {})'),
  'a filter aborts the process': filterThat('process.abort()'),
  'a filter returns nonsense': filterThat("return { action: 'discard' }"),
  'a script fails': script('exit 1'),
  'a script never ends': script('exec sleep 60'),
  'clamd is down': dropIn(
    'filter = "@candy/filter-clamav"\n[options]\naddresses = ["/nowhere/clamd.sock"]\nwait = "1s"\n',
  ),
  'the spool is not there': absent(() => join(testBed.state, 'spool')),
  'the disk is full for the spool': fullDisk('spool', nothing),
  'the disk is full for the quarantine': fullDisk('quarantine', script('cat >/dev/null; exit 69')),
  'the next hop is not there': () => testBed.change(/^# next_hop/m, 'next_hop = "unix:/nowhere/candy-in"'),
  'the next hop refuses everyone at the greeting': nextHop('connect', '554 5.7.1 go away'),
  'the next hop refuses everyone at MAIL': nextHop('mail', '550 5.7.1 go away'),
  'the next hop refuses everyone at RCPT': nextHop('rcpt', '550 5.1.1 no such user'),
  'the next hop refuses everyone at DATA': nextHop('data', '554 5.5.1 no valid recipients'),
  'the next hop refuses after the data': nextHop('dot', '554 5.7.1 milter says no'),
  'the next hop hangs up at the end': nextHop('dot', 'close'),
  'the next hop never greets': nextHop('connect', 'stall'),
  'the next hop never answers the end': nextHop('dot', 'stall'),
  'SIGKILL to the worker': killWorker,
  'candy is not running': async () => {
    await testBed.end()
    return () => testBed.start()
  },
}

test.each(Object.entries(ACCIDENTS))('%s', async (name, accident) => {
  const running = name !== 'candy is not running'
  await survive(testBed, name, accident, async () => {
    if (running) await testBed.reload()
  })
})

test('SIGKILL to the supervisor: what is under way comes to its end, and a new runner takes the socket over', async () => {
  const { postfix, sink } = testBed
  const { begun, mend } = await judging()
  await testBed.reload()
  sink.clear()
  const mail = { sender: 'sender@example.com', recipients: ['victim@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }
  await deliver(postfix.port, mail)
  await begun
  process.kill(testBed.pid(), 'SIGKILL')
  await testBed.start()
  await sink.waitFor(1)
  await mend()
  await testBed.reload()
  await deliver(postfix.port, mail)
  await sink.waitFor(2)
  await postfix.waitUntilEmpty()
})

test('a reload that cannot be done changes nothing', async () => {
  const { postfix, sink } = testBed
  const workers = testBed.workers()
  for (const [name, text] of [
    ['60-unknown.toml', 'filter = "@candy/filter-nowhere"\n'],
    ['60-key.toml', 'filter = "@candy/filter-clamav"\ntimeuot = "1s"\n'],
  ] as const) {
    await testBed.writeFilter(name, text)
    process.kill(testBed.pid(), 'SIGHUP')
    await postfix.waitUntil('a complaint', async () => (await testBed.candyLog()).includes(`${name}:`))
    await testBed.removeFilter(name)
  }
  await sleep(200)
  expect(testBed.workers()).toEqual(workers)
  sink.clear()
  const mail = { sender: 'sender@example.com', recipients: ['r@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }
  await deliver(postfix.port, mail)
  await sink.waitFor(1)
})
