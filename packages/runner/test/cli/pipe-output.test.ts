/** What `candy pipe` prints: pipe(8) reads both its outputs as one answer (pipe(8), "DIAGNOSTICS"). */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { site } from './candy.js'

const CANDY = resolve(import.meta.dirname, '../../bin/candy.cjs')

test('nothing but the answer is printed, also where the service logs to standard error', () => {
  const directory = site({ 'filters.d/10-none.toml': 'filter = "./none.js"\n' })
  writeFileSync(join(directory, 'candy.toml'), `state = "${directory}"\n[log]\nto = "stderr"\n`)
  const argv = [CANDY, 'pipe', '-c', directory, '-f', '', '--', 'r@example.com']
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { input: 'Subject: hi\n\nhello\n' })
  expect(status).toBe(75)
  expect(stdout.toString()).toMatch(/^4\.3\.[05] [^\n]*\n$/)
  expect(stderr.toString()).toBe('')
})
