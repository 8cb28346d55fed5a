/**
 * Load on the runner after the queue while some scans last longer than everybody on the way waits: the filter's deadline,
 * candy's own, the next hop's time limit with a silent client, and lmtp(8)'s with a silent candy.
 */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOAD, seal } from '../kit/bulk-mail.js'
import { endure, type Fault, installMarking, LONG } from '../kit/fault.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

/** The word that makes a scan slow, as long as the file is there; and for how many milliseconds. */
const SCANS = {
  'too slow for the filter': 4_000,
  'too slow for candy': 5_000,
  'too slow for the next hop': 2_000,
} as const

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({ smtp: ['deadline = "3s"'], main: { maximal_backoff_time: '1s' } })
  const { postfix, directory } = testBed
  await postfix.run('postconf', ['-P', 'candy-in/unix/smtpd_timeout=1s'])
  await postfix.reload()
  for (const [index, [word, milliseconds]] of Object.entries(SCANS).entries()) {
    const path = join(directory, `slow-${index}.js`)
    await writeFilterFile(path, { judge: slowly(word, milliseconds, join(testBed.marks, 'slow')) })
    const timeout = word === 'too slow for the filter' ? 'timeout = "2s"\n' : ''
    await testBed.writeFilter(`2${index}-slow.toml`, `filter = "${path}"\n${timeout}`)
  }
  await installMarking(testBed)
})
afterAll(() => testBed.stop())

function slowly(word: string, milliseconds: number, file: string): string {
  return `
    const { existsSync } = await import('node:fs')
    const parts = []
    for await (const part of message.open()) parts.push(part)
    const slow = Buffer.concat(parts).includes('${word}') && existsSync('${file}')
    if (slow) await new Promise((resolve) => setTimeout(resolve, ${milliseconds}))
    return { action: 'accept' }
  `
}

/** Eight or nine mails are slow, and both halves of the load have each kind. */
const DISTANCE = Math.floor(LOAD / 8)

function word(n: number): string {
  return n % DISTANCE === 0 ? (Object.keys(SCANS)[n % 3] ?? '') : ''
}

/** Lasts until mails of each kind have been judged. */
function slowness(): Fault {
  const path = join(testBed.marks, 'slow')
  return { strike: () => writeFile(path, ''), mend: () => rm(path), pause: 10_000 }
}

test('longer than the filter, candy and the next hop have', { timeout: LONG }, async ({ annotate }) => {
  const from = (await testBed.candyLog()).length
  const { repeats } = await endure(testBed, slowness(), seal('slow scan', LOAD, word))
  const log = (await testBed.candyLog()).slice(from)
  expect(log).toMatch(/20-slow error 2\d{3} ms/)
  expect(log).toMatch(/21-slow error 3\d{3} ms/)
  expect(await testBed.postfix.log()).toMatch(/candy-in\/smtpd.*timeout after/)
  await annotate(`${repeats} messages twice`)
})

test('longer than Postfix waits for the answer', { timeout: LONG }, async ({ annotate }) => {
  const { postfix } = testBed
  const mend = await testBed.change(/^deadline = .*/m, 'deadline = "60s"')
  await postfix.run('postconf', ['-P', 'candy-lmtp/unix/lmtp_data_done_timeout=1s'])
  await postfix.reload()
  await testBed.reload()
  const from = (await postfix.log()).length
  // lmtp(8) may give up just when its message goes on.
  const fault = { ...slowness(), repeats: 1 }
  const { strokes, repeats } = await endure(testBed, fault, seal('impatient Postfix', LOAD, word))
  expect((await postfix.log()).slice(from)).toMatch(/lmtp.*timed out while sending end of data/)
  await annotate(`${strokes} strokes; ${repeats} messages twice`)
  await mend()
})
