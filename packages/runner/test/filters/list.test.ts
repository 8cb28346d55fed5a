import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inOrder, printProblem } from '../../src/config/problem.js'
import { readConfiguration } from '../../src/filters/configuration.js'
import { listFilters } from '../../src/filters/list.js'
import { plantInSite, plantPackage } from '../packages/planted.js'
import { scratch } from '../support.js'

test('a listing shows what runs in order, from where, what is ignored and what is wrong, and runs no code', async () => {
  const config = scratch()
  const filters = join(config, 'filters.d')
  const write = (name: string, text: string, mode = 0o644) => writeFileSync(join(filters, name), text, { mode })
  mkdirSync(filters)
  writeFileSync(join(config, 'candy.toml'), `mode = "smtp-before"\nstate = "${config}/state"`)
  const bomb = { 'index.js': 'throw new Error("this must not run")' }
  const inSite = plantInSite(join(config, 'state'), '@them/site', bomb, { version: '2.0.0' })
  const byPath = plantPackage(join(config, 'mine'), bomb, { version: undefined })
  const rules =
    '[recipients."abuse@example.org"]\nenabled = false\n[recipients."*"]\non_error = "accept"\noptions.key = "x"'
  write('10-site.toml', `filter = "@them/site"\nmax_size = "1MiB"\n${rules}`)
  write('20-path.toml', `filter = "${byPath}"`)
  write('30-runner.toml', 'filter = "valibot"')
  write('40-script', '#!/bin/sh\n# candy: rewrites', 0o755)
  write('50-gone.toml', '\nfilter = "gone"\ntimeout = 1')
  write('60-broken.toml', 'filter')
  write('70-unclear', '#!/bin/sh\n# candy: x', 0o755)
  write('80-off.toml.disabled', 'filter = "x"')
  write('README', 'text')

  const configuration = await readConfiguration({ configDirectory: config })
  expect(configuration.snapshot.directory).toBe(filters)
  expect(configuration.settings.mode).toBe('smtp-before')
  const path = (name: string): string => join(filters, name)
  const policy = {
    timeout: 60_000,
    onError: 'defer',
    onReject: 'refuse',
    onQuarantine: 'quarantine',
    onUnscannable: 'quarantine',
  }
  expect(listFilters(configuration)).toEqual([
    {
      kind: 'drop-in',
      name: '10-site',
      path: path('10-site.toml'),
      policy: { ...policy, maxSize: 1_048_576 },
      package: '@them/site',
      directory: inSite,
      version: '2.0.0',
      from: 'site',
      recipients: [
        { pattern: 'abuse@example.org', enabled: false, policy: { ...policy, maxSize: 1_048_576 } },
        { pattern: '*', enabled: true, policy: { ...policy, maxSize: 1_048_576, onError: 'accept' } },
      ],
    },
    {
      kind: 'drop-in',
      name: '20-path',
      path: path('20-path.toml'),
      policy,
      package: byPath,
      directory: byPath,
      from: 'path',
    },
    {
      kind: 'drop-in',
      name: '30-runner',
      path: path('30-runner.toml'),
      policy,
      package: 'valibot',
      directory: expect.stringMatching(/\/node_modules\/valibot$/),
      version: expect.stringMatching(/^1\./),
      from: 'runner',
    },
    { kind: 'script', name: '40-script', path: path('40-script'), policy, rewrites: true },
    { kind: 'drop-in', name: '50-gone', path: path('50-gone.toml'), policy, package: 'gone' },
    { kind: 'drop-in', name: '60-broken', path: path('60-broken.toml') },
    { kind: 'script', name: '70-unclear', path: path('70-unclear') },
    { kind: 'ignored', name: '80-off.toml.disabled', path: path('80-off.toml.disabled'), reason: 'disabled' },
    { kind: 'ignored', name: 'README', path: path('README'), reason: 'documentation' },
  ])
  expect(inOrder(configuration.problems).map((problem) => printProblem(problem).replace(`${filters}/`, ''))).toEqual([
    '50-gone.toml:2:10: filter: "gone" is not installed: candy add gone, or candy remove 50-gone',
    '50-gone.toml:3:11: timeout: 1 has no unit; did you mean "1s"?',
    '60-broken.toml:1:7: a key needs " = " and a value',
    '70-unclear:2:3: candy: unknown declaration "x" (there are: rewrites, fields)',
  ])
})
