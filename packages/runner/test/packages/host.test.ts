import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Hosts } from '../../src/packages/host.js'
import { memoryLog, scratch } from '../support.js'

test('a filter has a directory of its own in the state directory, which is created when the filter first reads its path', () => {
  const state = scratch()
  const hosts = new Hosts({ log: memoryLog(), state })
  const [one, two] = [hosts.for('50-one'), hosts.for('60-two')]
  expect(existsSync(join(state, 'filters'))).toBe(false)
  expect(one.directory).toBe(join(state, 'filters/50-one'))
  expect(statSync(one.directory).mode & 0o777).toBe(0o700)
  expect(two.directory).not.toBe(one.directory)
  writeFileSync(join(one.directory, 'seen'), '')
  expect(hosts.for('50-one').directory).toBe(one.directory)
  hosts.close()
  expect(existsSync(join(one.directory, 'seen'))).toBe(true)
})

test('a filter in a check has an empty directory elsewhere, which is removed afterwards', () => {
  const state = scratch()
  const hosts = new Hosts({ log: memoryLog(), state, check: true })
  const { check, directory } = hosts.for('50-one')
  expect(check).toBe(true)
  expect(directory.startsWith(state)).toBe(false)
  writeFileSync(join(directory, 'seen'), '')
  hosts.close()
  expect(existsSync(directory)).toBe(false)
})

test('a directory that cannot be created is reported as an error of the configuration, with the reason', () => {
  const state = join(scratch(), 'file')
  writeFileSync(state, '')
  const host = new Hosts({ log: memoryLog(), state }).for('50-one')
  expect(() => host.directory).toThrow(
    expect.objectContaining({
      code: 'CONFIG',
      message: expect.stringContaining('there is no directory for 50-one: ENOTDIR'),
    }),
  )
})

test('a host says what it knows of Postfix, is frozen, and logs under the filter’s name', () => {
  const log = memoryLog()
  const hosts = new Hosts({ log, state: scratch(), messageSizeLimit: 10_240_000 })
  const host = hosts.for('50-one')
  expect(host).toMatchObject({ check: false, messageSizeLimit: 10_240_000 })
  expect(Object.isFrozen(host)).toBe(true)
  expect(new Hosts({ log, state: scratch() }).for('50-one')).not.toHaveProperty('messageSizeLimit')
  host.log('ready', { filter: 'other', version: 4 })
  host.warn('old')
  expect(log.lines).toEqual([
    { level: 'info', event: 'ready', fields: { filter: '50-one', version: 4 } },
    { level: 'warn', event: 'old', fields: { filter: '50-one' } },
  ])
})
