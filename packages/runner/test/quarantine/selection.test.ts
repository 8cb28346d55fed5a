import { expect, test } from 'vitest'
import { readEntry } from '../../src/quarantine/entry.js'
import { isSelected, type Selection } from '../../src/quarantine/selection.js'
import { scratch } from '../support.js'
import { keep } from './stored.js'

const HOUR = 3_600_000

test.each<[Selection, boolean]>([
  [{}, true],
  [{ olderThan: HOUR }, true],
  [{ olderThan: 3 * HOUR }, false],
  [{ newerThan: 3 * HOUR }, true],
  [{ newerThan: HOUR }, false],
  [{ sender: 'A@Example.com' }, true],
  [{ sender: '' }, false],
  [{ sender: '*@example.com' }, true],
  [{ sender: 'a*' }, true],
  [{ sender: 'a@example.com*a@example.com' }, false],
  [{ sender: 'example.com' }, false],
  [{ recipient: 'c@example.org' }, true],
  [{ recipient: '*@example.*' }, true],
  [{ recipient: '*@example.com' }, false],
  [{ filter: '50-clamav' }, true],
  [{ filter: '50' }, false],
  [{ reason: 'EICAR' }, true],
  [{ reason: 'spam' }, false],
  [{ state: 'held' }, true],
  [{ state: 'released' }, false],
  [{ filter: '50-clamav', sender: 'nobody' }, false],
])('%j chooses the message: %s', async (selection, expected) => {
  const directory = scratch()
  const entry = await readEntry(directory, await keep(directory))
  if (entry === undefined) throw new Error('no entry')
  expect(isSelected(entry, selection, (entry.time ?? 0) + 2 * HOUR)).toBe(expected)
})

test('a null sender is chosen by an empty one', async () => {
  const directory = scratch()
  const envelope = { sender: '', recipients: ['b@example.net', 'c@example.org'] } as const
  const entry = await readEntry(directory, await keep(directory, { envelope }))
  expect(entry && isSelected(entry, { sender: '' })).toBe(true)
  expect(entry && isSelected(entry, { sender: '*' })).toBe(true)
})
