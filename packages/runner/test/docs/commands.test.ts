/** Whatever documentation, drop-ins, help and messages tell people to type exists: each `candy …` is looked up in the commands. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { ROOT, readPage } from '../../../../test/kit/pages.js'
import { helpTextOf } from '../../src/cli/help-text.js'
import { makeCandy } from '../../src/cli/main.js'

interface Mention {
  readonly where: string
  /** What stands behind `candy`. */
  readonly words: readonly string[]
}

/** Places where a command line is written: between backticks or double quotes, or in a block of shell. */
const QUOTED = /[`"]candy ([^`"\n]+)[`"]/g
const TYPED = /(?:^\s*|&& |[$#] )candy ([^\n]+)$/gm

function filesBelow(directory: string, fits: (name: string) => boolean): readonly string[] {
  const names = readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => !/(?:^|\/)(?:node_modules|dist|test)\//.test(name) && fits(name))
    .map((name) => join(directory, name))
    .filter((path) => statSync(join(ROOT, path)).isFile())
}

function pages(): readonly string[] {
  const markdown = (name: string): boolean => name.endsWith('.md') && !/CHANGELOG|(?:^|\/)decisions\//.test(name)
  const root = readdirSync(ROOT).filter(markdown)
  return [...root, ...['docs', 'packages', 'examples', 'bench'].flatMap((folder) => filesBelow(folder, markdown))]
}

function mentionsIn(path: string): readonly Mention[] {
  const text = readPage(path)
  if (path.endsWith('.md')) {
    const blocks = [...text.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? '')
    const typed = blocks.flatMap((block) => [...block.matchAll(TYPED)])
    return [...text.matchAll(QUOTED), ...typed].map((match) => mention(path, match[1]))
  }
  // In code a template literal may begin with the word, too: only comments have backticks.
  const lines = text.split('\n').map((line) => (/^\s*(?:\/?\*|\/\/|#)/.test(line) ? line : line.replaceAll('`', ' ')))
  return [...lines.join('\n').matchAll(QUOTED)].map((match) => mention(path, match[1]))
}

/** The words of a command line, up to a character that the shell interprets or that ends the command. */
function mention(where: string, line = ''): Mention {
  const [command = ''] = line.split(/ (?:&&|\||#|>|<)|[;)]/)
  return { where, words: command.trim().split(/\s+/) }
}

/** What is wrong with a command line; undefined when it is one that candy understands. */
function problemOf(candy: Command, words: readonly string[]): string | undefined {
  const at = words.findIndex((word, index) => !word.startsWith('-') && words[index - 1] !== '-c')
  const name = words[at]
  const command = name === undefined ? candy : candy.commands.find((one) => one.name() === name)
  if (command === undefined) return `there is no command ${name}`
  if (name !== undefined && command.commands.length > 0 && words.length > at + 1)
    return problemOf(command, words.slice(at + 1))
  if (name === 'pipe') return undefined
  const known = [command, candy, candy.parent]
    .flatMap((one) => one?.options ?? [])
    .flatMap(({ short, long }) => [short, long])
  const options = words.flatMap((word) => /^\[?(--?[a-z][a-z-]*)/.exec(word)?.[1] ?? [])
  const stranger = options.find((option) => option !== '--help' && !known.includes(option))
  return stranger === undefined ? undefined : `${name} has no option ${stranger}`
}

const sources = ['packages/runner/src', 'packages/runner/share', 'packages/runner/bin']
const files = [
  ...pages(),
  ...sources.flatMap((folder) => filesBelow(folder, () => true)),
  ...['filter-clamav', 'filter-spamassassin', 'sdk', 'create-filter'].flatMap((name) =>
    filesBelow(join('packages', name), (file) => /^(?:src|filters\.d|template)\//.test(file)),
  ),
]

test('command lines are found where there are some', () => {
  const mentions = files.flatMap(mentionsIn)
  expect(mentions.length).toBeGreaterThan(60)
  expect(new Set(mentions.map(({ words }) => words[0])).size).toBeGreaterThan(8)
})

test('a command or an option that does not exist is found out', async () => {
  const candy = await makeCandy()
  expect(problemOf(candy, ['examine'])).toBe('there is no command examine')
  expect(problemOf(candy, ['-c', 'DIR', 'list', '--bogus'])).toBe('list has no option --bogus')
  expect(problemOf(candy, ['quarantine', 'examine', 'X'])).toBe('there is no command examine')
  expect(problemOf(candy, ['quarantine', 'list', '--bogus'])).toBe('list has no option --bogus')
  expect(problemOf(candy, ['-c', 'DIR', 'quarantine', 'list', '--json'])).toBeUndefined()
  expect(problemOf(candy, ['--version'])).toBeUndefined()
  expect(problemOf(candy, ['-c', 'DIR', 'list', '--json'])).toBeUndefined()
})

test('the examples of each command are commands that exist', async () => {
  const candy = await makeCandy()
  const commands = [candy, ...candy.commands.flatMap((command) => [command, ...command.commands])]
  const examples = commands.flatMap((command) => helpTextOf(command)?.examples ?? []).map(([typed]) => typed)
  expect(examples.length).toBeGreaterThan(15)
  for (const typed of examples) {
    const { words } = mention('help', typed)
    expect(words[0], typed).toBe('candy')
    expect(problemOf(candy, words.slice(1)), typed).toBeUndefined()
  }
})

test('every command that people are told to type exists, with its options', async () => {
  const candy = await makeCandy()
  const problems = files.flatMap(mentionsIn).flatMap(({ where, words }) => {
    const problem = problemOf(candy, words)
    return problem === undefined ? [] : [`${where}: candy ${words.join(' ')}: ${problem}`]
  })
  expect(problems).toEqual([])
})
