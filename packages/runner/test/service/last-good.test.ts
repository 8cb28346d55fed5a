import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Configuration, readConfiguration } from '../../src/filters/configuration.js'
import { readLastGood, saveLastGood } from '../../src/service/last-good.js'
import { copyScripts, removeUnusedCopies } from '../../src/service/script-copies.js'
import { makeServiceFiles, type ServiceFiles } from '../../src/service/state-directory.js'
import { ACCEPTS, plantInSite } from '../packages/planted.js'
import { scratch } from '../support.js'

let config: string
let files: ServiceFiles

beforeEach(() => {
  config = scratch()
  mkdirSync(join(config, 'filters.d'))
  writeFileSync(join(config, 'candy.toml'), `state = "${config}/state"\n`)
  writeFileSync(join(config, 'filters.d/10-script'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  plantInSite(join(config, 'state'), 'it', { 'index.js': `export const filter = ${ACCEPTS}` })
  writeFileSync(join(config, 'filters.d/20-it.toml'), 'filter = "it"\n')
  files = makeServiceFiles(join(config, 'state'))
})

async function configuration(): Promise<Configuration> {
  return copyScripts(await readConfiguration({ configDirectory: config }), files.scripts)
}

function copyOf({ snapshot }: Configuration): string {
  const [entry] = snapshot.entries
  if (entry?.kind !== 'script' || entry.copy === undefined) throw new Error('the script was not copied')
  return entry.copy
}

test('the last good configuration is used as it was kept, whatever the files say now', async () => {
  const now = await configuration()
  expect(now.problems).toEqual([])
  saveLastGood(files.lastGood, now.snapshot)
  writeFileSync(join(config, 'filters.d/20-it.toml'), 'half')
  writeFileSync(join(config, 'candy.toml'), 'state')
  const kept = readLastGood(files.lastGood, config)?.configuration
  expect(kept?.snapshot).toEqual(now.snapshot)
  expect(kept?.settings).toEqual(now.settings)
  expect(kept?.sources.map(({ name }) => name)).toEqual(['10-script', '20-it'])
  expect(statSync(files.lastGood).mode & 0o777).toBe(0o600)
  expect(readdirSync(files.directory).toSorted()).toEqual(['last-good.json', 'scripts'])
})

describe('the last good configuration is not used', () => {
  beforeEach(async () => {
    saveLastGood(files.lastGood, (await configuration()).snapshot)
    expect(readLastGood(files.lastGood, config)).toBeDefined()
  })

  test.each<[string, () => void]>([
    ['when it is of another Postfix', () => edit((text) => text.replace(`"${config}"`, '"/etc/postfix"'))],
    ['when it is of another form', () => edit((text) => text.replaceAll('"version":1', '"version":2'))],
    ['when it is half of one', () => edit((text) => text.slice(0, -20))],
    ['when others may write it', () => chmodSync(files.lastGood, 0o622)],
    ['when a package has gone', () => rmSync(join(config, 'state/packages'), { recursive: true })],
    [
      'when others may write a package',
      () => chmodSync(join(config, 'state/packages/current/node_modules/it/index.js'), 0o666),
    ],
    [
      'when the copy of a script is another',
      () => {
        const [name = ''] = readdirSync(files.scripts)
        chmodSync(join(files.scripts, name), 0o700)
        writeFileSync(join(files.scripts, name), '#!/bin/sh\nexit 69\n')
      },
    ],
  ])('%s', (_, spoil) => {
    spoil()
    expect(readLastGood(files.lastGood, config)).toBeUndefined()
  })

  const edit = (change: (text: string) => string): void => {
    writeFileSync(files.lastGood, change(readFileSync(files.lastGood, 'utf8')))
  }
})

test('it takes the endpoint of a link that somebody has put there, and leaves alone what that leads to', async () => {
  const target = join(scratch(), 'target')
  writeFileSync(target, 'mine')
  symlinkSync(target, files.lastGood)
  saveLastGood(files.lastGood, (await configuration()).snapshot)
  expect(readFileSync(target, 'utf8')).toBe('mine')
  expect(readLastGood(files.lastGood, config)).toBeDefined()
})

describe('a copy of a script', () => {
  test('has the bytes of the script, can be run, and is written once', async () => {
    const copy = copyOf(await configuration())
    expect(readFileSync(copy, 'utf8')).toBe('#!/bin/sh\nexit 0\n')
    expect(statSync(copy).mode & 0o777).toBe(0o500)
    const { mtimeMs } = statSync(copy)
    expect(copyOf(await configuration())).toBe(copy)
    expect(statSync(copy).mtimeMs).toBe(mtimeMs)
  })

  test('is written again when somebody has changed it', async () => {
    const copy = copyOf(await configuration())
    chmodSync(copy, 0o700)
    writeFileSync(copy, 'something else')
    expect(readFileSync(copyOf(await configuration()), 'utf8')).toBe('#!/bin/sh\nexit 0\n')
  })

  test('is removed when no configuration needs it', async () => {
    const before = await configuration()
    writeFileSync(join(config, 'filters.d/10-script'), '#!/bin/sh\nexit 69\n')
    const after = await configuration()
    expect(readdirSync(files.scripts)).toHaveLength(2)
    removeUnusedCopies(files.scripts, [before.snapshot, after.snapshot])
    expect(readdirSync(files.scripts)).toHaveLength(2)
    removeUnusedCopies(files.scripts, [after.snapshot])
    expect(readdirSync(files.scripts).map((name) => join(files.scripts, name))).toEqual([copyOf(after)])
  })
})
