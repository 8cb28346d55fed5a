import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type DropIn, parseDropIn } from '../../src/config/drop-in.js'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { fixtures, printProblems } from './fixtures.js'

function read(text: string): DropIn | undefined {
  const problems: Problem[] = []
  const dropIn = parseDropIn({ path: '/50-test.toml', name: '50-test', text }, problems)
  expect(problems.map(printProblem)).toEqual([])
  return dropIn
}

describe('a drop-in with mistakes', () => {
  test.each(fixtures('drop-in'))('$name is refused with every place, key and nearest right word', (fixture) => {
    const problems: Problem[] = []
    const { path, name } = fixture
    parseDropIn({ path, name, text: readFileSync(path, 'utf8') }, problems)
    expect(printProblems(problems, fixture)).toBe(fixture.error)
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
        onQuarantine: 'quarantine',
        onUnscannable: 'quarantine',
      },
    })
    expect(read('filter = "x"')?.policy).not.toHaveProperty('maxSize')
  })

  test('leaves on_reject to the mode unless it sets it', () => {
    expect(read('filter = "x"')?.policy).not.toHaveProperty('onReject')
    expect(read('filter = "x"\non_reject = "discard"')?.policy.onReject).toBe('discard')
  })

  test('with every key has the policy that it sets', () => {
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
