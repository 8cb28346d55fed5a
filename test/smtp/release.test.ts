/** A message in the quarantine goes to its recipients by the command of the documentation, and is not filtered again. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { startRelay } from '../kit/relay.js'

const PAGE = fileURLToPath(new URL('../../docs/flow.md', import.meta.url))

test('a quarantined message reaches its recipients as it came, by the documented command', async () => {
  await using testBed = await startRelay({ workers: 1 })
  const path = join(testBed.directory, 'keep.js')
  await writeFilterFile(path, { judge: "return { action: 'quarantine', text: 'look at it' }" })
  await testBed.writeFilter('50-keep.toml', `filter = "${path}"\n`)
  await testBed.reload()
  const bytes = 'Subject: x\r\nX-Odd:   y\r\n\r\n.dot\r\nlong '.concat('z'.repeat(2_000), '\r\n')
  await deliver(testBed.postfix.port, {
    sender: 'a@example.com',
    recipients: ['b@example.net', 'c@example.net'],
    bytes,
  })
  await testBed.postfix.waitForLog(/quarantined as/)
  const [kept] = await testBed.quarantined()
  const [command] = /^curl [\s\S]*?(?=\n```)/m.exec(await readFile(PAGE, 'utf8')) ?? []
  const line = (command ?? '')
    .replace('/var/spool/postfix', testBed.postfix.queueDirectory)
    .replace('SENDER', String(kept?.record.envelope.sender))
    .replace("--mail-rcpt 'RECIPIENT'", "--mail-rcpt 'b@example.net' --mail-rcpt 'c@example.net'")
    .replace('message.eml', join(testBed.state, 'quarantine', String(kept?.name), 'message.eml'))
  const result = await testBed.postfix.run('sh', ['-c', line])
  expect(result.stderr.toString()).not.toMatch(/curl: /)
  expect(result.status).toBe(0)
  const [message] = await testBed.sink.waitFor(1)
  expect(message?.recipients).toEqual(['b@example.net', 'c@example.net'])
  expect(message?.bytes.toString().endsWith(String(kept?.bytes))).toBe(true)
  expect(String(kept?.bytes).endsWith(bytes.slice(bytes.indexOf('\r\n\r\n')))).toBe(true)
  expect(await testBed.quarantined()).toHaveLength(1)
})
