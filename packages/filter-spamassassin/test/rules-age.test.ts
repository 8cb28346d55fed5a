import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeScratch, type Scratch } from '../../../test/kit/scratch.js'
import { rulesProblem } from '../src/rules-age.js'

let scratch: Scratch
beforeAll(async () => {
  scratch = await makeScratch('rules')
})
afterAll(() => scratch?.remove())

async function rulesFrom(days: number): Promise<void> {
  const directory = join(scratch.path, '3.004006')
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'updates_spamassassin_org.cf')
  await writeFile(path, '')
  const then = new Date(Date.now() - days * 86_400_000)
  await utimes(path, then, then)
}

test('old rules are told, with what brings new ones', async () => {
  await rulesFrom(60)
  expect(await rulesProblem('3.4.6', scratch.path)).toBe(
    'its rules are 60 days old: sa-update && systemctl restart spamd (on Debian 11: spamassassin)',
  )
})

test('young rules are well, and so are those of a version or a host that has none of its own', async () => {
  await rulesFrom(10)
  expect(await rulesProblem('3.4.6', scratch.path)).toBeUndefined()
  expect(await rulesProblem('4.0.1', scratch.path)).toBeUndefined()
  expect(await rulesProblem(undefined, scratch.path)).toBeUndefined()
  expect(await rulesProblem('3.4.6', '/nonexistent')).toBeUndefined()
})
