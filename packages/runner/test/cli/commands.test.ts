import { expect, test } from 'vitest'
import { COMMANDS, commandIn } from '../../src/cli/commands.js'
import { makeCandy } from '../../src/cli/main.js'

test.each([
  [['list'], 'list'],
  [['list', '--json', 'status'], 'list'],
  [['-c', 'list', 'status'], 'status'],
  [['--config', '/etc/postfix', 'quarantine', 'list'], 'quarantine'],
  [['--config=/etc/postfix', 'doctor'], 'doctor'],
  [['-c/etc/postfix', 'doctor'], 'doctor'],
  [['--bogus', 'doctor'], 'doctor'],
])('%j names a command', (words, name) => {
  expect(commandIn(words)).toBe(name)
})

test.each([[[]], [['help', 'list']], [['--version']], [['lsit']], [['constructor']], [['-c', 'list']]])(
  '%j names none',
  (words) => {
    expect(commandIn(words)).toBeUndefined()
  },
)

test('each command alone is what it is beside the others', async () => {
  const { commands } = await makeCandy()
  expect(commands.map((command) => command.name())).toEqual(Object.keys(COMMANDS))
  for (const command of commands) {
    const [alone, ...others] = (await makeCandy(command.name())).commands
    expect(others).toEqual([])
    expect(alone?.helpInformation()).toBe(command.helpInformation())
    expect(alone?.helpGroup()).toBe(command.helpGroup())
  }
})
