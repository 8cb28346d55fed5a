import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeScratch } from '../../../../test/kit/scratch.js'
import { configurationOf } from '../../src/clamd/configuration.js'

test.each([
  [{ path: '/run/clamd.sock' }],
  [{ host: '127.0.0.1', port: 3310 }],
  [{ host: '::1', port: 3310 }],
  [{ host: 'localhost', port: 3310 }],
])('of a clamd on this machine the file that is there is named: %j', async (address) => {
  await using scratch = await makeScratch('configuration')
  const file = join(scratch.path, 'clamd.conf')
  await writeFile(file, '')
  expect(configurationOf(address, [join(scratch.path, 'missing'), file])).toBe(file)
  expect(configurationOf(address, [join(scratch.path, 'missing')])).toBe('clamd.conf')
})

test('of a clamd on another host no file of this machine is named', () => {
  expect(configurationOf({ host: '192.0.2.1', port: 3310 }, ['/'])).toBe('clamd.conf on 192.0.2.1')
})
