import { accept, collect, type Lesson, type Message } from '@candy/sdk'
import { describe, expect, test, vi } from 'vitest'
import { AddressMap } from '../../src/chain/address-map.js'
import type { ConfiguredFilter } from '../../src/chain/configured-filter.js'
import { teach } from '../../src/filters/lesson.js'
import type { MailObject } from '../../src/message/mail-object.js'
import { receive } from '../../src/message/spool.js'
import { chunks, makeFilter, memoryLog, scratch } from '../support.js'

interface Taught {
  readonly recipients: readonly string[]
  readonly lesson: Lesson
  readonly text: string
}

/** A filter that learns, and what it was taught. */
function learner(name: string, answer: () => Promise<boolean> = async () => true) {
  const taught: Taught[] = []
  const learn = async ({ envelope, open }: Message, lesson: Lesson): Promise<boolean> => {
    const text = Buffer.from(await collect(open())).toString()
    taught.push({ recipients: envelope.recipients, lesson, text })
    return answer()
  }
  const filter: ConfiguredFilter = { ...makeFilter(name, () => accept()), filter: { judge: () => accept(), learn } }
  return { filter, taught }
}

async function mailTo(...recipients: [string, ...string[]]): Promise<MailObject> {
  const content = await receive(chunks('Subject: x\r\n\r\nbuy\r\n'), { directory: scratch(), memory: 1024 })
  return { id: 'ID', envelope: { sender: 'a@example.com', recipients }, content }
}

test('every filter that can learn is taught once, with the message as it came', async () => {
  const [one, two] = [learner('one'), learner('two', async () => false)]
  const filters = [makeFilter('deaf', () => accept()), one.filter, two.filter]
  const results = await teach(filters, await mailTo('b@example.com', 'c@example.com'), 'spam', memoryLog())
  expect(results).toEqual([
    { name: 'one', changed: true },
    { name: 'two', changed: false },
  ])
  const lesson = { recipients: ['b@example.com', 'c@example.com'], lesson: 'spam', text: 'Subject: x\r\n\r\nbuy\r\n' }
  expect([one.taught, two.taught]).toEqual([[lesson], [lesson]])
})

test('nothing comes of it where no filter can learn', async () => {
  const results = await teach([makeFilter('deaf', () => accept())], await mailTo('b@example.com'), 'ham', memoryLog())
  expect(results).toEqual([])
})

test('what holds for a recipient is taught, and a filter that is off for all of them is not', async () => {
  const [usual, own, off] = [learner('spam'), learner('spam'), learner('off')]
  const filters = [
    { ...usual.filter, recipients: new AddressMap([['b@example.com', own.filter]]) },
    { ...off.filter, recipients: new AddressMap<'off'>([['*', 'off']]) },
  ]
  await teach(filters, await mailTo('b@example.com', 'c@example.com', 'd@example.com'), 'forget', memoryLog())
  expect(own.taught.map(({ recipients }) => recipients)).toEqual([['b@example.com']])
  expect(usual.taught.map(({ recipients }) => recipients)).toEqual([['c@example.com', 'd@example.com']])
  expect(off.taught).toEqual([])
})

describe('a filter that does not learn', () => {
  test('is an error, and the others learn all the same', async () => {
    const broken = learner('broken', () => Promise.reject(new Error('no --allow-tell')))
    const good = learner('good')
    const results = await teach([broken.filter, good.filter], await mailTo('b@example.com'), 'ham', memoryLog())
    expect(results).toEqual([
      { name: 'broken', error: 'no --allow-tell' },
      { name: 'good', changed: true },
    ])
  })

  test('because it hangs is an error after a minute', async () => {
    vi.useFakeTimers()
    try {
      const hung = learner('hung', () => new Promise(() => {}))
      const teaching = teach([hung.filter], await mailTo('b@example.com'), 'ham', memoryLog())
      await vi.advanceTimersByTimeAsync(60_000)
      expect(await teaching).toEqual([{ name: 'hung', error: expect.stringContaining('60000 ms') }])
    } finally {
      vi.useRealTimers()
    }
  })
})
