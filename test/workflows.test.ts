/** The workflows name actions by what they are, and tests and releases that there are. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RELEASES } from './hosts/releases.js'
import { ROOT, readPage } from './kit/pages.js'

const FOLDER = '.github/workflows'

/** The lists in brackets behind a key. */
function listOf(workflow: string, key: string): readonly string[] {
  const [, list = '[]'] = new RegExp(`^ +${key}: (\\[.*\\])$`, 'm').exec(readPage(join(FOLDER, workflow))) ?? []
  return JSON.parse(list) as readonly string[]
}

test.each(readdirSync(join(ROOT, FOLDER)))(
  '%s pins each action by its hash, and says which version that is',
  (name) => {
    const uses = readPage(join(FOLDER, name)).match(/uses: .*/g) ?? []
    expect(uses).not.toEqual([])
    for (const line of uses) expect(line).toMatch(/^uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  },
)

test('each Debian release is tried on its own', () => {
  expect(listOf('hosts.yml', 'release').toSorted()).toEqual(RELEASES.map(({ name }) => name.split(',')[0]).toSorted())
})

test('what is fuzzed for long is there', () => {
  const paths = readPage(join(FOLDER, 'fuzz.yml')).match(/(?<=[ ])[a-z-]+\/[a-z-]+(?=[ \n])/g) ?? []
  expect(paths).toContain('smtp/fuzz')
  for (const path of paths) expect(existsSync(join(ROOT, 'test', `${path}.test.ts`)), path).toBe(true)
})
