/** What candy-pipe says when the process inside cannot say anything any more: the mail waits, and the system log tells why. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../support.js'

const BIN = resolve(import.meta.dirname, '../../bin')

/** Runs candy-pipe of the directory `bin`, with these commands in front of those of the system. `logger` writes what it gets to a file. */
function run(
  bin: string,
  commands: Readonly<Record<string, string>>,
): { status: number | null; out: string; logged: string } {
  const directory = scratch()
  const log = join(directory, 'logged')
  const all = { logger: `printf '%s\\n' "$@" >>${log}`, ...commands }
  for (const [name, text] of Object.entries(all)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  }
  const { status, stdout } = spawnSync(join(bin, 'candy-pipe'), ['--sender=', '--', 'a@example.net'], {
    env: { ...process.env, PATH: `${directory}:${process.env.PATH}` },
    encoding: 'utf8',
    input: 'Subject: x\n\nx\n',
  })
  return { status, out: stdout, logged: existsSync(log) ? readFileSync(log, 'utf8') : '' }
}

test.each([
  [
    'is killed',
    'kill -9 $$',
    137,
    /^-t\ncandy\/pipe\n-p\nmail\.err\na message waits: candy pipe ended with status 137/,
  ],
  ['is not found', 'exit 127', 127, /status 127/],
  ['ends with what nobody decided', 'echo 5.1.1 no; exit 0', 0, /status 0/],
])('Node.js that %s makes the mail wait, and the system log says so', (_, node, inside, line) => {
  const { status, out, logged } = run(BIN, { node })
  expect([status, out]).toEqual([75, `4.3.0 candy pipe ended with status ${inside}; the system log says more\n`])
  expect(logged).toMatch(line)
})

test.each([
  [100, 0],
  [69, 69],
  [75, 75],
])('status %i of the process inside becomes %i, and is nothing to log', (inside, outside) => {
  expect(run(BIN, { node: `exit ${inside}` })).toMatchObject({ status: outside, logged: '' })
})

test('a runner of which a file is missing makes the mail wait, and the system log says which', () => {
  const bin = join(scratch(), 'bin')
  cpSync(BIN, bin, { recursive: true })
  const { status, logged } = run(bin, {})
  expect(status).toBe(75)
  expect(logged).toMatch(/mail\.err\na message waits: Error.*Cannot find module .*dist\/pipe\.cjs/)
})
