/** The example in docs/trace.md is what candy prints of a real log. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPage } from '../../../../test/kit/pages.js'
import { candy, site } from '../cli/candy.js'
import { loggedIn, writeLogs } from '../trace/logs.js'

test('the example is true', () => {
  const { mail, candy: own } = loggedIn('smtp')
  const directory = writeLogs({ 'mail.log': mail, 'candy.log': own })
  const [, command = '', printed] =
    /<!-- example -->\n\n```\n\$ candy (.*)\n([\s\S]*?)```\n\n<!-- \/example -->/.exec(readPage('docs/trace.md')) ?? []
  const files = ['mail.log', 'candy.log'].map((name) => join(directory, name))
  const { stdout } = candy(['-c', site(), ...command.split(' '), '--log', ...files], '', { TZ: 'UTC' })
  expect(printed).toBe(stdout)
})
