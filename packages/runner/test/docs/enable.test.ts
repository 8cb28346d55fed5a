/** docs/enable.md against the services that candy writes: every option, its value and the reason for it. */
import { expect, test } from 'vitest'
import { candyServices, type Directive, mainParameters } from '../../src/postfix/services.js'
import { instanceOf } from '../postfix/shapes.js'
import { code, readPage, readTable } from './pages.js'

const SIZE = '20480000'

function documented(heading: string): readonly Directive[] {
  return readTable(readPage('docs/enable.md'), heading).map((row) => ({
    name: code(row[heading]),
    value: valueIn(row.value ?? ''),
    why: row.why ?? '',
  }))
}

function valueIn(cell: string): string {
  if (cell === '(empty)') return ''
  return cell === 'twice that of main.cf' ? SIZE : code(cell)
}

function written(name: string): readonly Directive[] {
  const known = { has: (): boolean => true } as unknown as ReadonlySet<string>
  const services = candyServices({ ...instanceOf(), known }, '')
  return services.find(({ service }) => service === name)?.options ?? []
}

function sorted(directives: readonly Directive[]): readonly Directive[] {
  return directives.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

test.each(['candy-lmtp', 'candy-cleanup'])('every option of %s is explained', (name) => {
  expect(sorted(documented(name))).toEqual(sorted(written(name)))
  expect(written(name)).not.toEqual([])
})

test.each(['candy-in', 'candy-in-before'])('every option of %s is explained', (name) => {
  const both = [...documented('candy-in, candy-in-before'), ...documented(name)]
  expect(sorted(both)).toEqual(sorted(written(name)))
})

test('every parameter of main.cf is explained', () => {
  expect(sorted(documented('main.cf'))).toEqual(sorted(mainParameters))
})
