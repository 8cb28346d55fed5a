/** A message in the quarantine goes to its recipients by the command of the documentation, and is not filtered again. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { deliver } from '../ground/client.js'
import { writeFilterFile } from '../ground/filter-file.js'
import { startRelay } from '../ground/relay.js'

const PAGE = fileURLToPath(new URL('../../docs/flow.md', import.meta.url))

test('a quarantined message reaches its recipients as it came, by the documented command', async () => {
  await using ground = await startRelay({ workers: 1 })
  const path = join(ground.directory, 'keep.js')
  await writeFilterFile(path, { judge: "return { action: 'quarantine', text: 'look at it' }" })
  await ground.writeFilter('50-keep.toml', `filter = "${path}"\n`)
  await ground.reload()
  const bytes = 'Subject: x\r\nX-Odd:   y\r\n\r\n.dot\r\nlong '.concat('z'.repeat(2_000), '\r\n')
  await deliver(ground.postfix.port, { sender: 'a@example.com', recipients: ['b@example.net', 'c@example.net'], bytes })
  await ground.postfix.waitForLog(/quarantined as/)
  const [kept] = await ground.quarantined()
  const [command] = /^curl [\s\S]*?(?=\n```)/m.exec(await readFile(PAGE, 'utf8')) ?? []
  const line = (command ?? '')
    .replace('/var/spool/postfix', ground.postfix.queueDirectory)
    .replace('SENDER', String(kept?.record.envelope.sender))
    .replace("--mail-rcpt 'RECIPIENT'", "--mail-rcpt 'b@example.net' --mail-rcpt 'c@example.net'")
    .replace('message.eml', join(ground.state, 'quarantine', String(kept?.name), 'message.eml'))
  const result = await ground.postfix.run('sh', ['-c', line])
  expect(result.stderr.toString()).not.toMatch(/curl: /)
  expect(result.status).toBe(0)
  const [message] = await ground.sink.waitFor(1)
  expect(message?.recipients).toEqual(['b@example.net', 'c@example.net'])
  expect(message?.bytes.toString().endsWith(String(kept?.bytes))).toBe(true)
  expect(String(kept?.bytes).endsWith(bytes.slice(bytes.indexOf('\r\n\r\n')))).toBe(true)
  expect(await ground.quarantined()).toHaveLength(1)
})
