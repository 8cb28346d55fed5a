import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { scratch } from '../support.js'
import { site } from './candy.js'

const PACKAGES = resolve(import.meta.dirname, '../../..')

/** What `candy pipe` loads for one message: a file of ours, a module of Node.js, or a whole package. */
function modulesOf(filters: Readonly<Record<string, string>>): readonly string[] {
  const directory = site(filters)
  const state = scratch()
  for (const name of ['spool', 'quarantine']) mkdirSync(join(state, name))
  const sendmail = join(directory, 'sendmail')
  writeFileSync(sendmail, '#!/bin/sh\nexec cat\n')
  chmodSync(sendmail, 0o755)
  const settings = `state = "${state}"\n[pipe]\nsendmail = "${sendmail}"\n[log]\nto = "${state}/log"\n`
  writeFileSync(join(directory, 'candy.toml'), settings)
  const list = join(directory, 'modules')
  const argv = ['--import', join(import.meta.dirname, 'modules/preload.mjs'), join(PACKAGES, 'runner/bin/candy.cjs')]
  const { status, stdout } = spawnSync(
    process.execPath,
    [...argv, 'pipe', '-c', directory, '-f', '', '--', 'r@example.com'],
    { input: 'Subject: hi\n\nhello\n', encoding: 'utf8', env: { ...process.env, MODULE_LIST: list } },
  )
  expect({ status, stdout, log: readFileSync(join(state, 'log'), 'utf8') }).toMatchObject({ status: 0 })
  return [...new Set(readFileSync(list, 'utf8').trimEnd().split('\n').map(nameOf))].sort()
}

function nameOf(url: string): string {
  if (url.startsWith('node:')) return url
  const library = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  const [own] = url.split(`file://${PACKAGES}/`).slice(1)
  if (own?.startsWith('runner/')) return own
  return library ?? own?.split('/')[0] ?? url
}

test('without filters candy loads one file of its own and modules of Node.js', () => {
  expect(modulesOf({})).toMatchInlineSnapshot(`
    [
      "node:buffer",
      "node:child_process",
      "node:fs",
      "node:fs/promises",
      "node:module",
      "node:net",
      "node:os",
      "node:path",
      "node:stream",
      "node:stream/promises",
      "node:timers/promises",
      "node:url",
      "node:util",
      "runner/bin/candy.cjs",
      "runner/dist/pipe.cjs",
    ]
  `)
})

test('a script filter loads no further module', () => {
  expect(modulesOf({ 'filters.d/10-fine': '#!/bin/sh\nexec cat >/dev/null\n' })).toEqual(modulesOf({}))
})

test('a package filter loads itself and its dependencies', () => {
  const without = modulesOf({})
  const dropIn = 'filter = "@candy/filter-clamav"\nmax_size = "1B"\n'
  expect(
    modulesOf({ 'filters.d/10-av.toml': dropIn }).filter((name) => !without.includes(name)),
  ).toMatchInlineSnapshot(`
    [
      "filter-clamav",
      "node:events",
      "node:util/types",
      "sdk",
      "valibot",
    ]
  `)
})
