/** `candy disable` and `candy mode` where candy is not enabled, or was set up by hand. */
import { expect, test } from 'vitest'
import { readShape } from '../postfix/shapes.js'
import { candy } from './candy.js'
import { bytesIn, configuration } from './configuration.js'

test('there is nothing to do where candy is not enabled', () => {
  const { status, stdout } = candy(['-c', configuration({ master: readShape('debian.master.cf') }), 'disable', '--yes'])
  expect(stdout).toBe('Nothing to do: candy is not enabled.\n')
  expect(status).toBe(0)
})

test('a set-up by hand is found by its values, and shown first', () => {
  const hand =
    'candy unix - n n - 5 pipe\n  flags=Rq user=candy null_sender=\n  argv=/opt/x/bin/candy-pipe -f $sender -- $recipient\n'
  const master = readShape('debian.master.cf').replace(/^smtp +inet.*\n/m, '$&  -o content_filter=candy:dummy\n')
  const { status, stdout } = candy(['-c', configuration({ master: master + hand }), 'disable', '--dry-run'])
  expect(status).toBe(0)
  const lines = stdout.split('\n').filter((line) => /^[-+](?![-+])/.test(line))
  expect(lines).toEqual([
    '-  -o content_filter=candy:dummy',
    ...hand
      .trimEnd()
      .split('\n')
      .map((line) => `-${line}`),
  ])
})

test('a wait without a unit is refused', () => {
  const { status, stderr } = candy(['-c', configuration({ master: '' }), 'disable', '--wait', '10'])
  expect(status).toBe(64)
  expect(stderr).toContain('--wait 10:')
})

test('a malformed master.cf is not touched, and the place is named', () => {
  const directory = configuration({ master: 'smtp inet n -\n' })
  const before = bytesIn(directory)
  const { status, stderr } = candy(['-c', directory, 'disable', '--yes'])
  expect(status).toBe(69)
  expect(stderr).toContain('master.cf:1:')
  expect(bytesIn(directory)).toEqual(before)
})
