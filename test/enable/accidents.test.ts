/** What goes wrong while candy is enabled is put back byte for byte, with the reason; nothing of candy is left. */
import { chmod, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { soaking } from '../kit/soak.js'
import { type Files, type Site, startSite } from './site.js'

let site: Site
let before: Files
let listing: readonly string[]

beforeAll(async () => {
  site = await startSite()
  // Postfix itself creates files in a new queue directory. These are not candy's.
  await site.postfix.run('postfix', ['check'])
})
afterAll(() => site.stop())

/**
 * The paths of all files in the configuration and queue directories but mail, and the access control list of the directory where mail
 * comes back.
 */
async function everything(): Promise<readonly string[]> {
  const { configDirectory, queueDirectory } = site.postfix
  const config = await readdir(configDirectory, { recursive: true })
  const { stdout } = await site.postfix.run('getfacl', ['-p', join(queueDirectory, 'public')])
  const permissions = stdout.toString()
  return [...config, ...(await readdir(queueDirectory)), ...(await readdir(site.directory)), permissions].toSorted()
}

beforeEach(async () => {
  before = await site.files()
  listing = await everything()
})

afterEach(async () => {
  expect(await site.files()).toEqual(before)
  expect(await everything()).toEqual(listing)
  expect(await site.postfix.queue()).toEqual([])
  await deliver(site.postfix.port, {
    sender: 'a@example.com',
    recipients: ['b@example.net'],
    bytes: 'Subject: x\r\n\r\nx\r\n',
  })
  await site.sink.waitFor(1)
  site.sink.clear()
})

async function failure(...argv: readonly string[]): Promise<string> {
  const { stderr } = await site.candy(['enable', '--yes', '--state', site.state, ...argv], 69)
  return stderr
}

test('a runner that the filter account cannot reach', async () => {
  await chmod(site.installation.directory, 0o700)
  try {
    const text = await failure('--mode', 'pipe')
    expect(text).toMatch(/candy was not enabled: a test message does not come through: .*candy-pipe/)
    expect(text).toContain('Everything is as it was before.')
  } finally {
    await chmod(site.installation.directory, 0o755)
  }
})

test('a filter that is there already and keeps the test message, or defers it', async () => {
  const filters = join(site.postfix.configDirectory, 'filters.d')
  await mkdir(filters)
  listing = await everything()
  await writeFile(join(filters, '50-no'), '#!/bin/sh\necho "4.7.1 not today"; exit 75\n', { mode: 0o755 })
  listing = await everything()
  expect(await failure('--mode', 'pipe')).toMatch(/does not come through: .*not today/)
  await writeFile(join(filters, '50-no'), '#!/bin/sh\nexit 69\n', { mode: 0o755 })
  const text = await failure('--mode', 'pipe')
  expect(text).toContain('does not come back: look at "candy list"')
  // A message is in the quarantine, which is therefore kept.
  expect(await site.quarantined()).toHaveLength(1)
  await rm(join(filters, '50-no'))
  listing = await everything()
})

test('nobody who answers in mode smtp', async () => {
  const failed = failure('--mode', 'smtp', '--wait', '5s')
  await sleep(3_000)
  expect(await site.files()).toEqual(before)
  expect(await failed).toMatch(/nobody answers on .*candy\/lmtp: have this run under your supervisor/)
})

test('a dry run touches nothing, and its diff is what is done later', async () => {
  const { stdout } = await site.candy(['enable', '--dry-run', '--mode', 'pipe', '--json'])
  const shown = JSON.parse(stdout) as { readonly diff: string; readonly nothingToDo: boolean }
  expect(shown.nothingToDo).toBe(false)
  expect(shown.diff).toContain('+  -o content_filter=candy:dummy')
})

test('nobody to ask, and no --yes', async () => {
  const { stderr } = await site.candy(['enable', '--mode', 'pipe', '--state', site.state], 64)
  expect(stderr).toContain('say --yes')
})

test.each([
  ['check', 1, 'the services are not taken'],
  ['check', 2, 'new mail is not given'],
  ['reload', 1, 'the services are not taken'],
  ['reload', 2, 'new mail is not given'],
])('postfix %s fails the %d. time, and %s', async (verb, turn) => {
  const directory = join(site.directory, 'fake')
  await mkdir(directory)
  const count = join(directory, 'count')
  const fake = `#!/bin/sh
for verb; do :; done
[ "$verb" = ${verb} ] && echo >>${count} && [ "$(wc -l <${count})" = ${turn} ] && { echo "no ${verb} today" >&2; exit 1; }
exec /usr/sbin/postfix "$@"
`
  await writeFile(join(directory, 'postfix'), fake, { mode: 0o755 })
  try {
    const argv = ['enable', '--yes', '--state', site.state, '--mode', 'pipe']
    const { stderr } = await site.candyIn(`PATH=${directory}:$PATH exec "$@"`, argv, 69)
    expect(stderr).toContain(`no ${verb} today`)
    expect(stderr).toContain('Everything is as it was before.')
  } finally {
    await rm(directory, { recursive: true })
  }
})

/** Starts `candy enable`, and waits until a filter holds the test message. The filter goes on when its file is removed. */
async function untilProof(status: number): Promise<{ pid: number; ended: Promise<string> }> {
  const filters = join(site.postfix.configDirectory, 'filters.d')
  await mkdir(filters, { recursive: true })
  await writeFile(join(filters, '50-no'), '#!/bin/sh\nwhile [ -e "$0" ]; do sleep 0.2; done\n', { mode: 0o755 })
  const pidFile = join(site.directory, 'pid')
  const argv = ['enable', '--yes', '--state', site.state, '--mode', 'pipe']
  const ended = site.candyIn(`echo $$ >${pidFile}; exec "$@"`, argv, status).then(({ stderr }) => stderr)
  ended.catch(() => {})
  await site.postfix.waitUntil('the proof', async () => (await site.postfix.queue()).length > 0)
  const pid = Number(await readFile(pidFile, 'utf8'))
  await rm(pidFile)
  return { pid, ended }
}

test('somebody stops it half way', async () => {
  const { pid, ended } = await untilProof(69)
  expect((await site.files()).master).toContain('candy-proof')
  process.kill(pid, 'SIGTERM')
  await rm(join(site.postfix.configDirectory, 'filters.d/50-no'))
  expect(await ended).toMatch(/not enabled: (?:it was stopped|.*)\nEverything is as it was before/)
  listing = await everything()
})

test("somebody edits master.cf half way: candy's lines go, and the edit stays", async () => {
  const { ended } = await untilProof(69)
  const path = join(site.postfix.configDirectory, 'master.cf')
  await writeFile(path, `${(await site.files()).master}# by hand\n`, 'latin1')
  await rm(join(site.postfix.configDirectory, 'filters.d/50-no'))
  expect(await ended).toMatch(/Everything of candy's is taken back; .* edited meanwhile stays \(.*master\.cf\)/)
  expect(await site.files()).toEqual({ master: `${before.master}# by hand\n`, main: before.main })
  await writeFile(path, before.master, 'latin1')
  await site.postfix.reload()
  listing = await everything()
})

/** Leaves a command that was killed while its test message was on the way. */
async function killAtProof(): Promise<void> {
  const { pid, ended } = await untilProof(0)
  process.kill(pid, 'SIGKILL')
  await expect(ended).rejects.toThrow('status null')
  expect((await site.files()).master).toContain('candy-proof')
}

async function afterwards(): Promise<void> {
  await rm(join(site.postfix.configDirectory, 'filters.d/50-no'))
  listing = await everything()
}

test('a command that is killed half way is undone by the next', async () => {
  await killAtProof()
  const { stderr } = await site.candy(['disable', '--yes'])
  expect(stderr).toContain('cut short: what it had begun is undone')
  await afterwards()
})

test('killed half way, and main.cf and master.cf edited by other programs since: both commands go on, and the edits stay', async () => {
  await killAtProof()
  await site.postfix.set({ smtpd_banner: 'edited' })
  await site.writeMaster(`${(await site.files()).master}mine unix - - n - - smtp\n`)
  const { stderr } = await site.candy(['enable', '--dry-run', '--mode', 'pipe'])
  expect(stderr).toBe('')
  const undone = await site.candy(['disable', '--yes'])
  expect(undone.stderr).toMatch(/what another program has edited meanwhile stays \(.*main\.cf, .*master\.cf\)/)
  const files = await site.files()
  expect(files).toEqual({
    main: `${before.main}smtpd_banner = edited\n`,
    master: `${before.master}mine unix - - n - - smtp\n`,
  })
  before = files
  await afterwards()
})

test('killed half way, and what it had noted cut short by a full disk: its lines go by name, with either command', async () => {
  for (const size of [0, 1, 900]) {
    await killAtProof()
    await truncate(join(site.state, 'pending.json'), size)
    const { stderr } = await site.candy(['disable', '--yes'])
    expect(stderr).toContain('what it had noted is damaged')
    expect(await site.files()).toEqual(before)
    await rm(join(site.postfix.configDirectory, 'filters.d/50-no'))
    if (!soaking) break
  }
  await killAtProof()
  await rm(join(site.state, 'pending.json'))
  await rm(join(site.postfix.configDirectory, 'filters.d/50-no'))
  await site.enable('--mode', 'pipe')
  const { master, main } = await site.files()
  expect(`${master}${main}`).not.toMatch(/candy-proof|soft_bounce/)
  await site.candy(['disable', '--yes'])
  listing = await everything()
})
