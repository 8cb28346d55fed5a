/**
 * A site's whole life with candy, from enabling by way of switches to disabling, while mail comes in all the time: by sessions that
 * end and sessions that stay open, and by sendmail(1), with a delivery in flight at each step, mail that waits and mail on hold. At
 * the end every message must have arrived, once, whole and judged, and Postfix's files must be what they were.
 */
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Files, Site } from './site.js'
import { bodyOf, type Kept, RECIPIENT, type Sent, Traffic } from './traffic.js'

type Mode = 'pipe' | 'smtp' | 'smtp-before' | 'milter'

export interface LifeCycle {
  readonly modes: readonly [Mode, ...Mode[]]
  /** Of the steady load, at least. */
  readonly messages: number
  /** Whether mail comes from sendmail(1) too, in the modes in which candy filters it. */
  readonly sendmail?: true
  /** Further arguments of `candy enable`. */
  readonly enable?: readonly string[]
  /** Edits master.cf and main.cf by hand between enabling and disabling; returns what must be there in the end. */
  readonly edit?: (site: Site, before: Files) => Promise<Files>
}

const ARCHIVE = 'archive@example.net'
const HOLDER = 'hold@example.com'

/** main.cf of a site that can make the life cycle: `always_bcc`, and a sender whose mail is put on hold. */
export const MAIN: Readonly<Record<string, string>> = {
  always_bcc: ARCHIVE,
  smtpd_sender_restrictions: `check_sender_access inline:{${HOLDER}=HOLD}`,
  // Sessions stay open for as long as it all takes.
  smtpd_timeout: '1h',
  // With the test bed's one second a retry may come while pipe(8) still holds the message, and then waits for ever.
  minimal_backoff_time: '4s',
  maximal_backoff_time: '4s',
}

const CLIENTS = 4
/** Milliseconds between two messages of a client: pipe mode starts a process for each. */
const PACE: Readonly<Record<Mode, number>> = { pipe: 1200, smtp: 60, 'smtp-before': 60, milter: 60 }

/** How many messages there are for one in pipe mode. */
const WEIGHT: Readonly<Record<Mode, number>> = { pipe: 1, smtp: 15, 'smtp-before': 15, milter: 15 }

/** Modes in which Postfix has taken a message before candy judges it, so that it may wait in the queue. */
const AFTER_QUEUE: readonly Mode[] = ['pipe', 'smtp']

/** Files by which the test controls the filter: it acts on whether they exist. */
class Marks {
  readonly directory: string

  constructor(site: Site) {
    this.directory = join(site.directory, 'marks')
  }

  async make(): Promise<void> {
    await mkdir(this.directory)
    await chmod(this.directory, 0o777)
  }

  put(name: string): Promise<void> {
    return writeFile(join(this.directory, name), '')
  }

  take(name: string): Promise<void> {
    return rm(join(this.directory, name))
  }

  async has(name: string): Promise<boolean> {
    return (await readdir(this.directory)).includes(name)
  }
}

/**
 * Marks all it judges. `X-Wait-Until: NAME` is judged only when there is such a mark, and begins with a mark NAME-begun;
 * `X-Defer-While: NAME` is deferred while there is one.
 */
function filterWith({ directory }: Marks): string {
  return `import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
const mark = (name) => ${JSON.stringify(`${directory}/`)} + name
const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }
const judge = async (message, { signal }) => {
  const header = Buffer.from(await message.headers()).toString('latin1')
  const [, wait] = /^X-Wait-Until: (.*)\\r$/m.exec(header) ?? []
  if (wait) writeFileSync(mark(wait + '-begun'), '')
  while (wait && !existsSync(mark(wait))) await sleep(50, undefined, { signal })
  const [, defer] = /^X-Defer-While: (.*)\\r$/m.exec(header) ?? []
  if (defer && existsSync(mark(defer))) return { action: 'defer', text: 'not now' }
  return { action: 'accept', edits: [{ add: 'X-Judged', value: 'yes' }] }
}
export const filter = { api: 1, name: 'test', rewrites: false, fields: ['X-Judged'], options, create: () => ({ judge }) }
`
}

export async function runLifeCycle(site: Site, lifeCycle: LifeCycle): Promise<void> {
  const { postfix } = site
  const before = await site.files()
  const marks = new Marks(site)
  await marks.make()
  const filter = join(site.directory, 'filter.js')
  await writeFile(filter, filterWith(marks))
  await site.writeFilter('50-test.toml', `filter = "${filter}"\ntimeout = "5m"\n`)
  site.supervise()

  const traffic = new Traffic(postfix.port, () => site.sink.count)
  const lived = live(site, lifeCycle, { before, marks, traffic })
  lived.catch(() => {})
  await Promise.race([lived, traffic.failure])
}

interface Given {
  readonly before: Files
  readonly marks: Marks
  readonly traffic: Traffic
}

async function live(site: Site, lifeCycle: LifeCycle, { before, marks, traffic }: Given): Promise<void> {
  const { postfix } = site
  const held = await traffic.send({ sender: HOLDER })
  traffic.start(CLIENTS)
  const [first] = lifeCycle.modes
  traffic.pace = PACE[first]
  await site.enable('--mode', first, ...(lifeCycle.enable ?? []))
  const enabled = performance.now()
  if (lifeCycle.sendmail && first !== 'smtp-before')
    traffic.startSendmail((words, input) => postfix.run('sendmail', words, { input }))

  const stages: Stage[] = []
  for (const [index, mode] of lifeCycle.modes.entries()) {
    if (index > 0) {
      traffic.pace = Math.max(PACE[mode], PACE[lifeCycle.modes[index - 1] ?? mode])
      if (mode === 'smtp-before') await endSendmail(site, traffic)
      await site.candy(['mode', mode, '--yes'])
      traffic.pace = PACE[mode]
      await marks.put(`slow-${index - 1}`)
      await stages[index - 1]?.slow
    }
    stages.push(await stay(site, traffic, marks, mode, index, lifeCycle.messages * shareOf(mode, lifeCycle.modes)))
  }
  const sinceEnabled = (): number => traffic.sent.filter(({ opened }) => opened > enabled).length
  await postfix.waitUntil('all its mail', () => sinceEnabled() >= lifeCycle.messages, 600_000)
  // Mail that was deferred in the first mode is tried again in the last one.
  for (const [index, { deferred }] of stages.entries()) if (deferred !== undefined) await marks.take(`defer-${index}`)
  const wanted = (await lifeCycle.edit?.(site, before)) ?? before
  await endSendmail(site, traffic)

  const disabling = performance.now()
  await leave(site, marks, stages)
  await traffic.stop()
  expect(await queueOf(site, held)).toBe('hold')
  expect(await site.files()).toEqual(wanted)
  await postfix.run('postsuper', ['-c', postfix.configDirectory, '-H', held.id])
  await postfix.waitUntilEmpty(120_000)
  expect(await postfix.log()).not.toMatch(/status=(?:bounced|expired|undeliverable)/)
  const judged = traffic.sent.filter(({ opened }) => opened > enabled && opened < disabling)
  expect(judged.length).toBeGreaterThanOrEqual(lifeCycle.messages)
  audit(site, traffic.sent, judged)
}

function shareOf(mode: Mode, modes: LifeCycle['modes']): number {
  return WEIGHT[mode] / modes.reduce((sum, one) => sum + WEIGHT[one], 0)
}

/** What happens while mail goes to candy in one mode. */
interface Stage {
  readonly kept: Kept
  readonly slow: Promise<Sent>
  readonly deferred: Sent | undefined
  readonly held: Sent | undefined
}

/** Waits until so many messages have arrived and one is being delivered. */
async function stay(
  site: Site,
  traffic: Traffic,
  marks: Marks,
  mode: Mode,
  index: number,
  messages: number,
): Promise<Stage> {
  const { postfix } = site
  const wanted = traffic.sent.length + messages
  const kept = await traffic.keep()
  await kept.send()
  let deferred: Sent | undefined
  let held: Sent | undefined
  if (AFTER_QUEUE.includes(mode)) {
    await marks.put(`defer-${index}`)
    deferred = await traffic.send({ fields: [`X-Defer-While: defer-${index}`] })
    held = await traffic.send({ sender: HOLDER })
    await postfix.waitUntil('deferred mail', async () => (await queueOf(site, deferred)) === 'deferred', 60_000)
    expect(await queueOf(site, held)).toBe('hold')
  }
  await postfix.waitUntil('its share of mail', () => traffic.sent.length >= wanted, 600_000)
  const slow = traffic.send({ fields: [`X-Wait-Until: slow-${index}`] })
  slow.catch(() => {})
  await postfix.waitUntil('a delivery in flight', () => marks.has(`slow-${index}-begun`), 120_000)
  return { kept, slow, deferred, held }
}

/**
 * Runs `candy disable`, which waits for mail that is on its way, and gives up when held mail is left, which only the operator may
 * touch.
 */
async function leave(site: Site, marks: Marks, stages: readonly Stage[]): Promise<void> {
  const { postfix } = site
  const held = stages.flatMap((stage) => stage.held ?? [])
  const left = site.candy(['disable', '--yes', '--wait', '5m'], held.length > 0 ? 69 : 0)
  left.catch(() => {})
  await postfix.waitUntil('new mail to go past candy', async () => !isAttached(await site.files()), 60_000)
  await marks.put(`slow-${stages.length - 1}`)
  for (const { kept, slow } of stages) {
    await kept.send()
    await kept.quit()
    await slow
  }
  const { stderr } = await left
  if (held.length === 0) return
  if (!stderr.includes('held messages were received for it')) {
    const told = `the sessions that were kept have ended, and candy disable gave up for another reason:\n${stderr}`
    throw new Error(`${told}\n${await storiesOf(site, stderr)}`)
  }
  for (const { id } of held) {
    expect(stderr).toContain(id)
    expect(await queueOf(site, { id })).toBe('hold')
    await postfix.run('postsuper', ['-c', postfix.configDirectory, '-H', id])
  }
  await site.candy(['disable', '--yes', '--wait', '5m'])
}

/** What Postfix has logged about the processes that candy disable names, and where they are now. */
async function storiesOf({ postfix }: Site, stderr: string): Promise<string> {
  const lines = (await postfix.log()).split('\n')
  const pids = [...stderr.matchAll(/(?:smtpd|pickup|qmqpd) (\d+)/g)].map((match) => Number(match[1]))
  const stories = pids.map(async (pid) => {
    const state = await postfix.run('sh', ['-c', `cat /proc/${pid}/wchan; echo; ls -l /proc/${pid}/fd; ss -xtnp`])
    const sockets = state.stdout.toString().split('\n')
    const own = sockets.filter((line) => !/pid=/.test(line) || line.includes(`pid=${pid},`))
    return [...lines.filter((line) => line.includes(`[${pid}]:`)).slice(-50), ...own].join('\n')
  })
  return (await Promise.all(stories)).join('\n\n')
}

function isAttached({ master }: Files): boolean {
  return /^\s+-o (?:content_filter=candy|smtpd_proxy_filter=unix:candy|cleanup_service_name=candy-cleanup-milter)/m.test(
    master,
  )
}

/** Ends the mail of sendmail(1), and waits until pickup(8) has it all. */
async function endSendmail({ postfix }: Site, traffic: Traffic): Promise<void> {
  await traffic.stopSendmail()
  const isEmpty = async (): Promise<boolean> => {
    const queue = await postfix.queue()
    return !queue.some(({ queue_name: name }) => name === 'maildrop')
  }
  await postfix.waitUntil('an empty maildrop', isEmpty, 60_000)
}

async function queueOf({ postfix }: Site, sent: Pick<Sent, 'id'> | undefined): Promise<string | undefined> {
  return (await postfix.queue()).find(({ queue_id: id }) => id === sent?.id)?.queue_name
}

/** Every message once for each recipient, whole, and judged where it had to be; and nothing that nobody sent. */
function audit({ sink }: Site, sent: readonly Sent[], judged: readonly Sent[]): void {
  const arrived: string[] = []
  const marks = new Map<string, Set<number>>()
  for (const { bytes, recipients } of sink.messages) {
    const text = bytes.toString('latin1')
    if (/^To: .*@candy-proof\.invalid\r$/m.test(text)) continue
    const key = /^X-Key: (.*)\r$/m.exec(text)?.[1] ?? `not ours: ${text}`
    arrived.push(...recipients.map((recipient) => `${key} ${recipient}`))
    marks.set(key, (marks.get(key) ?? new Set()).add(text.match(/^X-Judged: yes\r$/gm)?.length ?? 0))
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(bodyOf(key))
  }
  expect(arrived.toSorted()).toEqual(sent.flatMap(({ key }) => [`${key} ${RECIPIENT}`, `${key} ${ARCHIVE}`]).toSorted())
  const counts = (key: string): readonly number[] => [...(marks.get(key) ?? [])]
  const odd = judged.filter(({ key }) => counts(key).some((count) => count !== 1))
  expect(odd.map(({ key }) => `${key} was judged ${counts(key).join(' and ')} times`)).toEqual([])
  expect(sent.filter(({ key }) => counts(key).some((count) => count > 1))).toEqual([])
}
