/** The journal of this machine, where it has one. test/hosts has messages traced in the journals of Debian's releases. */
import { expect, test } from 'vitest'
import { journal } from '../../src/trace/journal.js'
import { parseTimestamp } from '../../src/trace/timestamp.js'
import { text } from '../support.js'

test.each([
  ['without limits', {}],
  ['with limits, which may have milliseconds', { since: Date.now() - 3_600_500, until: Date.now() }],
])('it is read %s, or said to be missing', async (_, span) => {
  const printed = await text(journal(span).read()).catch((error: Error) => {
    expect(error.message).toBe('journalctl(1) is not installed')
    return ''
  })
  const [first] = printed.split('\n')
  if (first) expect(parseTimestamp(first, Date.now())).toBeDefined()
})
