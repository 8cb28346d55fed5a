/**
 * What becomes of a verdict in each mode, from one table: what the client, the recipient, the sender, the queue and the quarantine get.
 * Then the same in mode pipe where no `candy serve` runs, and a process of its own judges each message.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Mail } from '../kit/client.js'
import { runCommand, tryCommand } from '../kit/command.js'
import { MODE_NAMES, type Mode } from '../kit/enabled.js'
import { type Entrances, startEntrances } from '../kit/entrances.js'
import { writeFilterFile } from '../kit/filter-file.js'
import { effectOf, effectOfOne, ONE_TRY } from './effect.js'
import { RECIPIENTS } from './recipient-table.js'
import { expectedEffect, type Outcome, outcomeIn, POLICIES } from './verdict-table.js'

/** Does as the subject says. */
const OBEDIENT = `
  const verdict = /^Subject: (.*)\\r$/m.exec(Buffer.from(await message.headers()).toString())?.[1]
  const edits = [{ add: 'X-Judged', value: verdict }]
  const content = async function* () {
    yield Buffer.from('X-Added: new\\r\\n')
    if (verdict === 'half of a new message') throw new Error('as you wish')
    yield Buffer.from('\\r\\nnew\\r\\n')
  }
  switch (verdict) {
    case 'accept': case 'accept what header_checks knows': return { action: 'accept' }
    case 'accept with a field': return { action: 'accept', edits }
    case 'accept with another field': return { action: 'accept', edits: [{ add: 'X-Undeclared', value: 'x' }] }
    case 'a new message': case 'half of a new message': return { action: 'accept', content }
    case 'discard': return { action: 'discard', text: 'as you wish' }
    case 'throw': throw new Error('as you wish')
    case 'take too long': return new Promise((resolve) => setTimeout(resolve, 60_000).unref())
    case 'end': process.exit(0)
    case 'tell': {
      const { check, messageSizeLimit } = host
      const lent = JSON.stringify({ check, messageSizeLimit, remaining: context.remaining })
      ;(await import('node:fs')).writeFileSync(host.directory + '/' + message.envelope.sender, lent)
      return { action: 'accept' }
    }
    default: return { action: verdict, text: 'as you wish', edits }
  }
`

/** Each policy has a drop-in, which is for the recipients of a domain with its name. */
const ROWS = POLICIES.flatMap(({ rows, ...policy }, n) =>
  rows.map((row) => ({ ...policy, row, name: `50-policy-${n}` })),
)
const RULES = RECIPIENTS.map((one, n) => ({ ...one, name: `50-rules-${n}` }))

/** Of those, one for each outcome, status and kind of filter, for where only that differs who runs the filters. */
const FEW = [
  ...new Map(ROWS.map((one) => [`${outcomeIn(one.row, 'pipe')} ${one.row.status} ${one.rewrites}`, one])).values(),
]

/** A filter that ends its process: what is said is said by who has lost the connection, so each mode has words of its own. */
const ENDED: Readonly<Record<Mode, RegExp>> = {
  pipe: /^250\nwaits, 4\.3\.0 (?:candy-handover ended with status 70; the system log says more|temporary failure)$/,
  smtp: /^250\nwaits, 4\.4\.2 lost connection with \S+ while sending end of data/,
  'smtp-before': /^451 4\.3\.0 Error: queue file write error\nnowhere$/,
  milter: /^451 4\.7\.1 Service unavailable - try again later\nnowhere$/,
}

/** Without `candy serve`, which in mode pipe is not needed. */
const ABSENT: Readonly<Record<Exclude<Mode, 'pipe'>, RegExp>> = {
  smtp: /^250\nwaits, 4\.4\.1 connect to \S+: No such file or directory$/,
  'smtp-before': /^451 4\.3\.0 Error: queue file write error\nnowhere$/,
  milter: /^451 4\.7\.1 Service unavailable - try again later\nnowhere$/,
}

/** What header_checks(5) adds stands in the message once, in every mode. */
const MAIN = { ...ONE_TRY, header_checks: 'regexp:{{/^Subject: .* header_checks / PREPEND X-Checked: once}}' }

let entrances: Entrances
/** What was sent, by sender: the mode and what is to be done, as the history has it. */
const sent = new Map<string, { readonly mode: Mode; readonly action: Outcome }>()
let count = 0

beforeAll(async () => {
  entrances = await startEntrances({ main: MAIN, settings: ['[history]', 'addresses = true'] })
})
afterAll(() => entrances.stop())

/** A message with fields that only the filter and candy may write. */
function saying(verdict: string, recipients: readonly string[]): Mail {
  count += 1
  const bytes = `X-Judged: forged\r\nX-Candy-Status: forged\r\nSubject: ${verdict}\r\n\r\nbody\r\n`
  return { sender: `sender-${count}@example.com`, recipients, bytes }
}

interface DropIn {
  readonly name: string
  readonly policy?: string
  readonly rewrites?: boolean
  /** By local part. */
  readonly rules?: Readonly<Record<string, string>>
}

async function install({ name, policy = '', rewrites = false, rules = {} }: DropIn): Promise<void> {
  const path = join(entrances.directory, rewrites ? 'rewriting.js' : 'judging.js')
  await writeFilterFile(path, { judge: OBEDIENT, rewrites })
  const all = { '*': 'enabled = false', [`${name}.example.net`]: '' }
  for (const [local, lines] of Object.entries(rules)) all[`${local}@${name}.example.net`] = lines
  const tables = Object.entries(all).map(([of, lines]) => `[recipients."${of}"]\n${lines}\n`)
  await entrances.writeFilter(`${name}.toml`, `filter = "${path}"\n${policy}\n${tables.join('')}`)
}

interface HistoryRecord {
  readonly sender: string
  readonly mode: Mode
  readonly action: Outcome
}

async function history(): Promise<readonly HistoryRecord[]> {
  const directory = join(entrances.state, 'history')
  const texts = await Promise.all((await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')))
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line))
}

/** All that is in the tables. `apply` has a change of filters.d take effect. */
function tests(modes: readonly Mode[], rows: typeof ROWS, apply: () => Promise<void>): void {
  beforeAll(async () => {
    sent.clear()
    for (const dropIn of [...ROWS, ...RULES]) await install(dropIn)
    await apply()
  })

  const inModes = <T>(things: readonly T[]) => things.flatMap((thing) => modes.map((mode) => ({ ...thing, mode })))

  test.concurrent.each(inModes(rows))('mode $mode, $policy: $row.verdict', async ({ mode, name, row }) => {
    const mail = saying(row.verdict, [`recipient@${name}.example.net`])
    sent.set(mail.sender, { mode, action: outcomeIn(row, mode) })
    expect(await effectOfOne(entrances, mode, mail)).toBe(expectedEffect(row, mode, name))
  })

  test('the history has each message, with its mode and what was done', async () => {
    const records = await history()
    const found = Array.from(sent.keys(), (sender) => records.filter((record) => record.sender === sender))
    expect(found).toMatchObject(Array.from(sent.values(), (one) => [one]))
  })

  test.concurrent.each(inModes(RULES))('mode $mode, recipients $who', async ({ mode, name, verdict, effects }) => {
    const { client, places } = effects[mode]
    const expected = Object.entries(places).map(([local, place]) => [
      `${local}@${name}.example.net`,
      place.replace('NAME', name),
    ])
    const mail = saying(
      verdict,
      expected.map(([address = '']) => address),
    )
    expect(await effectOf(entrances, mode, mail)).toEqual({ client, recipients: Object.fromEntries(expected) })
  })

  test.each(modes)('mode %s, a filter that ends its process', async (mode) => {
    const mail = saying('end', ['recipient@50-policy-0.example.net'])
    expect(await effectOfOne(entrances, mode, mail)).toMatch(ENDED[mode])
  })

  test('what waits is delivered, once, when nothing keeps it any more', async () => {
    const { postfix, sink } = entrances
    const waiting = (await postfix.queue()).flatMap(({ sender, recipients }) =>
      recipients.map(({ address }) => `${sender} ${address}`),
    )
    expect(waiting.length).toBeGreaterThan(modes.length)
    for (const file of await readdir(entrances.filters)) {
      if (file.startsWith('50-')) await entrances.removeFilter(file)
    }
    await apply()
    sink.clear()
    await postfix.flush()
    await postfix.waitUntilEmpty()
    const arrived = sink.messages.flatMap(({ sender, recipients }) => recipients.map((one) => `${sender} ${one}`))
    expect(arrived.toSorted()).toEqual(waiting.toSorted())
  })
}

describe('with candy serve', () => {
  tests(MODE_NAMES, ROWS, () => entrances.reload())

  describe('what a filter is lent', () => {
    beforeAll(async () => {
      await install({ name: '50-lending' })
      await entrances.reload()
    })

    test.each(MODE_NAMES)('mode %s', async (mode) => {
      const mail = saying('tell', ['recipient@50-lending.example.net'])
      expect(await effectOfOne(entrances, mode, mail)).toBe('250\ndelivered')
      const lent = JSON.parse(await readFile(join(entrances.state, 'filters/50-lending', mail.sender), 'utf8'))
      const { configDirectory } = entrances.postfix
      const limit = await runCommand('postconf', ['-c', configDirectory, '-h', 'message_size_limit'])
      expect(lent).toEqual({ check: false, messageSizeLimit: Number(limit.toString()), remaining: expect.any(Number) })
      expect(lent.remaining).toBeGreaterThan(0)
      // The timeout of a drop-in that says none.
      expect(lent.remaining).toBeLessThanOrEqual(60_000)
    })
  })

  describe('a filter with more time than the mode has', () => {
    let mend: () => Promise<void>
    beforeAll(async () => {
      await install({ name: '50-late' })
      const deadline = 'deadline = "2s"'
      mend = await entrances.change(/^\[smtp\]$/m, `[smtp]\n${deadline}`)
      await entrances.change(/^\[pipe\]$/m, `[milter]\n${deadline}\n[pipe]\n${deadline}`)
      await entrances.reload()
    })
    afterAll(() => mend())

    // candy.toml has a deadline of its own for one of the SMTP modes, and that is smtp-before.
    test.concurrent.each(['pipe', 'smtp-before', 'milter'] as const)('mode %s', async (mode) => {
      const row = {
        verdict: 'take too long',
        outcome: 'defer',
        status: '3.0',
        text: 'content filter unavailable',
      } as const
      expect(await effectOfOne(entrances, mode, saying(row.verdict, ['recipient@50-late.example.net']))).toBe(
        expectedEffect(row, mode, '50-late'),
      )
    })
  })

  test('candy status counts what the history has', async () => {
    const { installation, postfix } = entrances
    const argv = [installation.candy, '-c', postfix.configDirectory, 'status', '--json']
    const { stdout } = await tryCommand(process.execPath, argv)
    const actions: Record<string, number> = {}
    const records = await history()
    for (const { action } of records) actions[action] = (actions[action] ?? 0) + 1
    expect(JSON.parse(stdout.toString()).windows.day).toMatchObject({ messages: records.length, actions })
  })
})

describe('without candy serve', () => {
  beforeAll(() => entrances.end())
  tests(['pipe'], FEW, async () => {})

  test('mode pipe, a drop-in that is wrong', async () => {
    await entrances.writeFilter('50-wrong.toml', 'nonsense')
    const mail = saying('accept', ['recipient@example.net'])
    expect(await effectOfOne(entrances, 'pipe', mail)).toBe('250\nwaits, 4.3.5 content filter configuration error')
    expect((await history()).at(-1)).toMatchObject({ mode: 'pipe', action: 'defer', reason: 'CONFIG' })
    await entrances.removeFilter('50-wrong.toml')
  })

  test.each(Object.entries(ABSENT))('mode %s, nobody to judge', async (mode, expected) => {
    expect(await effectOfOne(entrances, mode as Mode, saying('accept', ['recipient@example.net']))).toMatch(expected)
  })
})
