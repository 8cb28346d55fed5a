/** What all commands have in common: the version, errors as JSON, and no stack trace for what somebody can cause. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../support.js'
import { candy, site } from './candy.js'

const COMMAND = resolve(import.meta.dirname, '../../bin/candy.cjs')

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8'))
  for (const option of ['--version', '-V']) {
    expect(candy([option])).toMatchObject({ status: 0, stdout: `${version}\n` })
  }
})

test.each([
  [['check', '--bogus'], 64],
  [['mode', 'pipe', '--bogus'], 64],
  [['chekc'], 64],
  [['check', '/nowhere/m.eml'], 66],
  [['check', '--filters', '/nowhere'], 78],
])('with --json, candy %j has its error in JSON on standard output, and nothing else', (argv, status) => {
  const plain = candy([...argv, '-c', site()], 'Subject: x\n\n')
  const json = candy([...argv, '-c', site(), '--json'], 'Subject: x\n\n')
  expect(json.status).toBe(status)
  expect(plain.status).toBe(status)
  expect(json.stderr).toBe('')
  const { error } = JSON.parse(json.stdout)
  expect(error.status).toBe(status)
  const withoutSite = (text: string): string => text.replaceAll(/\/tmp\/candy-test-\w+/g, 'DIR')
  expect(withoutSite(plain.stderr)).toContain(withoutSite(error.text))
})

test('a working directory that was removed is reported in a sentence', () => {
  const gone = scratch()
  const script = `cd ${gone} && rmdir ${gone} && exec "$@"`
  const { stderr, status } = spawnSync('sh', ['-c', script, 'sh', process.execPath, COMMAND, 'list'], {
    encoding: 'utf8',
  })
  expect(stderr).toMatch(/^the working directory is gone: [^\n]*\n$/)
  expect(status).toBe(66)
  expect(() => rmdirSync(gone)).toThrow()
})

test('a directory in the place of the message is reported in a sentence', () => {
  const { stderr, status } = candy(['check', '-c', site({ 'filters.d/10-a': '#!/bin/sh\ncat >/dev/null\n' }), '/'])
  expect(stderr).toMatch(/EISDIR|directory/)
  expect(stderr).not.toMatch(/^\s+at /m)
  expect(status).toBe(66)
})

test('a reader of the output that stops reading is no error', () => {
  const path = join(site(), 'filters.d')
  const line = `'${process.execPath}' '${COMMAND}' list --filters '${path}' | true; echo "\${PIPESTATUS[0]}"`
  expect(spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout).toMatch(/^0\n$/)
})
