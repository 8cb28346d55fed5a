/** What a fresh clone installs first, read by the oldest npm that somebody may bring: Debian's. */
import { cp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { tryCommand } from '../kit/command.js'
import { makeScratch } from '../kit/scratch.js'
import { FOLDERS } from '../kit/tools.js'
import { DEBIAN_NPM } from './registry.js'

const ROOT = resolve(import.meta.dirname, '../..')

// npm 9 fails on a lockfile when an override is about a dependency that is asked for by a tag.
test.each(FOLDERS)("Debian's npm can install by the lockfile in %s", async (folder) => {
  // It removes node_modules even when it is to do nothing.
  await using scratch = await makeScratch('lockfile')
  for (const name of ['package.json', 'package-lock.json']) {
    await cp(join(ROOT, folder, name), join(scratch.path, name))
  }
  const words = [
    'ci',
    '--dry-run',
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefix',
    scratch.path,
  ]
  const { status, stdout, stderr } = await tryCommand(join(DEBIAN_NPM, 'npm'), words)
  expect(stderr.toString()).toBe('')
  expect(stdout.toString()).toMatch(/^added \d+ packages/m)
  expect(status).toBe(0)
})
