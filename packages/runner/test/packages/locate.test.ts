import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { locatePackage } from '../../src/packages/locate.js'
import { scratch } from '../support.js'

function plant(directory: string, version: string): string {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: '@x/filter-y', version }))
  return directory
}

test('what a package of the distribution has installed is found, and what candy add has installed comes before it', () => {
  const directory = scratch()
  const [state, system] = ['state', 'system'].map((name) => join(directory, name)) as [string, string]
  expect(locatePackage('@x/filter-y', state, system)).toBeUndefined()
  const installed = plant(join(system, '@x/filter-y'), '1.0.0')
  expect(locatePackage('@x/filter-y', state, system)).toEqual({
    directory: installed,
    version: '1.0.0',
    from: 'system',
  })
  plant(join(state, 'packages/current/node_modules/@x/filter-y'), '2.0.0')
  expect(locatePackage('@x/filter-y', state, system)).toMatchObject({ version: '2.0.0', from: 'site' })
})
