import { expect, test } from 'vitest'
import { ownIdentity } from '../../src/os/process-identity.js'
import type { DatedEvent } from '../../src/quarantine/events.js'
import { standingOf } from '../../src/quarantine/state.js'

const time = new Date().toISOString()
const own = await ownIdentity()
const dead = { ...own, pid: 1 }
const [B, C] = ['b@example.net', 'c@example.net']

const releasing = (by: typeof own, ...recipients: string[]): DatedEvent => ({
  time,
  event: 'releasing',
  recipients,
  by,
})
const sending: DatedEvent = { time, event: 'sending' }
const released: DatedEvent = { time, event: 'released', reply: '250 2.0.0 Ok' }
const failed: DatedEvent = { time, event: 'failed', text: '451 4.3.0 no' }
const uncertain: DatedEvent = { time, event: 'uncertain', text: 'gone' }

test.each<[string, string, readonly DatedEvent[], readonly string[], readonly string[]]>([
  ['nothing was done', 'held', [], [], []],
  ['a process is releasing it', 'releasing', [releasing(own, B, C)], [], []],
  ['a process is sending it', 'releasing', [releasing(own, B, C), sending], [], []],
  ['a process died before it sent it', 'held', [releasing(dead, B, C)], [], []],
  ['a process died while it sent it', 'uncertain', [releasing(dead, B, C), sending], [], [B, C]],
  ['the connection ended', 'uncertain', [releasing(own, B, C), sending, uncertain], [], [B, C]],
  ['it was refused', 'held', [releasing(own, B, C), failed], [], []],
  ['it was refused at its end', 'held', [releasing(own, B, C), sending, failed], [], []],
  ['all have it', 'released', [releasing(own, B, C), sending, released], [B, C], []],
  ['one has it', 'partly released', [releasing(own, B), sending, released], [B], []],
  ['somebody else has it', 'partly released', [releasing(own, 'x'), sending, released], ['x'], []],
  [
    'it was released again after a process died',
    'released',
    [releasing(dead, B, C), sending, releasing(own, B, C), sending, released],
    [B, C],
    [],
  ],
  [
    'one has it, and of the other it is not known',
    'uncertain',
    [releasing(own, B), sending, released, releasing(dead, C), sending],
    [B],
    [C],
  ],
  [
    'a process died before it sent it once more',
    'released',
    [releasing(own, B, C), sending, released, releasing(dead, B)],
    [B, C],
    [],
  ],
  ['a later candy knows more', 'held', [{ time, event: 'learned' } as unknown as DatedEvent], [], []],
])('%s: %s', async (_, state, events, has, may) => {
  const standing = await standingOf(events, [B, C])
  expect(standing.state).toBe(state)
  expect([...standing.released]).toEqual(has)
  expect([...standing.uncertain]).toEqual(may)
})

test('a process of another namespace counts as dead after a day', async () => {
  const by = { ...own, namespace: '1' }
  const events = (when: number): readonly DatedEvent[] => [
    { time: new Date(Date.now() - when).toISOString(), event: 'releasing', recipients: [B, C], by },
  ]
  expect((await standingOf(events(23 * 3_600_000), [B, C])).state).toBe('releasing')
  expect((await standingOf(events(25 * 3_600_000), [B, C])).state).toBe('held')
})
