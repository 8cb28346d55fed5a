/** What the service tells of its mail, against the mail that there was: over the death of a worker and over a reload. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOAD, post, seal } from '../kit/bulk-mail.js'
import { type CommandResult, tryCommand } from '../kit/command.js'
import { installMarking, LONG } from '../kit/fault.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { fillDisk } from '../kit/full-disk.js'
import { code, readPage, readTable } from '../kit/pages.js'
import { signal } from '../kit/processes.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { freePort } from '../kit/scratch.js'
import { until } from '../kit/waiting.js'

let testBed: RelayTestBed
/** Where metrics are served. */
let port: number
beforeAll(async () => {
  port = await freePort()
  const settings = ['[metrics]', `listen = "127.0.0.1:${port}"`]
  testBed = await startRelay({ workers: 2, settings, main: { maximal_backoff_time: '1s' } })
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

/** The lines of the metrics that have this in them. */
async function readMetrics(part: string): Promise<readonly string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  return (await response.text()).split('\n').filter((line) => line.includes(part))
}

/** What stands at the end of the lines, added up. */
async function sumOf(part: string): Promise<number> {
  return (await readMetrics(part)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
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
  // Without an id is what was deferred before candy was told one.
  expect(new Set(ids.filter((id) => id !== '')).size).toBe(LOAD)
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
  expect(await sumOf('candy_messages_total{')).toBe(ids.length)
  expect(await sumOf('candy_messages_total{mode="smtp",action="accept"}')).toBe(accept)
  expect(await sumOf('candy_message_seconds_count{')).toBe(ids.length)
  expect(await sumOf('candy_filter_verdicts_total{filter="10-marking",verdict="accept"}')).toBeGreaterThanOrEqual(LOAD)
  expect(await sumOf('candy_worker_deaths_total 1')).toBe(1)
  expect(await sumOf('candy_reloads_total{result="in_force"}')).toBe(before)
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

test('watched, it is printed again and again until Ctrl-C, which is no failure', { timeout: LONG }, async () => {
  const { installation, postfix } = testBed
  const argv = [installation.candy, '-c', postfix.configDirectory, 'status', '--watch', '--json']
  const watching = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  watching.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    if (text.split('\n').length > 3) watching.kill('SIGINT')
  })
  const [status] = await once(watching, 'close')
  expect(status).toBe(0)
  const lines = text.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).running)).toEqual(lines.map(() => true))
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

test('what filters say of themselves shows, with the age of their signatures', { timeout: LONG }, async () => {
  const path = join(testBed.directory, 'checked.js')
  const details = "{ engine: 'E 1', signatures: 27000, signatures_from: '2026-11-01T00:00:00.000Z' }"
  await writeFilterFile(path, {
    judge: "return { action: 'accept' }",
    check: `return { ok: false, text: 'old signatures', details: ${details} }`,
  })
  await testBed.writeFilter('20-checked.toml', `filter = "${path}"\n`)
  await testBed.reload()
  const filters = await until('a check', async () => {
    const { health } = await readStatus()
    return health !== undefined && health.filters.length > 0 && health.filters
  })
  expect(filters).toMatchObject([{ name: '20-checked', ok: false, text: 'old signatures' }])
  expect(await readMetrics('{filter="20-checked"')).toEqual([
    'candy_filter_healthy{filter="20-checked"} 0',
    'candy_filter_detail{filter="20-checked",detail="signatures"} 27000',
    `candy_filter_detail_time_seconds{filter="20-checked",detail="signatures_from"} ${Date.UTC(2026, 10, 1) / 1000}`,
  ])
  await testBed.removeFilter('20-checked.toml')
  await testBed.reload()
})

test('the metrics are those of the documentation, and the alerts and the dashboard ask for no others', async () => {
  const types = (await readMetrics('# TYPE ')).map((line) => line.split(' ').slice(2))
  const documented = readTable(readPage('docs/monitoring.md'), 'metric')
  expect(documented.map(({ metric, type }) => [code(metric), type]).toSorted()).toEqual(types.toSorted())
  const samples = await readMetrics('candy_')
  for (const { metric, labels = '' } of documented) {
    const line = samples.find((sample) => new RegExp(`^${code(metric)}(?:_count)?[{ ]`).test(sample))
    if (line === undefined) continue
    const names = [...line.matchAll(/(\w+)="/g)].map(([, name]) => name)
    expect([metric, names]).toEqual([metric, [...labels.matchAll(/`(\w+)`/g)].map(([, name]) => name)])
  }
  const known = types.flatMap(([name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name],
  )
  for (const file of ['docs/monitoring/alerts.yml', 'docs/monitoring/grafana.json']) {
    const used = [...readPage(file).matchAll(/\bcandy_\w+/g)].map(([name]) => name)
    expect(used.length).toBeGreaterThan(9)
    expect(used.filter((name) => !known.includes(name))).toEqual([])
  }
  const { panels } = JSON.parse(readPage('docs/monitoring/grafana.json')) as { readonly panels: readonly object[] }
  expect(panels.length).toBeGreaterThan(9)
})

test('a full disk for the history costs no mail, and is said once by each worker', { timeout: LONG }, async () => {
  const { postfix, sink } = testBed
  sink.clear()
  const from = (await testBed.candyLog()).length
  const empty = fillDisk(testBed.pid(), join(testBed.state, 'history'))
  // The workers from before have a file open that lies below.
  await testBed.reload()
  const mails = seal('not counted', 200)
  await post(postfix.port, mails)
  await postfix.waitUntilEmpty(LONG)
  expect(sink.count).toBe(mails.length)
  const log = (await testBed.candyLog()).slice(from)
  const complaints = log.split('\n').filter((line) => line.includes('the history cannot be written'))
  expect(complaints.length).toBeGreaterThan(0)
  expect(complaints.length).toBeLessThanOrEqual(2)
  empty()
  await testBed.reload()
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
