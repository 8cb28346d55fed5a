/**
 * Every accident that we could think of, with the runner after the queue of a real Postfix: the mail must wait in the
 * queue, must not bounce, must not pass unscanned, and must arrive, once and whole, when the cause is gone.
 */
import { existsSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Accident, absent, dropIn, filterThat, fullDisk, nothing, script, survive } from '../kit/accident.js'
import { deliver } from '../kit/client.js'
import { Pool } from '../kit/pool.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { type Fault, type Stage, startSink } from '../kit/sink.js'

function startVictim(): Promise<RelayTestBed> {
  return startRelay({
    workers: 1,
    smtp: ['deadline = "1500ms"', 'hang = "2s"', '# next_hop'],
    settings: ['[spool]', 'memory = "64KiB"'],
  })
}

let victims: Pool<RelayTestBed>
beforeAll(async () => {
  victims = new Pool(await Promise.all([startVictim(), startVictim()]))
})
afterAll(() => Promise.all(victims.all.map((victim) => victim.stop())))

let count = 0

/** A next hop that does what it should not. */
function nextHop(at: Stage, answer: Fault): Accident {
  return async (victim) => {
    count += 1
    const path = join(victim.directory, `${count}.sock`)
    const sink = await startSink({ path, keywords: ['PIPELINING', '8BITMIME', 'XFORWARD NAME ADDR PROTO HELO IDENT'] })
    await chmod(path, 0o666)
    sink.fail({ at, answer })
    const mend = await victim.change(/^# next_hop/m, `next_hop = "unix:${path}"`)
    return async () => {
      await mend()
      expect(sink.count).toBe(0)
      // Only after the reload may it go: nobody may take its absence for the accident.
      setTimeout(() => void sink.stop(), 5_000).unref()
    }
  }
}

/** A script that takes a second, and the moment when it has begun. */
async function judging(victim: RelayTestBed): Promise<{ begun: Promise<void>; mend: () => Promise<unknown> }> {
  const mark = join(victim.marks, 'judging')
  await rm(mark, { force: true })
  const mend = await script(`: >${mark}; cat >/dev/null; sleep 1`)(victim)
  return { begun: victim.postfix.waitUntil('a judging script', () => existsSync(mark)), mend }
}

/** Kills the worker that judges. */
const killWorker: Accident<RelayTestBed> = async (victim) => {
  const { begun, mend } = await judging(victim)
  const killed = begun.then(() => {
    for (const pid of victim.workers()) process.kill(pid, 'SIGKILL')
  })
  return async () => {
    await mend()
    await killed
  }
}

const ACCIDENTS: Readonly<Record<string, Accident<RelayTestBed>>> = {
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
  'the spool is not there': absent(({ state }) => join(state, 'spool')),
  'the disk is full for the spool': fullDisk('spool', nothing),
  'the disk is full for the quarantine': fullDisk('quarantine', script('cat >/dev/null; exit 69')),
  'the next hop is not there': (victim) => victim.change(/^# next_hop/m, 'next_hop = "unix:/nowhere/candy-in"'),
  'the next hop refuses everyone at the greeting': nextHop('connect', '554 5.7.1 go away'),
  'the next hop refuses everyone at MAIL': nextHop('mail', '550 5.7.1 go away'),
  'the next hop refuses everyone at RCPT': nextHop('rcpt', '550 5.1.1 no such user'),
  'the next hop refuses everyone at DATA': nextHop('data', '554 5.5.1 no valid recipients'),
  'the next hop refuses after the data': nextHop('dot', '554 5.7.1 milter says no'),
  'the next hop hangs up at the end': nextHop('dot', 'close'),
  'the next hop never greets': nextHop('connect', 'stall'),
  'the next hop never answers the end': nextHop('dot', 'stall'),
  'SIGKILL to the worker': killWorker,
  'candy is not running': async (victim) => {
    await victim.end()
    return () => victim.start()
  },
}

test.concurrent.each(Object.entries(ACCIDENTS))('%s', (name, accident) =>
  victims.use((victim) =>
    survive(victim, name, accident, async () => {
      if (name !== 'candy is not running') await victim.reload()
    }),
  ),
)

test.concurrent('SIGKILL to the supervisor: what is under way comes to its end, and a new runner takes the socket over', () =>
  victims.use(async (testBed) => {
    const { postfix, sink } = testBed
    const { begun, mend } = await judging(testBed)
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
  }))

test.concurrent('a reload that fails changes nothing', () =>
  victims.use(async (testBed) => {
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
  }))
