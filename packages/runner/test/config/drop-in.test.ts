import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { OnReject } from '../../src/chain/policy.js'
import { type DropIn, parseDropIn } from '../../src/config/drop-in.js'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { fixtures, said } from './fixtures.js'

function read(text: string, onReject: OnReject = 'quarantine'): DropIn | undefined {
  const problems: Problem[] = []
  const dropIn = parseDropIn({ path: '/50-test.toml', name: '50-test', text }, onReject, problems)
  expect(problems.map(printProblem)).toEqual([])
  return dropIn
}

describe('a drop-in with mistakes', () => {
  test.each(fixtures('drop-in'))('$name is refused with every place, key and nearest right word', (fixture) => {
    const problems: Problem[] = []
    const { path, name } = fixture
    parseDropIn({ path, name, text: readFileSync(path, 'utf8') }, 'quarantine', problems)
    expect(said(problems, fixture)).toBe(fixture.error)
  })
})

describe('a drop-in', () => {
  test('of one line has the default policy', () => {
    expect(read('filter = "@candy/filter-clamav"')).toMatchObject({
      name: '50-test',
      filter: '@candy/filter-clamav',
      options: {},
      policy: {
        timeout: 60_000,
        onError: 'defer',
        onReject: 'quarantine',
        onQuarantine: 'quarantine',
        onUnscannable: 'quarantine',
      },
    })
    expect(read('filter = "x"')?.policy).not.toHaveProperty('maxSize')
  })

  test('takes the default of on_reject from the mode, and its own word before that', () => {
    expect(read('filter = "x"', 'refuse')?.policy.onReject).toBe('refuse')
    expect(read('filter = "x"\non_reject = "discard"', 'refuse')?.policy.onReject).toBe('discard')
  })

  test('with every key says what it says', () => {
    const text = [
      'filter = "/opt/filters/size"',
      'timeout = "1500ms"',
      'max_size = "25MiB"',
      'on_error = "accept"',
      'on_reject = "tag"',
      'on_quarantine = "refuse"',
      'on_unscannable = "accept"',
      '[options]',
      'host = "a"',
      'nest.deep = [1, 2]',
    ].join('\n')
    expect(read(text)).toMatchObject({
      filter: '/opt/filters/size',
      options: { host: 'a', nest: { deep: [1, 2] } },
      policy: {
        timeout: 1500,
        maxSize: 26_214_400,
        onError: 'accept',
        onReject: 'tag',
        onQuarantine: 'refuse',
        onUnscannable: 'accept',
      },
    })
  })
})
