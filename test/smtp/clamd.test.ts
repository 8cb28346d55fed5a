/** What clamd costs: nothing but its own work. Filters do not wait for each other, and a message for which there is memory touches no disk. */
import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clamd, startClamd } from '../kit/clamd.js'
import { deliver } from '../kit/client.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { signal } from '../kit/processes.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

const MEBIBYTE = 1024 ** 2

let testBed: RelayTestBed
let clamd: Clamd
beforeAll(async () => {
  testBed = await startRelay({ workers: 1, settings: ['[spool]', 'memory = "8MiB"'] })
  clamd = await startClamd({ directory: join(testBed.directory, 'clamd') })
  await testBed.writeFilter(
    '50-clamav.toml',
    `filter = "@candy/filter-clamav"\n[options]\naddresses = ["${clamd.socket}"]\n`,
  )
  await testBed.reload()
})
afterAll(async () => {
  await clamd.stop()
  await testBed.stop()
})

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
