/** The manual pages that the build has made, against what `--help` prints, and against those who read them. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { helpTextOf } from '../../src/cli/help-text.js'
import { makeCandy } from '../../src/cli/main.js'
import { NAMES, parsePipeArguments } from '../../src/pipe/arguments.js'

const PACKAGE = resolve(import.meta.dirname, '../..')
const PAGES = join(PACKAGE, 'man')

const candy = await makeCandy()
const commands = [candy, ...candy.commands.flatMap((command) => [command, ...command.commands])]

function pageOf(command: Command): string {
  const names: string[] = []
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name())
  return `${names.join('-')}.8`
}

/** What a section of a page explains: by term, the first paragraph; both without fonts and escapes. */
function termsOf(page: string, heading: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(PAGES, page), 'utf8')
  const section = text.split(/^\.SH /m).find((part) => part.startsWith(`"${heading}"`)) ?? ''
  const [, ...terms] = section.split('.TP\n')
  return new Map(
    terms.map((entry) => {
      const [term = '', ...lines] = entry.trimEnd().split('\n')
      return [plain(term), plain(lines.join(' '))]
    }),
  )
}

function plain(source: string): string {
  return source
    .replace(/\\f[BIR]/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\(aq', "'")
    .replaceAll('\\(ha', '^')
}

/** The entries below a heading of `--help`, in lines that are long enough for each. */
function listed(command: Command, heading: string): readonly (readonly [term: string, text: string])[] {
  const help = Object.assign(command.createHelp(), { helpWidth: 10_000 })
  const section =
    help
      .formatHelp(command, help)
      .split('\n\n')
      .find((part) => part.startsWith(`${heading}:\n`)) ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('  '))
  return lines.map((line) => {
    const [term = '', text = ''] = line.trim().split(/ {2,}/)
    return [term.replace(/[<>]/g, ''), text]
  })
}

/** Words alone: a page begins with a capital letter, ends with a full stop, and shows command lines in bold, not in quotes. */
function words(text: string): string {
  return text.toLowerCase().replace(/["“”]/g, '').replace(/\.$/, '')
}

test.each(commands.map((command) => [pageOf(command), command] as const))(
  '%s has the options and arguments that --help has, in the same words',
  (page, command) => {
    const options = [...listed(command, 'Options'), ...listed(command, 'Global Options')]
    const wanted = options.filter(([flags]) => command === candy || !flags.startsWith('-V'))
    expect(wanted.length).toBeGreaterThan(1)
    for (const [heading, entries] of [
      ['OPTIONS', wanted],
      ['ARGUMENTS', listed(command, 'Arguments')],
    ] as const) {
      const told = termsOf(page, heading)
      expect([...told.keys()]).toEqual(entries.map(([term]) => term))
      for (const [term, text] of entries) expect(words(told.get(term) ?? ''), term).toBe(words(text))
    }
    const { exits = {} } = helpTextOf(command) ?? {}
    expect([...termsOf(page, 'EXIT STATUS').keys()]).toEqual(Object.keys(exits))
    expect(Object.keys(exits).length > 0).toBe(command === candy || command.commands.length === 0)
  },
)

test('there is a page for each command and each file that an administrator writes, npm installs them, and no others', () => {
  const there = readdirSync(PAGES).toSorted()
  expect(there).toEqual([...commands.map(pageOf), 'candy.toml.5', 'filters.d.5'].toSorted())
  const { man } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { readonly man: readonly string[] }
  expect(man.toSorted()).toEqual(there.map((name) => `man/${name}`))
})

test('neither man nor mandoc finds a fault in any page', () => {
  const paths = readdirSync(PAGES).map((name) => join(PAGES, name))
  const env = { ...process.env, MANWIDTH: '80', LC_ALL: 'C' }
  const shown = spawnSync('man', ['--warnings', '-l', join(PAGES, 'candy.8')], { encoding: 'utf8', env })
  expect(shown.stderr).toBe('')
  expect(shown.stdout).toContain('candy-quarantine-list')
  // What man(1) starts for each page, with more warnings, and once for all.
  const formatted = spawnSync('groff', ['-t', '-man', '-ww', '-z', '-Tascii', ...paths], { encoding: 'utf8' })
  expect(formatted).toMatchObject({ status: 0, stdout: '', stderr: '' })
  expect(spawnSync('mandoc', ['-T', 'lint', ...paths], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stdout: '',
    stderr: '',
  })
})

test('candy.toml(5) and filters.d(5) have every key of the pages that tests hold to the code', () => {
  for (const [page, document] of [
    ['candy.toml.5', 'docs/candy-toml.md'],
    ['filters.d.5', 'docs/filters-d.md'],
  ] as const) {
    const markdown = readFileSync(resolve(PACKAGE, '../..', document), 'utf8')
    const keys = [...markdown.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, key = '']) => key)
    expect(keys.length).toBeGreaterThan(15)
    const text = plain(readFileSync(join(PAGES, page), 'utf8'))
    for (const key of keys) expect(text).toContain(`.TP\n${key.replaceAll('~', '\\(ti')}`)
  }
})

test('the help of candy pipe has the options that it reads', () => {
  const pipe = candy.commands.find((command) => command.name() === 'pipe')
  const long = pipe?.options.map((option) => option.long?.slice(2)) ?? []
  expect(['config', ...long].toSorted()).toEqual([...NAMES].toSorted())
  const argv = [...long.map((name) => `--${name}=x`), '--', 'a@example.org'].map((word) => Buffer.from(word))
  expect(parsePipeArguments(argv, {})).not.toHaveProperty('error')
})
