/**
 * A command that is killed before any of its steps: the next one says what it has found, undoes it or brings it to its end, and
 * no mail is lost, doubled or left behind. `candy disable` gives Postfix's files back byte for byte.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { deliver } from '../ground/client.js'
import { soaking } from '../ground/soak.js'
import { type Files, type Site, startSite } from './site.js'

const PRELOAD = fileURLToPath(new URL('../ground/steps.js', import.meta.url))
const MARK = '#!/bin/sh\n# candy: rewrites\necho "X-Judged: yes"; cat\n'

let site: Site
let before: Files
let sent = 0

beforeAll(async () => {
  site = await startSite()
  await site.postfix.run('postfix', ['check'])
  await site.writeFilter('50-mark', MARK)
  before = await site.files()
  site.supervise()
})
afterAll(() => site.stop())

afterEach(async () => {
  await site.postfix.flush()
  await site.postfix.waitUntilEmpty()
  const subjects = site.sink.messages.map(({ bytes }) => Number(/^Subject: (\d+)/m.exec(bytes.toString('latin1'))?.[1]))
  expect(subjects.toSorted((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, index) => index))
  expect(await site.files()).toEqual(before)
})

async function send(): Promise<void> {
  await deliver(site.postfix.port, {
    sender: 'a@example.com',
    recipients: ['b@example.net'],
    bytes: `Subject: ${sent}\r\n\r\nx\r\n`,
  })
  sent += 1
}

function lineOf(argv: readonly string[]): readonly string[] {
  return [...argv, '--yes', ...(argv[0] === 'enable' ? ['--state', site.state] : [])]
}

/** What a command does, step by step. */
async function stepsOf(argv: readonly string[]): Promise<readonly string[]> {
  const path = join(site.directory, 'steps')
  await rm(path, { force: true })
  await site.candyIn(`NODE_OPTIONS=--import=${PRELOAD} CANDY_STEPS=${path} exec "$@"`, lineOf(argv))
  return (await readFile(path, 'utf8')).trimEnd().split('\n')
}

/** Runs a command that is killed before a step. */
async function killBefore(step: string, argv: readonly string[]): Promise<void> {
  await site.candyIn(`NODE_OPTIONS=--import=${PRELOAD} CANDY_KILL_AT='${step}' "$@"; [ $? = 137 ]`, lineOf(argv))
}

const run = (argv: readonly string[]): ReturnType<Site['candy']> => site.candy(lineOf(argv))

const ENABLE = ['enable', '--mode', 'pipe']
const DISABLE = ['disable']
const PURGE = ['disable', '--purge']

/** What no command leaves behind, whatever it has found. */
async function leavings(): Promise<readonly string[]> {
  const { master, main } = await site.files()
  const { configDirectory, queueDirectory } = site.postfix
  const names = await Promise.all(
    [configDirectory, site.state, join(queueDirectory, 'candy')].map((path) =>
      readdir(path, { recursive: true }).catch(() => []),
    ),
  )
  return [
    ...(`${master}${main}`.match(/^.*(?:candy-proof|soft_bounce).*$/gm) ?? []),
    ...names.flat().filter((name) => /\.tmp$|^candy\.lock$|^pending\.json$|^proof$/.test(name)),
  ]
}

const isAttached = async (): Promise<boolean> => /^\s+-o content_filter=candy/m.test((await site.files()).master)

/** All steps where tests may take long, else those that a successor must tell from one another. */
function choose(steps: readonly string[], telling: RegExp): readonly string[] {
  expect(steps.filter((step) => telling.test(step)).length).toBeGreaterThan(4)
  return soaking ? steps : steps.filter((step) => telling.test(step))
}

/** Kills a command, lets mail come in, and runs the next. Returns what that one has said. */
async function killThen(step: string, argv: readonly string[], next: readonly string[]): Promise<string> {
  await killBefore(step, argv)
  const isNoted = existsSync(join(site.state, 'pending.json'))
  await send()
  const { stderr } = await run(next)
  expect(stderr.includes('an earlier command was cut short'), `${step}: ${stderr}`).toBe(isNoted)
  expect(await leavings(), step).toEqual([])
  expect(await isAttached(), step).toBe(next[0] === 'enable')
  await send()
  return stderr
}

test('enabling', async () => {
  const steps = await stepsOf(ENABLE)
  await run(PURGE)
  const end = steps.indexOf('rename to master.cf (2)')
  const telling = /^(?:make state|rename to (?:spool|master|journal)|link README|postfix reload|remove pending)/
  for (const [index, step] of choose(steps, telling).entries()) {
    // What is in candy.toml only later, disabling cannot know: where the state directory is.
    const next = index % 2 === 0 && step !== 'link candy.toml (1)' ? PURGE : ENABLE
    const stderr = await killThen(step, ENABLE, next)
    expect(stderr.includes('brought to its end'), step).toBe(
      steps.indexOf(step) > end && steps.indexOf(step) <= steps.indexOf('remove pending.json (1)'),
    )
    if (await isAttached()) await run(PURGE)
    expect(await site.files(), step).toEqual(before)
  }
}, 600_000)

test('disabling', async () => {
  await run(ENABLE)
  const steps = await stepsOf(DISABLE)
  for (const [index, step] of choose(steps, /^(?:rename to master|postfix reload|remove journal)/).entries()) {
    if (!(await isAttached())) await run(ENABLE)
    await killThen(step, DISABLE, index % 2 === 0 ? DISABLE : ENABLE)
    if (index % 2 === 0) expect(await site.files(), step).toEqual(before)
  }
  await run(DISABLE)
}, 600_000)

test('switching to another mode, from which candy is left in the old one or in the new one, and in none between', async () => {
  await run(ENABLE)
  const steps = await stepsOf(['mode', 'smtp'])
  let mode = 'smtp'
  const telling = /^(?:rename to (?:candy\.toml|master)|postfix reload \(2|remove pending)/
  for (const step of choose(steps, telling)) {
    const other = mode === 'pipe' ? 'smtp' : 'pipe'
    const stderr = await killThen(step, ['mode', other], ['enable'])
    if (stderr.includes('brought to its end') || steps.indexOf(step) > steps.indexOf('remove pending.json (1)'))
      mode = other
    expect(stderr.includes('brought to its end'), step).toBe(
      steps.indexOf(step) > steps.indexOf('rename to master.cf (2)') &&
        steps.indexOf(step) <= steps.indexOf('remove pending.json (1)'),
    )
    const { stdout } = await site.candy(['enable', '--dry-run', '--json'])
    expect(JSON.parse(stdout), step).toMatchObject({ done: true, mode })
    const filter = mode === 'pipe' ? 'candy:dummy' : 'candy-lmtp:unix:candy/lmtp'
    expect((await site.files()).master, step).toContain(`-o content_filter=${filter}\n`)
    expect(await readFile(join(site.postfix.configDirectory, 'candy.toml'), 'utf8'), step).toContain(`mode = "${mode}"`)
  }
  await run(DISABLE)
}, 600_000)

test('changing what is filtered, before any of it is written: what was filtered before does not make it look done', async () => {
  await run(ENABLE)
  const stderr = await killThen('rename to main.cf (1)', ['enable', '--no-pickup'], ['enable'])
  expect(stderr).toContain('what it had begun is undone')
  const { stdout } = await site.candy(['enable', '--dry-run', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ done: true, pickup: true })
  await run(DISABLE)
})
