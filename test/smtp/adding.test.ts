/** `candy add` and `candy remove` beside a running service, with a real clamd: what they say is in force when they come back, is. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Clamd, EICAR, startClamd } from '../kit/clamd.js'
import { deliver } from '../kit/client.js'
import { type CommandResult, tryCommand } from '../kit/command.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'

let testBed: RelayTestBed
let clamd: Clamd
beforeAll(async () => {
  testBed = await startRelay({ workers: 1 })
  clamd = await startClamd({ directory: join(testBed.directory, 'clamd') })
})
afterAll(async () => {
  await clamd.stop()
  await testBed.stop()
})

function candy(...argv: readonly string[]): Promise<CommandResult> {
  return tryCommand(process.execPath, [testBed.installation.candy, '-c', testBed.postfix.configDirectory, ...argv])
}

/** Sends a message; comes back when it has left the queue. */
async function send(body: string): Promise<void> {
  const bytes = `Subject: x\r\n\r\n${body}\r\n`
  await deliver(testBed.postfix.port, { sender: 'a@example.com', recipients: ['b@example.net'], bytes })
  await testBed.postfix.waitUntilEmpty()
}

/** What `candy add` puts back: a drop-in for the clamd of this test. */
function writeDropIn(address: string): Promise<void> {
  const text = `filter = "@candy/filter-clamav"\n[options]\naddresses = ["${address}"]\nwait = "1s"\n`
  return writeFile(join(testBed.filters, '50-clamav.toml.disabled'), text)
}

test('a virus that is sent right after candy add is kept, and one right after candy remove is not', async () => {
  for (let time = 1; time <= 3; time++) {
    await writeDropIn(clamd.socket)
    const added = await candy('add', '@candy/filter-clamav')
    expect(added.status, `${added.stderr}`).toBe(0)
    expect(added.stdout.toString()).toMatch(
      /50-clamav\.toml: put back[\s\S]*in force: generation \d+[\s\S]* 50-clamav {2}@candy\/filter-clamav/,
    )
    testBed.sink.clear()
    await send(EICAR)
    expect(testBed.sink.count).toBe(0)
    expect(await testBed.quarantined()).toHaveLength(time)
    const removed = await candy('remove', '50-clamav', '--json')
    expect(JSON.parse(removed.stdout.toString())).toMatchObject({
      removed: { name: '50-clamav', result: 'disabled' },
      reload: { reloaded: true, inForce: { filters: [] } },
    })
    await send('plain')
    expect(testBed.sink.count).toBe(1)
  }
})

test('a scanner that does not answer is told at once, with its filter', async () => {
  await writeDropIn(join(testBed.directory, 'nowhere.sock'))
  const { status, stderr } = await candy('add', '@candy/filter-clamav')
  expect(stderr.toString()).toMatch(/^warning: 50-clamav: .*nowhere\.sock/m)
  expect(status).toBe(0)
  const reload = await candy('reload')
  expect(reload.stdout.toString()).toMatch(/^in force: /)
  expect(reload.stderr.toString()).toMatch(/^warning: 50-clamav: .*nowhere\.sock/m)
  expect(reload.status).toBe(0)
  await candy('remove', '50-clamav')
})

test('something else that is wrong keeps what was added from being in force, and that is told', async () => {
  await testBed.writeFilter('60-wrong.toml', 'filter')
  await writeDropIn(clamd.socket)
  const { status, stdout, stderr } = await candy('add', '@candy/filter-clamav', '--json')
  expect(stderr.toString()).toBe('')
  const { reload } = JSON.parse(stdout.toString())
  expect(reload).toMatchObject({ reloaded: false, inForce: { filters: [] } })
  expect(reload.problems).toEqual([expect.stringMatching(/60-wrong\.toml:1:\d+: /)])
  expect(status).toBe(78)
  await testBed.removeFilter('60-wrong.toml')
})
