/** Two commands at once: one is carried out, the other says so, and what is said to be filtered is filtered. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { soaking } from '../kit/soak.js'
import { type Site, startSite } from './site.js'

const MARK = '#!/bin/sh\n# candy: rewrites\necho "X-Judged: yes"; cat\n'
const ENABLE = ['enable', '--yes', '--mode', 'pipe']

/** Milliseconds by which the second command starts later, so that each step of one meets each step of the other. */
const LAGS = soaking ? [0, 20, 60, 120, 200, 300, 450, 650, 900, 1_300, 2_000] : [0, 450]

/** The exit statuses and the output of both. Throws for a status other than 0 and 69. */
async function both(site: Site, argv: readonly (readonly string[])[], lag: number): Promise<readonly string[]> {
  const state = ['--state', site.state]
  const run = async (words: readonly string[]): Promise<string> => {
    const line = words[0] === 'enable' ? [...words, ...state] : words
    const { stdout, stderr } = await site.candyIn('"$@"; s=$?; echo "status $s"; [ $s = 69 ] || exit $s', line)
    return `${stdout}${stderr}`
  }
  const [first = [], second = []] = argv
  const running = run(first)
  await sleep(lag)
  return Promise.all([running, run(second)])
}

async function isJudged(site: Site): Promise<boolean> {
  site.sink.clear()
  await deliver(site.postfix.port, {
    sender: 'a@example.com',
    recipients: ['b@example.net'],
    bytes: 'X: y\r\n\r\nx\r\n',
  })
  const [message] = await site.sink.waitFor(1)
  return message?.bytes.includes('X-Judged: yes') === true
}

const AT_WORK = /"candy \w+" \(process \d+\) has been changing .*: nothing was done/

// Each on a site of its own, at the same time: they wait more than they work.
test.concurrent('of two commands that enable, one does so and the other is refused or finds nothing to do, and mail is judged', async () => {
  await using site = await startSite()
  const before = await site.files()
  await site.writeFilter('50-mark', MARK)
  for (const lag of LAGS) {
    const said = await both(site, [ENABLE, ENABLE], lag)
    const enabled = said.filter((text) => text.includes('candy is enabled') && text.includes('status 0'))
    const others = said.filter((text) => AT_WORK.test(text) || text.includes('Nothing to do'))
    expect([enabled.length, others.length], said.join('\n')).toEqual([1, 1])
    expect(await isJudged(site)).toBe(true)
    await site.candy(['disable', '--yes'])
    expect(await site.files()).toEqual(before)
  }
}, 300_000)

test.concurrent('after two different commands at the same time, mail is judged exactly if master.cf sends it to candy', async () => {
  await using site = await startSite()
  const before = await site.files()
  await site.writeFilter('50-mark', MARK)
  site.supervise()
  await site.enable('--mode', 'pipe')
  const pairs = [
    [['disable', '--yes'], ENABLE],
    [
      ['mode', 'smtp', '--yes'],
      ['disable', '--yes'],
    ],
    [ENABLE, ['disable', '--yes']],
    [
      ['mode', 'smtp', '--yes'],
      ['mode', 'pipe', '--yes'],
    ],
  ] as const
  for (const [first, second] of soaking ? pairs : pairs.slice(0, 1)) {
    await both(site, [first, second], 200)
    const { master } = await site.files()
    expect(await isJudged(site), `${first} and ${second}`).toBe(/^\s+-o content_filter=candy/m.test(master))
    await site.enable('--mode', 'pipe')
  }
  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)
}, 300_000)
