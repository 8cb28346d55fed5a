import { readdirSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownIdentity } from '../../src/os/process-identity.js'
import { readNames } from '../../src/quarantine/entry.js'
import { appendEvent } from '../../src/quarantine/events.js'
import { type ExpiryLimits, expire, planExpiry } from '../../src/quarantine/expiry.js'
import { scratch } from '../support.js'
import { keep } from './stored.js'

const DAY = 86_400_000
const NOW = Date.parse('2026-02-01T00:00:00Z')

const at = (daysAgo: number): { readonly time: string } => ({ time: new Date(NOW - daysAgo * DAY).toISOString() })

async function planned(directory: string, limits: ExpiryLimits): Promise<readonly string[]> {
  const plan = await planExpiry(directory, await readNames(directory), limits, NOW)
  return plan.map(({ entry, limit }) => `${limit} ${entry.name.slice(0, 8)}`)
}

async function release(directory: string, name: string): Promise<void> {
  const path = join(directory, name)
  const by = { ...(await ownIdentity()), pid: 1 }
  await appendEvent(path, 0, { event: 'releasing', recipients: ['b@example.net', 'c@example.org'], by })
  await appendEvent(path, 1, { event: 'sending' })
  await appendEvent(path, 2, { event: 'released', reply: '250 Ok' })
}

test('what is older than the limit goes, damaged or not, and what is none of ours stays', async () => {
  const directory = scratch()
  await keep(directory, at(40))
  await keep(directory, at(31))
  await keep(directory, at(29))
  await mkdir(join(directory, '20260101T000000Z-damaged'))
  for (const name of ['odd', '20260101T000000Z', 'README']) writeFileSync(join(directory, name), '')
  expect(await planned(directory, { keep: 30 * DAY })).toEqual(['keep 20251223', 'keep 20260101', 'keep 20260101'])
  expect(await planned(directory, { keep: 'forever' })).toEqual([])
  for (const one of await planExpiry(directory, await readNames(directory), { keep: 30 * DAY }, NOW)) {
    expect(await expire(directory, one)).toBe(true)
    expect(await expire(directory, one)).toBe(false)
  }
  expect(readdirSync(directory)).toHaveLength(4)
})

test('of what takes too much room released messages go first, then the oldest, until it fits', async () => {
  const directory = scratch()
  const text = 'x'.repeat(100)
  for (const days of [9, 8, 7, 6]) await keep(directory, at(days), text)
  const names = await readNames(directory)
  await release(directory, names[2] ?? '')
  const by = (maxSize: number): Promise<readonly string[]> => planned(directory, { keep: 'forever', maxSize })
  expect(await by(400)).toEqual([])
  expect(await by(399)).toEqual(['max_size 20260125'])
  expect(await by(299)).toEqual(['max_size 20260125', 'max_size 20260123'])
  expect(await by(1)).toHaveLength(4)
})

test('what is beyond both limits goes once, and what is too old does not count for the room', async () => {
  const directory = scratch()
  const text = 'x'.repeat(100)
  for (const days of [40, 2, 1]) await keep(directory, at(days), text)
  expect(await planned(directory, { keep: 30 * DAY, maxSize: 200 })).toEqual(['keep 20251223'])
})

test('what is being released stays', async () => {
  const directory = scratch()
  const name = await keep(directory, at(40))
  await appendEvent(join(directory, name), 0, { event: 'releasing', recipients: ['b'], by: await ownIdentity() })
  const [one] = await planExpiry(directory, [name], { keep: DAY }, NOW)
  expect(one && (await expire(directory, one))).toBe(false)
  expect(await planned(directory, { keep: 'forever', maxSize: 1 })).toEqual([])
  expect(readdirSync(directory)).toEqual([name])
})
