/** docs/enable.md names every option of candy's services and every parameter in main.cf, with its value and the reason for it. */
import { expect, test } from 'vitest'
import { code, readPage, readTable } from '../../../../test/kit/pages.js'
import { candyMilter } from '../../src/postfix/candy-milter.js'
import { mainParameters } from '../../src/postfix/main-parameters.js'
import type { ParameterSetting } from '../../src/postfix/parameter-setting.js'
import { candyServices } from '../../src/postfix/services.js'
import { instanceOf } from '../postfix/shapes.js'

function documented(heading: string): readonly ParameterSetting[] {
  return readTable(readPage('docs/enable.md'), heading).map((row) => ({
    name: code(row[heading]),
    value: row.value === '(empty)' ? '' : code(row.value),
    why: row.why ?? '',
  }))
}

function written(name: string): readonly ParameterSetting[] {
  const known = { has: (): boolean => true } as unknown as ReadonlySet<string>
  const services = candyServices({ ...instanceOf(), known }, { mode: 'milter', candyPipe: '' })
  return services.find(({ service }) => service === name)?.options ?? []
}

function sorted(settings: readonly ParameterSetting[]): readonly ParameterSetting[] {
  return settings.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

test.each(['candy-lmtp', 'candy-cleanup', 'candy-cleanup-milter'])('every option of %s is explained', (name) => {
  expect(sorted(documented(name))).toEqual(sorted(written(name)))
  expect(written(name)).not.toEqual([])
})

test.each(['candy-in', 'candy-in-before'])('every option of %s is explained', (name) => {
  const both = [...documented('candy-in, candy-in-before'), ...documented(name)]
  expect(sorted(both)).toEqual(sorted(written(name)))
})

test('every setting of candy as a milter is explained', () => {
  const rows = readTable(readPage('docs/enable.md'), 'setting of the milter')
  const explained = rows.map((row) => `${code(row['setting of the milter'])}=${code(row.value)}`)
  const values = ['3.10.0', '3.11.0'].map((version) => candyMilter({ version }, { command: 'smtpd' }))
  const used = values.flatMap((value) => value.match(/\w+=\w+/g) ?? [])
  expect(explained.toSorted()).toEqual([...new Set(used)].toSorted())
})

test('every parameter of main.cf is explained', () => {
  const each = documented('each transport')
  const both = ['candy', 'candy-lmtp'].flatMap((transport) =>
    each.map((one) => ({ ...one, name: `${transport}_${one.name}` })),
  )
  expect(sorted([...documented('main.cf'), ...both])).toEqual(sorted(mainParameters))
})
