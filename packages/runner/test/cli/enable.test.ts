/** `candy enable`, `mode` and `disable` on configurations of a Postfix that does not run: what they show, and what they refuse. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readShape } from '../postfix/shapes.js'
import { scratch } from '../support.js'
import { candy } from './candy.js'

/** A configuration directory of a Postfix that is not running. */
function configuration(master: string = readShape('upstream.master.cf'), main = ''): string {
  const directory = scratch()
  chmodSync(directory, 0o755)
  mkdirSync(join(directory, 'queue'))
  writeFileSync(join(directory, 'master.cf'), master, 'latin1')
  const own = `compatibility_level = 3.6\nqueue_directory = ${directory}/queue\ndata_directory = ${directory}/data\n`
  writeFileSync(join(directory, 'main.cf'), own + main)
  return directory
}

function contents(directory: string): readonly (readonly [string, string])[] {
  const names = readdirSync(directory).filter((name) => name !== 'queue')
  return names.map((name) => [name, readFileSync(join(directory, name), 'latin1')])
}

test('a dry run shows a diff that a person can read, what is made and what stays unfiltered, and touches nothing', () => {
  const directory = configuration(readShape('submission.master.cf'))
  const before = contents(directory)
  const { status, stdout } = candy(['-c', directory, 'enable', '--dry-run'])
  expect(status).toBe(0)
  expect(stdout).toContain(`--- ${directory}/master.cf\n+++ ${directory}/master.cf\n@@ -1,9 +1,`)
  expect(stdout).toContain('+  -o content_filter=candy-lmtp:unix:candy/lmtp\n')
  expect(stdout).toContain(`make ${directory}/queue/candy (candy:postfix, 2750)\n`)
  expect(stdout).toContain('warning: NOT filtered: submission/inet (line 2): mail of your own users; --submission')
  expect(contents(directory)).toEqual(before)
})

test('the same as JSON', () => {
  const { status, stdout } = candy(['-c', configuration(), 'enable', '--dry-run', '--queue', 'before', '--json'])
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    version: 1,
    way: 'before',
    done: false,
    entrances: ['smtp/inet (line 12)'],
  })
})

test.each([
  ['a Postfix that is not running', [], 69, 'Postfix is not running: start it'],
  ['a mode that there is not', ['--mode', 'milter'], 64, 'Allowed choices are pipe, smtp'],
  ['a queue in pipe mode', ['--mode', 'pipe', '--queue', 'after'], 78, '--queue is for SMTP mode'],
] as const)('%s is refused, and nothing changes', (_, options, status, text) => {
  const directory = configuration()
  const before = contents(directory)
  const run = candy(['-c', directory, 'enable', '--yes', '--state', join(directory, 'queue/state'), ...options])
  expect(run.stderr).toContain(text)
  expect(run.status).toBe(status)
  expect(contents(directory)).toEqual(before)
})

test('a filter that is there already is refused with what to do', () => {
  const directory = configuration(undefined, 'content_filter = amavis:[127.0.0.1]:10024\n')
  const { status, stderr } = candy(['-c', directory, 'enable', '--dry-run'])
  expect(status).toBe(69)
  expect(stderr).toContain('postconf -X content_filter')
})

test('a candy.toml with a mistake is refused with its place', () => {
  const directory = configuration()
  writeFileSync(join(directory, 'candy.toml'), 'mood = "pipe"\n')
  const { status, stderr } = candy(['-c', directory, 'enable', '--dry-run'])
  expect(status).toBe(78)
  expect(stderr).toContain(`${directory}/candy.toml:1:1: mood`)
})

test('another state than candy.toml says is refused', () => {
  const directory = configuration()
  writeFileSync(join(directory, 'candy.toml'), 'state = "/srv/a"\n')
  const { status, stderr } = candy(['-c', directory, 'enable', '--dry-run', '--state', '/srv/b'])
  expect(status).toBe(78)
  expect(stderr).toContain('change it there')
})
