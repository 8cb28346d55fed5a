/** A message whose header is beyond the limits: no filter is asked, and the operator's word on what cannot be judged holds. */
import { accept } from '@candy/sdk'
import { expect, test } from 'vitest'
import { Chain } from '../../src/chain/chain.js'
import { Deadline } from '../../src/chain/deadline.js'
import type { OutcomeAction } from '../../src/chain/outcome.js'
import type { Policy } from '../../src/chain/policy.js'
import { MAX_FIELDS } from '../../src/message/header-block.js'
import { receive } from '../../src/message/spool.js'
import { chunks, makeFilter, memoryLog, reasonOf, scratch, text } from '../support.js'

const FIELDS = 'a:\r\n'.repeat(MAX_FIELDS)
const REST = `${FIELDS}\r\nbody\r\n`
const FLOOD = `X-Candy-Status: forged\r\n${REST}`

async function run(
  policy: Partial<Policy>,
  filters = 1,
): Promise<{ action: OutcomeAction; output: string; text: string | undefined }> {
  const spool = { directory: scratch(), memory: 1e6 }
  const content = await receive(chunks(FLOOD), spool)
  const envelope = { sender: 's@example.com', recipients: ['r@example.com'] } as const
  const asked = makeFilter('asked', () => accept(), policy)
  const judge = async (): Promise<never> => {
    throw new Error('a filter was asked')
  }
  const never = Array.from({ length: filters }, () => ({ ...asked, filter: { judge } }))
  const [group] = await new Chain(never, { spool, log: memoryLog() }).run(
    { id: 'ID', envelope, content },
    new Deadline(),
  )
  const outcome = group?.outcome ?? expect.fail('no group')
  const { action, content: output, reports } = outcome
  for (const report of reports)
    expect(report).toMatchObject({ action: 'unscannable', text: expect.stringMatching(/header has more/) })
  expect(await text(output.open())).toHaveLength(output.size)
  return { action, output: await text(output.open()), text: reasonOf(outcome)?.text }
}

test('is kept for a person to look at, as it came', async () => {
  expect(await run({})).toEqual({
    action: 'quarantine',
    output: FLOOD,
    text: `the header has more than ${MAX_FIELDS} fields`,
  })
})

test('is refused where the operator says so', async () => {
  expect(await run({ onUnscannable: 'refuse' })).toMatchObject({ action: 'refuse' })
})

test.each([
  ['tag', `unscannable, the header has more than ${MAX_FIELDS} fields`],
  ['accept', 'not judged, the message is unscannable'],
] as const)('goes on with %s, and says that nobody judged it', async (onUnscannable, said) => {
  const { action, output } = await run({ onUnscannable }, 2)
  expect(action).toBe('accept')
  const status = `X-Candy-Status: asked; ${said}\r\n`
  expect(output.replaceAll('\r\n ', ' ')).toBe(status.repeat(2) + REST)
})

test('goes on without filters, and without what was forged', async () => {
  expect(await run({}, 0)).toMatchObject({ action: 'accept', output: REST })
})
