import { afterEach, expect, test, vi } from 'vitest'
import { localTime } from '../../src/os/local-time.js'

afterEach(() => void vi.unstubAllEnvs())

test.each([
  ['UTC', '2026-11-27T23:30:00+00:00'],
  ['Europe/Berlin', '2026-11-28T00:30:00+01:00'],
  ['America/St_Johns', '2026-11-27T20:00:00-03:30'],
])('in %s it is %s', (zone, text) => {
  vi.stubEnv('TZ', zone)
  expect(localTime('2026-11-27T23:30:00.999Z')).toBe(text)
  expect(localTime(new Date('2026-11-27T23:30:00Z'))).toBe(text)
  expect(localTime(Date.parse(text))).toBe(text)
})

test('in summer the distance is that of summer', () => {
  vi.stubEnv('TZ', 'Europe/Berlin')
  expect(localTime('2026-07-01T00:00:00Z')).toBe('2026-07-01T02:00:00+02:00')
})

test('what is no time stays as it is', () => {
  expect(localTime('soon')).toBe('soon')
})
