/** Load on the runner after the queue while the scanners that really judge die: what is evil never passes. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { idOf, LOAD, seal } from '../kit/bulk-mail.js'
import { type Clamd, EICAR, startClamd } from '../kit/clamd.js'
import { endure, installMarking, LONG } from '../kit/fault.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { type Spamd, startSpamd } from '../kit/spamd.js'

/** What the one rule of spamd looks for. */
const SPAM = 'candy-test-spam'

const SPAMD = {
  bare: true,
  config: [`body CANDY_TEST /${SPAM}/`, 'score CANDY_TEST 100'],
} as const

let testBed: RelayTestBed
let clamd: Clamd
let spamd: Spamd
beforeAll(async () => {
  testBed = await startRelay({ main: { maximal_backoff_time: '1s' } })
  const below = (name: string): string => join(testBed.directory, name)
  ;[clamd, spamd] = await Promise.all([
    startClamd({ directory: below('clamd') }),
    startSpamd({ directory: below('spamd'), ...SPAMD }),
  ])
  await installMarking(testBed)
})
afterAll(async () => {
  await clamd.stop()
  await spamd.stop()
  await testBed.stop()
})

/** Every twentieth mail is evil. */
async function judgeUnder(name: string, evil: string, filter: string, strike: () => Promise<void>): Promise<string> {
  await testBed.writeFilter('50-scanner.toml', filter)
  await testBed.reload()
  const isEvil = (n: number): boolean => n % 20 === 3
  const mails = seal(name, LOAD, (n) => (isEvil(n) ? evil : 'nothing evil'))
  const good = mails.filter((_, n) => !isEvil(n))
  const bad = mails.filter((_, n) => isEvil(n))
  const { strokes, repeats } = await endure(testBed, { strike, heals: true }, mails, good)
  const kept = (await testBed.quarantined()).map(({ bytes }) => idOf(bytes.toString('latin1')))
  expect(bad.map(({ id }) => id).filter((id) => !kept.includes(id))).toEqual([])
  await testBed.removeFilter('50-scanner.toml')
  return `${strokes} strokes; ${repeats} messages twice; ${bad.length} kept`
}

test('kill -9 of clamd', { timeout: LONG }, async ({ annotate }) => {
  const filter = `filter = "@candy/filter-clamav"\n[options]\naddresses = ["${clamd.socket}"]\nwait = "1s"\n`
  const seen = await judgeUnder('clamd dies', EICAR, filter, async () => {
    clamd.kill()
    await clamd.stop()
    clamd = await startClamd({ directory: join(testBed.directory, 'clamd') })
  })
  await annotate(seen)
})

test('kill -9 of spamd', { timeout: LONG }, async ({ annotate }) => {
  const options = `[options]\naddresses = ["${spamd.socket}"]\nwait = "1s"\nreject = 15.0\n`
  const filter = `filter = "@candy/filter-spamassassin"\n${options}`
  const seen = await judgeUnder('spamd dies', SPAM, filter, async () => {
    spamd.kill('SIGKILL')
    await spamd.stop()
    spamd = await startSpamd({ directory: join(testBed.directory, 'spamd'), ...SPAMD })
  })
  await annotate(seen)
})
