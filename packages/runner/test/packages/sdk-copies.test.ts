/** A filter may have another copy of the SDK than the runner, of another version. It must work nevertheless. */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { message, testHost } from '@candy/sdk/testing'
import { expect, test } from 'vitest'
import { candy, site } from '../cli/candy.js'
import { plantPackage } from './planted.js'

const SDK = fileURLToPath(new URL('../../../sdk', import.meta.url))

/** A filter with a copy of the SDK in its own node_modules. */
const FILTER = `
import { accept, addHeader, CandyError, defineFilter } from '@candy/sdk'
const anything = { '~standard': { version: 1, vendor: 'none', validate: (value) => ({ value }) } }
export const filter = defineFilter({
  api: 1, name: 'copied', fields: ['X-Copied'], options: anything,
  create: () => ({
    async judge(message) {
      if (Buffer.from(await message.headers()).includes('broken')) throw new CandyError('SCANNER_LIMIT', 'too deep')
      return accept([addHeader('X-Copied', import.meta.resolve('@candy/sdk'))])
    },
  }),
})
`

function planted(): { readonly config: string; readonly directory: string } {
  const config = site()
  const directory = plantPackage(join(config, 'copied'), { 'index.js': FILTER })
  writeFileSync(join(config, 'filters.d/50-it.toml'), `filter = "${directory}"\n`)
  const copy = join(directory, 'node_modules/@candy/sdk')
  for (const name of ['dist', 'package.json']) cpSync(join(SDK, name), join(copy, name), { recursive: true })
  return { config, directory }
}

function judge(config: string, subject: string) {
  const run = candy(['check', '-c', config, '--json'], `Subject: ${subject}\n\nhi\n`)
  expect(run.stderr).toBe('')
  return JSON.parse(run.stdout)
}

test('verdicts, header edits and error codes from another copy of the SDK are understood', () => {
  const { config, directory } = planted()
  expect(judge(config, 'fine')).toMatchObject({
    action: 'accept',
    edits: [{ add: 'X-Copied', value: expect.stringContaining(join(directory, 'node_modules')) }],
  })
  const broken = judge(config, 'broken')
  expect(broken).toMatchObject({ action: 'defer' })
  expect(JSON.stringify(broken.filters)).toContain('SCANNER_LIMIT')
})

test('the testing kit of one copy works with a filter of another', async () => {
  const { directory } = planted()
  const { filter } = await import(join(directory, 'index.js'))
  const made = await filter.create({}, testHost())
  const verdict = await made.judge(message('Subject: fine\n\nhi\n'), { signal: AbortSignal.timeout(5_000) })
  expect(verdict).toMatchObject({ action: 'accept' })
})
