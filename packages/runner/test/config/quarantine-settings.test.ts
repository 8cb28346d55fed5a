import { expect, test } from 'vitest'
import type { Problem } from '../../src/config/problem.js'
import { parseSettings } from '../../src/config/settings.js'

function read(...lines: readonly string[]): { readonly settings: unknown; readonly problems: readonly string[] } {
  const problems: Problem[] = []
  const { quarantine: settings } = parseSettings('/etc/postfix', ['[quarantine]', ...lines].join('\n'), problems)
  return { settings, problems: problems.map(({ key, what }) => `${key}: ${what}`) }
}

const DAY = 86_400_000

test.each([
  [[], { keep: 30 * DAY }],
  [['keep = "60d"'], { keep: 60 * DAY }],
  [['keep = "forever"'], { keep: 'forever' }],
  [
    ['max_size = "1GiB"', 'notify = "postmaster@example.org"'],
    { keep: 30 * DAY, maxSize: 1024 ** 3, notify: 'postmaster@example.org' },
  ],
])('%j means %j', (lines, settings) => expect(read(...lines)).toEqual({ settings, problems: [] }))

test.each([
  ['keep = 30', 'quarantine.keep: 30 has no unit'],
  ['keep = "30"', 'quarantine.keep: 30 has no unit'],
  ['keep = "for ever"', 'quarantine.keep: not a duration'],
  ['max_size = "1"', 'quarantine.max_size: 1 has no unit'],
  ['notify = "post master"', 'quarantine.notify: must be a mail address'],
  ['notify = "a@b>\\r\\nRCPT TO:<c"', 'quarantine.notify: must be a mail address'],
  ['kept = "30d"', 'quarantine.kept: '],
])('%j is refused', (line, problem) => expect(read(line).problems).toEqual([expect.stringContaining(problem)]))
