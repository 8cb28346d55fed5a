/** What the service does with the quarantine by itself: it deletes what has expired, and tells the postmaster what is new, once. */
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { runCommand } from '../kit/command.js'
import { startRelay } from '../kit/relay.js'
import { until } from '../kit/waiting.js'

/** Seconds after which a message is told in a digest: nobody can be storing it any more. */
const DEADLINE = 10

/** Stops every message, also one that tells of others. */
const STOP = '#!/bin/sh\necho "look at it" >&2\nexit 69\n'

test('old messages go, and the postmaster gets one digest, which no filter sees, however often the service starts', async () => {
  await using testBed = await startRelay({
    workers: 1,
    filters: { '50-stop': STOP },
    smtp: [`deadline = "${DEADLINE}s"`],
    settings: ['[pipe]', `deadline = "${DEADLINE}s"`, '[quarantine]', 'notify = "postmaster@example.org"'],
  })
  const { postfix, sink, state } = testBed
  const quarantine = join(state, 'quarantine')
  const names = async (): Promise<readonly string[]> =>
    (await readdir(quarantine)).filter((name) => !name.startsWith('.'))
  await deliver(postfix.port, {
    sender: 'a@example.com',
    recipients: ['b@example.net'],
    bytes: 'Subject: look\r\n\r\nx\r\n',
  })
  await postfix.waitForLog(/quarantined as/)
  await testBed.end()
  const [name = ''] = await names()
  const old = '20200101T000000Z-OLD'
  const makeOld = async (): Promise<void> => {
    await cp(join(quarantine, name), join(quarantine, old), { recursive: true })
    await runCommand('chown', ['-R', 'candy:candy', join(quarantine, old)])
  }
  await makeOld()
  await sleep((DEADLINE + 1) * 1000)
  await testBed.start()
  const [digest] = await sink.waitFor(1)
  expect(digest).toMatchObject({ sender: '', recipients: ['postmaster@example.org'] })
  const text = digest?.bytes.toString() ?? ''
  expect(text).toContain('Auto-Submitted: auto-generated\r\n')
  expect(text).toContain(`\r\n${name}  `)
  expect(text).toContain('  subject  look\r\n')
  expect(await names()).toEqual([name])
  await testBed.end()
  await makeOld()
  await testBed.start()
  await until('what is old to go', async () => !(await names()).includes(old), { explain: testBed.candyLog })
  await testBed.end()
  await postfix.waitUntilEmpty()
  expect(sink.count).toBe(1)
  const log = await testBed.candyLog()
  expect(log.match(/quarantined message expired name=20200101T000000Z-OLD id=\S+ state=held limit=keep/g)).toHaveLength(
    2,
  )
  expect(log.match(/digest of the quarantine sent/g)).toHaveLength(1)
})
