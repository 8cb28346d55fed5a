import { expect, test } from 'vitest'
import { candy, site } from './candy.js'

test('shows what runs, in order, and what is ignored and why', () => {
  const directory = site({
    'filters.d/20-clamav.toml': 'filter = "@candy/filter-clamav"\n[recipients."abuse@example.org"]\nenabled = false\n',
    'filters.d/10-script': '#!/bin/sh\n',
    'filters.d/30-old.toml.disabled': '',
  })
  const { status, stdout } = candy(['list', '-c', directory, '--json'])
  expect(status).toBe(0)
  const listing = JSON.parse(stdout)
  expect(listing).toMatchObject({ version: 1, directory: `${directory}/filters.d`, problems: [] })
  expect(listing.entries).toMatchObject([
    { kind: 'script', name: '10-script' },
    { kind: 'drop-in', name: '20-clamav', package: '@candy/filter-clamav', version: '1.0.0', from: 'runner' },
    { kind: 'ignored', name: '30-old.toml.disabled' },
  ])
  expect(candy(['list', '-c', directory]).stdout).toMatch(
    /10-script[\s\S]*20-clamav.*abuse@example\.org off[\s\S]*ignored/,
  )
})

test('what cannot be loaded is 78', () => {
  const directory = site({ 'filters.d/20-x.toml': 'filter = "@candy/filter-nowhere"\n' })
  const { status, stderr } = candy(['list', '-c', directory])
  expect(status).toBe(78)
  expect(stderr).toContain(`${directory}/filters.d/20-x.toml:1:`)
})
