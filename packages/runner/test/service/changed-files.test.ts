import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { readConfiguration } from '../../src/filters/configuration.js'
import type { Snapshot } from '../../src/filters/snapshot.js'
import { changedFiles } from '../../src/service/changed-files.js'
import { copyScripts } from '../../src/service/script-copies.js'
import { scratch } from '../support.js'

let directory: string
let inForce: Snapshot
const path = (name: string): string => join(directory, name)
const changed = async (): Promise<readonly string[]> =>
  changedFiles(inForce, (await readConfiguration({ configDirectory: directory })).snapshot)

beforeEach(async () => {
  directory = scratch()
  for (const name of ['filters.d', 'copies']) mkdirSync(path(name))
  writeFileSync(path('candy.toml'), 'mode = "smtp"\n')
  writeFileSync(path('filters.d/10-size.toml'), 'filter = "/nowhere"\n')
  writeFileSync(path('filters.d/20-script'), '#!/bin/sh\nexit 0\n')
  chmodSync(path('filters.d/20-script'), 0o755)
  inForce = copyScripts(await readConfiguration({ configDirectory: directory }), path('copies')).snapshot
})

test('no change is found while nobody edits anything', async () => {
  expect(await changed()).toEqual([])
})

test.each([
  ['candy.toml', () => writeFileSync(path('candy.toml'), 'mode = "pipe"\n'), 'candy.toml'],
  ['a drop-in', () => writeFileSync(path('filters.d/10-size.toml'), 'filter = "/x"\n'), 'filters.d/10-size.toml'],
  ['a script', () => writeFileSync(path('filters.d/20-script'), '#!/bin/sh\nexit 69\n'), 'filters.d/20-script'],
  ['a new filter', () => writeFileSync(path('filters.d/05-new.toml'), ''), 'filters.d/05-new.toml'],
  ['a filter that is gone', () => rmSync(path('filters.d/20-script')), 'filters.d/20-script'],
])('%s is named when it was edited', async (_, edit, name) => {
  edit()
  expect(await changed()).toEqual([path(name)])
})

test('a file that is no filter has no effect', async () => {
  writeFileSync(path('filters.d/30-other.toml.disabled'), '')
  expect(await changed()).toEqual([])
})
