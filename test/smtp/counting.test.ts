/** What the service tells of its mail, against the mail that there was: over the death of a worker and over a reload. */
import { chmod, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOAD, post, seal } from '../kit/bulk-mail.js'
import { type CommandResult, tryCommand } from '../kit/command.js'
import { installMarking, LONG } from '../kit/fault.js'
import { signal } from '../kit/processes.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { until } from '../kit/waiting.js'

let testBed: RelayTestBed
beforeAll(async () => {
  testBed = await startRelay({ workers: 2, main: { maximal_backoff_time: '1s' } })
  // As candy enable makes it: only what is below belongs to candy.
  await chmod(testBed.state, 0o755)
})
afterAll(() => testBed.stop())

interface Status {
  readonly running: boolean
  readonly inForce: { readonly generation: number }
  readonly lastReload?: { readonly reloaded: boolean; readonly problems: readonly string[] }
  readonly workers: { readonly deaths: number }
  readonly windows: Readonly<
    Record<'minute' | 'hour' | 'day', { readonly messages: number; readonly actions: Readonly<Record<string, number>> }>
  >
  readonly health?: { readonly filters: readonly { readonly name: string; readonly ok: boolean }[] }
}

/** `setpriv` are the rights that the command gets; those of root unless given. */
function candyStatus(setpriv: readonly string[] = [], ...options: readonly string[]): Promise<CommandResult> {
  const { installation, postfix } = testBed
  const command = [process.execPath, installation.candy, '-c', postfix.configDirectory, 'status', ...options]
  return tryCommand('setpriv', [...setpriv, '--', ...command])
}

async function readStatus(): Promise<Status> {
  const { stdout } = await candyStatus([], '--json')
  return JSON.parse(stdout.toString())
}

/** The queue ids in the history, one for each time that a message was judged. */
async function judgedIds(): Promise<readonly string[]> {
  const directory = join(testBed.state, 'history')
  const texts = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')))
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line).id)
}

test('the counts of two workers are the mail that was sent, though one is killed and all are replaced', {
  timeout: LONG,
}, async () => {
  await installMarking(testBed)
  const { postfix, sink } = testBed
  const before = (await readStatus()).inForce.generation
  const mails = seal('counted', LOAD)
  const posting = post(postfix.port, mails)
  await until('mail that flows', () => sink.count > LOAD / 4)
  const [worker = 0] = testBed.workers()
  signal(worker, 'SIGKILL')
  await until('mail that flows again', () => sink.count > LOAD / 2)
  await testBed.reload()
  await posting
  await postfix.waitUntilEmpty(LONG)
  const ids = await judgedIds()
  expect(new Set(ids).size).toBe(LOAD)
  const { inForce, lastReload, workers, windows } = await readStatus()
  expect({ inForce, lastReload, workers }).toMatchObject({
    inForce: { generation: before + 1 },
    lastReload: { reloaded: true, problems: [] },
    workers: { deaths: 1 },
  })
  // A message that was under way where something died may have been deferred, and has come again.
  const { accept = 0, defer = 0 } = windows.day.actions
  expect([windows.day.messages, accept + defer]).toEqual([ids.length, ids.length])
  expect(accept).toBeGreaterThanOrEqual(LOAD)
  await testBed.end()
  await testBed.start()
  expect((await readStatus()).windows.day.messages).toBe(ids.length)
})

test('root and members of the group candy may ask, and nobody else', { timeout: LONG }, async () => {
  const nobody = ['--reuid', 'nobody', '--regid', 'nogroup']
  expect((await candyStatus([...nobody, '--groups', 'candy'])).status).toBe(0)
  const refused = await candyStatus([...nobody, '--clear-groups'])
  expect(refused.status).toBe(77)
  expect(refused.stderr.toString()).toContain('only root and members of the group candy')
})

test('a reload that is refused shows', { timeout: LONG }, async () => {
  await testBed.writeFilter('99-broken.toml', 'nonsense')
  const { generation } = (await readStatus()).inForce
  signal(testBed.pid(), 'SIGHUP')
  const status = await until('the refusal', async () => {
    const now = await readStatus()
    return now.lastReload?.reloaded === false && now
  })
  await testBed.removeFilter('99-broken.toml')
  expect(status.inForce.generation).toBe(generation)
  expect(status.lastReload?.problems.join()).toContain('99-broken.toml')
})

test('without a service the history is counted all the same, and where mail waits the status says so', {
  timeout: LONG,
}, async () => {
  const counted = (await judgedIds()).length
  await testBed.end()
  const { status, stdout, stderr } = await candyStatus()
  expect([status, stderr.toString()]).toEqual([69, expect.stringContaining('candy serve does not run')])
  expect(stdout.toString()).toMatch(new RegExp(`^messages .* ${counted}$`, 'm'))
  const mend = await testBed.change(/^mode = .*/m, 'mode = "pipe"')
  const pipe = await candyStatus([], '--json')
  await mend()
  expect([pipe.status, JSON.parse(pipe.stdout.toString())]).toMatchObject([
    0,
    { mode: 'pipe', running: false, windows: { day: { messages: counted } } },
  ])
  await testBed.start()
})
