import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../../../test/kit/pages.js'
import { readNeededServices } from '../../src/packages/needed-services.js'
import { scratch } from '../support.js'

function servicesIn(text: string): readonly string[] {
  const directory = scratch()
  writeFileSync(join(directory, 'package.json'), text)
  return readNeededServices(directory)
}

test('the filters of this project name their scanners', () => {
  const named = ['clamav', 'spamassassin'].map((name) => readNeededServices(join(ROOT, `packages/filter-${name}`)))
  expect(named).toEqual([
    ['clamav-daemon', 'clamav-freshclam'],
    ['spamd', 'spamassassin'],
  ])
})

test.each([
  ['{}'],
  ['null'],
  ['{"candy": null}'],
  ['{"candy": {"services": "clamav-daemon"}}'],
  ['{"candy": {"services": [1, "", "-x", "a b", "a;b", "../x", "a\\nb"]}}'],
  ['nonsense'],
])('%s names none', (text) => {
  expect(servicesIn(text)).toEqual([])
})

test('a directory without package.json names none, and of very many the first are taken', () => {
  expect(readNeededServices('/nowhere')).toEqual([])
  const services = Array.from({ length: 100 }, (_, n) => `s${n}`)
  expect(servicesIn(JSON.stringify({ candy: { services } }))).toEqual(services.slice(0, 10))
})
