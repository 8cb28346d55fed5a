/** The manual page that the build has made, against what `--help` prints, and against those who read it. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { COMMANDS, EXITS, OPTIONS } from '../src/cli/help.js'
import { run } from '../src/cli.js'

const path = fileURLToPath(new URL('../man/master-cf.1', import.meta.url))
const page = readFileSync(path, 'utf8')
  .replace(/\\f[BIR]/g, '')
  .replaceAll('\\-', '-')

test('master-cf(1) has every command, option and exit status, and no other', () => {
  const terms = [...page.matchAll(/^\.TP\n(.*)$/gm)].map(([, term]) => term)
  const flags = Object.values(OPTIONS).map((option) => option.flags)
  expect(terms).toEqual([...Object.keys(COMMANDS), ...flags, ...Object.keys(EXITS), '/etc/postfix/master.cf'])
})

test.each(Object.entries(COMMANDS))(
  'the usage of %s names the options that it takes, and --help explains them',
  (name, { usage, options, example }) => {
    const shown = [...usage.matchAll(/--?([a-z][a-z-]*)/g)].map(([, option]) => option)
    expect(shown.toSorted()).toEqual([...options].toSorted())
    const { stdout } = run([name, '--help'])
    for (const option of options) expect(stdout).toContain(`  ${OPTIONS[option].flags}`)
    expect(example).toMatch(new RegExp(`^master-cf ${name} `))
    expect(page).toContain(`master-cf ${name} `)
  },
)

test('neither man nor mandoc finds a fault in it', () => {
  const env = { ...process.env, MANWIDTH: '80', LC_ALL: 'C' }
  expect(spawnSync('man', ['--warnings', '-l', path], { encoding: 'utf8', env }).stderr).toBe('')
  expect(spawnSync('mandoc', ['-T', 'lint', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '' })
})
