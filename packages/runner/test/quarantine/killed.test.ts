/**
 * A process that is killed before any step by which it changes something: nothing is lost, nothing is delivered twice, or it is said that
 * it may have been, and nothing is left behind that the next process does not remove.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Sink, startSink } from '../../../../test/kit/sink.js'
import { sweepDrafts } from '../../src/quarantine/draft.js'
import { readEntry, readNames } from '../../src/quarantine/entry.js'
import { scratch } from '../support.js'
import { killBefore, type Place, perform, stepsOf } from './killing.js'
import { keep, TEXT } from './stored.js'

const LONG = { timeout: 600_000 }

interface TestBed extends Place {
  readonly sink: Sink
}

async function start(): Promise<TestBed> {
  const nextHop = join(scratch(), 'sink')
  const sink = await startSink({ path: nextHop })
  onTestFinished(() => sink.stop())
  return { sink, nextHop, directory: scratch() }
}

async function stateOf(directory: string): Promise<string | undefined> {
  const [name] = await readNames(directory)
  return name === undefined ? undefined : (await readEntry(directory, name))?.state
}

test('while it stores one: it is there whole, or not at all', LONG, async () => {
  const steps = await stepsOf('store', await start())
  expect(steps).toEqual(expect.arrayContaining(['mkdir', 'open', 'writeFile', 'sync', 'rename']))
  for (const [index, step] of steps.entries()) {
    const place = { ...(await start()) }
    await killBefore(index + 1, 'store', place)
    const [name, ...others] = await readNames(place.directory)
    expect(others).toEqual([])
    const isRenamed = steps.slice(0, index).includes('rename')
    expect(name !== undefined, `before ${step} (${index})`).toBe(isRenamed)
    if (name !== undefined) {
      expect(readFileSync(join(place.directory, name, 'message.eml'), 'latin1')).toBe(TEXT)
      expect(await stateOf(place.directory)).toBe('held')
    }
    await sweepDrafts(place.directory)
    expect(readdirSync(place.directory)).toEqual(name === undefined ? [] : [name])
  }
})

test('while it deletes one: it is there whole, or not at all', LONG, async () => {
  const first = await start()
  await keep(first.directory)
  const steps = await stepsOf('delete', first)
  expect(steps).toEqual(['rename', 'sync', 'rm'])
  for (const [index, step] of steps.entries()) {
    const place = await start()
    await keep(place.directory)
    await killBefore(index + 1, 'delete', place)
    expect(await stateOf(place.directory), `before ${step}`).toBe(index === 0 ? 'held' : undefined)
    await sweepDrafts(place.directory)
    if (index === 0) expect(await perform('delete', place)).toBe('deleted')
    expect(readdirSync(place.directory)).toEqual([])
  }
})

test('while it expires two: each is there whole, or not at all', LONG, async () => {
  const first = await start()
  for (const id of ['A', 'B']) await keep(first.directory, { id })
  const steps = await stepsOf('expire', first)
  expect(steps).toEqual(['rename', 'sync', 'rm', 'rename', 'sync', 'rm'])
  for (const [index, step] of steps.entries()) {
    const place = await start()
    for (const id of ['A', 'B']) await keep(place.directory, { id })
    await killBefore(index + 1, 'expire', place)
    const names = await readNames(place.directory)
    expect(names, `before ${step}`).toHaveLength([2, 1, 1, 1, 0, 0][index] ?? 0)
    for (const name of names) expect((await readEntry(place.directory, name))?.state).toBe('held')
    expect(await perform('expire', place)).toEqual(names.map(() => true))
    await sweepDrafts(place.directory)
    expect(readdirSync(place.directory)).toEqual([])
  }
})

test(
  'while it releases one: nobody has it, or it is said that somebody may have it, or it is released',
  LONG,
  async () => {
    const first = await start()
    await keep(first.directory)
    const steps = await stepsOf('release', first)
    expect(first.sink.count).toBe(1)
    expect(steps.filter((step) => step === 'link')).toHaveLength(3)
    const seen = new Set<string | undefined>()
    for (const [index, step] of steps.entries()) {
      const what = `before ${step} (${index})`
      const place = await start()
      const { sink, directory } = place
      await keep(directory)
      await killBefore(index + 1, 'release', place)
      const state = await stateOf(directory)
      seen.add(state)
      const next = (await perform('release', place)) as { readonly released?: boolean; readonly refused?: string }
      if (state === 'held') {
        expect(next, what).toMatchObject({ released: true })
        expect(
          sink.messages.map(({ bytes }) => bytes.toString()),
          what,
        ).toEqual([TEXT])
      } else {
        // It is not sent again, and the person is told why.
        const why = state === 'released' ? 'had it before' : 'may have it'
        expect(next, what).toEqual({ refused: expect.stringContaining(why) })
        expect(sink.count, what).toBeLessThanOrEqual(1)
        if (state === 'released') expect(sink.count, what).toBe(1)
      }
      const [name = ''] = await readNames(directory)
      expect(readdirSync(directory), what).toEqual([name])
      expect(readFileSync(join(directory, name, 'message.eml'), 'latin1'), what).toBe(TEXT)
    }
    expect([...seen].toSorted()).toEqual(['held', 'released', 'uncertain'])
  },
)

test('two that release it at once deliver it once', LONG, async () => {
  for (let round = 0; round < 5; round++) {
    const place = await start()
    await keep(place.directory)
    const results = (await Promise.all(Array.from({ length: 4 }, () => perform('release', place)))) as readonly {
      readonly released?: boolean
    }[]
    expect(results.filter(({ released }) => released === true)).toHaveLength(1)
    expect(place.sink.count).toBe(1)
  }
})
