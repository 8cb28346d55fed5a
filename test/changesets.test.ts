/** What users will read in the changelogs: every changeset is read by the tool that makes a release of them. */
import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from './kit/command.js'
import { makeScratch } from './kit/scratch.js'

const ROOT = resolve(import.meta.dirname, '..')

/** Matches front matter that names packages, an empty line, and text. */
const CHANGESET = /^---\n((?:['"]@candy\/[a-z0-9-]+['"]: (?:patch|minor|major)\n)+)---\n\n(\S[\s\S]*)$/

test('every changeset names packages and comes out in their changelogs, and no package is left without one', async () => {
  await using scratch = await makeScratch('changesets')
  const changesets = join(scratch.path, '.changeset')
  await cp(join(ROOT, '.changeset'), changesets, { recursive: true })
  await cp(join(ROOT, 'package.json'), join(scratch.path, 'package.json'))
  await cp(join(ROOT, 'package-lock.json'), join(scratch.path, 'package-lock.json'))
  // The configuration of changesets names a schema in that directory.
  await symlink(join(ROOT, 'node_modules'), join(scratch.path, 'node_modules'))
  for (const folder of ['packages', 'examples']) {
    const entries = await readdir(join(ROOT, folder), { withFileTypes: true })
    for (const { name } of entries.filter((entry) => entry.isDirectory())) {
      await mkdir(join(scratch.path, folder, name), { recursive: true })
      await cp(join(ROOT, folder, name, 'package.json'), join(scratch.path, folder, name, 'package.json'))
    }
  }
  const written = (await readdir(changesets)).filter((name) => name.endsWith('.md') && name !== 'README.md')
  const texts = await Promise.all(written.map((name) => readFile(join(changesets, name), 'utf8')))
  for (const [n, text] of texts.entries()) expect(text, written[n]).toMatch(CHANGESET)

  await runCommand('env', ['-C', scratch.path, join(ROOT, 'node_modules/.bin/changeset'), 'version'])
  const changelogs = new Map<string, string>()
  for (const name of await readdir(join(ROOT, 'packages'))) {
    changelogs.set(`@candy/${name}`, await readFile(join(scratch.path, 'packages', name, 'CHANGELOG.md'), 'utf8'))
  }
  for (const text of texts) {
    const [, names = '', said = ''] = CHANGESET.exec(text) ?? []
    const [sentence = ''] = said.split('\n')
    for (const [, name = ''] of names.matchAll(/['"](.*)['"]:/g)) expect(changelogs.get(name)).toContain(sentence)
  }
})
