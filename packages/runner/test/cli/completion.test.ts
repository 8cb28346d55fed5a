/** What bash, zsh and fish offer where somebody presses the tab key: the scripts that the build has made, in the real shells. */
import { readFileSync, symlinkSync } from 'node:fs'
import { basename, delimiter, join, resolve } from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { makeCandy } from '../../src/cli/main.js'
import { scratch } from '../support.js'
import { COMMAND, candy } from './candy.js'
import { makeQuarantineSite } from './quarantine-site.js'

const SCRIPTS = resolve(import.meta.dirname, '../../completions')
const FILES = { bash: 'candy.bash', zsh: '_candy', fish: 'candy.fish' } as const
const HARNESS = resolve(import.meta.dirname, 'shells')

type Shell = keyof typeof FILES

/** What is typed, and what is offered, of files the names; `DIR` is the configuration directory, `MESSAGE` a message in its quarantine. */
const CASES: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ['candy en', ['enable']],
  ['candy enable --mo', ['--mode']],
  ['candy enable --mode ', ['milter', 'pipe', 'smtp', 'smtp-before']],
  ['candy -c DIR mode smtp', ['smtp', 'smtp-before']],
  ['candy mode -c DIR mi', ['milter']],
  ['candy enable --dry-run --mode p', ['pipe']],
  ['candy enable --wait 5m --mode p', ['pipe']],
  ['candy quarantine l', ['learn', 'list']],
  ['candy quarantine list --state part', ['partly released']],
  ['candy quarantine learn ', ['forget', 'ham', 'spam']],
  ['candy -c DIR quarantine show 2', ['MESSAGE']],
  ['candy quarantine -c DIR learn spam 2', ['MESSAGE']],
  ['candy -c DIR remove ', ['20-first', '50-second']],
  ['candy remove -c DIR 5', ['50-second']],
  ['candy check DIR/candy.to', ['candy.toml']],
  ['candy completion ', ['bash', 'fish', 'zsh']],
  ['candy status mo', []],
]

const SHELLS = Object.keys(FILES) as Shell[]

/** The words that a shell offers for each line. One process of the shell answers all. */
async function offeredBy(
  shell: Shell,
  lines: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly (readonly string[])[]> {
  const argv = [join(HARNESS, `offered.${shell}`), join(SCRIPTS, FILES[shell]), scratch()]
  const flags = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell]
  const input = `${lines.join('\n')}\n`
  const { stdout, stderr } = await execa(shell, [...flags, ...argv], { input, env, stripFinalNewline: false })
  expect(stderr).toBe('')
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      // zsh offers a file without the directory that was typed.
      const words = line.split('\t').filter((word) => word !== '')
      return [...new Set(words.map((word) => basename(word)))].toSorted()
    })
}

test('each shell offers commands, options, choices, messages, filters and files', async () => {
  const made = await makeQuarantineSite({
    'filters.d/20-first.toml': '',
    'filters.d/50-second': '#!/bin/sh\n',
    'filters.d/60-off.toml.disabled': '',
  })
  const message = await made.keep()
  const bin = scratch()
  symlinkSync(COMMAND, join(bin, 'candy'))
  const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter), HOME: bin, MAIL_CONFIG: '' }
  const expected = CASES.map(([typed, words]) => [typed, words.map((word) => word.replace('MESSAGE', message))])
  const lines = CASES.map(([typed]) => typed.replaceAll('DIR', made.configDirectory))
  const offered = await Promise.all(SHELLS.map((shell) => offeredBy(shell, lines, env)))
  for (const [at, shell] of SHELLS.entries()) {
    expect(
      CASES.map(([typed], line) => [typed, offered[at]?.[line]]),
      shell,
    ).toEqual(expected)
  }
})

test('candy completion prints the script of a shell', () => {
  const script = readFileSync(join(SCRIPTS, FILES.zsh), 'utf8')
  expect(candy(['completion', 'zsh'])).toMatchObject({ status: 0, stdout: script, stderr: '' })
})

describe.each(SHELLS)('%s', (shell) => {
  test('its script knows each command and option', async () => {
    const script = readFileSync(join(SCRIPTS, FILES[shell]), 'utf8')
    const tree = await makeCandy()
    const commands = [tree, ...tree.commands.flatMap((command) => [command, ...command.commands])]
    for (const command of commands) {
      expect(script).toContain(command.name())
      for (const { long = '', hidden } of command.options) {
        const written = shell === 'fish' ? `-l ${long?.slice(2)} ` : (long ?? '')
        expect(script.includes(written), `${command.name()} ${long}`).toBe(!hidden)
      }
    }
  })
})
