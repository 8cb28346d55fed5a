/** What clamd costs: nothing but its own work. Filters do not wait for each other, and a message for which there is memory touches no disk. */
import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clamd, EICAR, startClamd } from '../kit/clamd.js'
import { deliver } from '../kit/client.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { signal } from '../kit/processes.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

const MEBIBYTE = 1024 ** 2

let testBed: RelayTestBed
let clamd: Clamd
beforeAll(async () => {
  testBed = await startRelay({ workers: 1, settings: ['[spool]', 'memory = "8MiB"'] })
  clamd = await startClamd({ directory: join(testBed.directory, 'clamd'), settings: { AlertExceedsMax: 'yes' } })
  await configure('')
})
afterAll(async () => {
  await clamd.stop()
  await testBed.stop()
})

/** Takes these lines of policy for clamd's drop-in. */
async function configure(policy: string): Promise<void> {
  await testBed.writeFilter(
    '50-clamav.toml',
    `filter = "@candy/filter-clamav"\n${policy}[options]\naddresses = ["${clamd.socket}"]\n`,
  )
  await testBed.reload()
}

/** Sends a message of so many bytes; comes back when it has arrived, scanned. */
async function scan(size: number): Promise<void> {
  const head = 'Subject: x\r\n\r\n'
  const line = `${'x'.repeat(78)}\r\n`
  testBed.sink.clear()
  const bytes = `${head}${line.repeat(Math.floor((size - head.length) / line.length))}`
  await deliver(testBed.postfix.port, { sender: 'a@example.com', recipients: ['b@example.net'], bytes })
  const [message] = await testBed.sink.waitFor(1)
  expect(message?.bytes.toString('latin1')).toMatch(/^X-Virus-Scanned: ClamAV\r\n/m)
}

test('a message for which there is memory never has a file', async () => {
  let files = 0
  const watcher = watch(join(testBed.state, 'spool'), () => {
    files += 1
  })
  // Postfix adds its fields to it.
  for (const size of [100, 4096, 100_000, MEBIBYTE - 4096]) await scan(size)
  expect(files).toBe(0)
  await scan(7 * MEBIBYTE)
  await expect.poll(() => files).toBeGreaterThan(0)
  watcher.close()
})

test('another filter judges while clamd does', async () => {
  const mark = join(testBed.marks, 'judged')
  const path = join(testBed.directory, 'marking.js')
  await writeFilterFile(path, {
    judge: `(await import('node:fs')).writeFileSync('${mark}', ''); return { action: 'accept' }`,
  })
  await testBed.writeFilter('60-marking.toml', `filter = "${path}"\n`)
  await testBed.reload()
  signal(clamd.pid, 'SIGSTOP')
  const scanned = scan(4096)
  try {
    await testBed.postfix.waitUntil('the other filter', () => existsSync(mark))
    expect(testBed.sink.count).toBe(0)
  } finally {
    signal(clamd.pid, 'SIGCONT')
  }
  await scanned
  await testBed.removeFilter('60-marking.toml')
  await testBed.reload()
})

test('and a virus is kept', async () => {
  testBed.sink.clear()
  await deliver(testBed.postfix.port, {
    sender: 'a@example.com',
    recipients: ['b@example.net'],
    bytes: `Subject: x\r\n\r\n${EICAR}\r\n`,
  })
  await testBed.postfix.waitUntilEmpty()
  expect(testBed.sink.count).toBe(0)
  expect(await testBed.quarantined()).toHaveLength(1)
})

/** A message with so many parts in each other that clamd gives up, in front of a virus that it never looks at. */
function nested(levels: number): string {
  const inner = Array.from({ length: levels }, (_, level) => {
    return `Content-Type: multipart/mixed; boundary=n${level}\r\n\r\n--n${level}\r\n`
  })
  const virus = `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(EICAR).toString('base64')}`
  const parts = `--b\r\n${inner.join('')}\r\nhello\r\n--b\r\n${virus}\r\n--b--\r\n`
  return `MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${parts}`
}

test('mail that clamd can never scan whole is kept at once, and neither waits nor passes', async () => {
  const before = (await testBed.quarantined()).length
  testBed.sink.clear()
  await deliver(testBed.postfix.port, { sender: 'a@example.com', recipients: ['b@example.net'], bytes: nested(30) })
  await testBed.postfix.waitUntilEmpty()
  const kept = await testBed.quarantined()
  expect(kept).toHaveLength(before + 1)
  expect(JSON.stringify(kept.map(({ record }) => record))).toContain('Heuristics.Limits.Exceeded.MaxRecursion')
  expect(testBed.sink.count).toBe(0)
  expect(await testBed.postfix.log()).not.toMatch(/status=(?:bounced|deferred)/)
})

test('where the operator has it delivered, it says of itself what it is, and nothing that its sender wrote', async () => {
  await configure('on_unscannable = "tag"\non_reject = "tag"\n')
  const forged = 'X-Virus-Scanned: ClamAV\r\nx-virus-status: Clean\r\nX-Virus-Status: Clean\r\n folded\r\n'
  for (const [bytes, fields] of [
    [nested(30), ['X-Virus-Status: Unscannable (Heuristics.Limits.Exceeded.MaxRecursion)']],
    [
      `Subject: x\r\n\r\n${EICAR}\r\n`,
      ['X-Virus-Status: Infected (Eicar-Test-Signature.UNOFFICIAL)', 'X-Virus-Scanned: ClamAV'],
    ],
  ] as const) {
    testBed.sink.clear()
    await deliver(testBed.postfix.port, {
      sender: 'a@example.com',
      recipients: ['b@example.net'],
      bytes: `${forged}${bytes}`,
    })
    const [message] = await testBed.sink.waitFor(1)
    expect(message?.bytes.toString('latin1').match(/^X-Virus-.*(?:\r\n[ \t].*)*/gim)).toEqual(
      fields.map((field) => expect.stringMatching(unfolded(field))),
    )
  }
  await configure('')
})

/** The field, wherever it was folded. */
function unfolded(field: string): RegExp {
  return new RegExp(`^${field.replace(/[.()]/g, '\\$&').replaceAll(' ', '\\s+')}$`)
}
