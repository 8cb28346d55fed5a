import { readFileSync } from 'node:fs'
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import { expect, test } from 'vitest'
import { options } from '../src/options.js'

const dropIn = readFileSync(new URL('../filters.d/50-clamav.toml', import.meta.url), 'utf8')

async function issues(value: unknown): Promise<readonly string[]> {
  const result = await options['~standard'].validate(value)
  return (result.issues ?? []).map(({ path = [], message }) => {
    const keys = path.map((each) => String(typeof each === 'object' ? each.key : each))
    return `${keys.join('.')}: ${message}`
  })
}

test('the drop-in with every # removed sets each option to its default', async () => {
  const live = dropIn.replace(/^#(?=[a-z_]+ = )/gm, '')
  const written = getStaticTOMLValue(parseTOML(live)) as { options: Record<string, unknown> }
  const defaults = await options['~standard'].validate({})
  const shown = await options['~standard'].validate(written.options)
  if (defaults.issues !== undefined || shown.issues !== undefined) throw new Error('refused')
  expect(new Set(Object.keys(written.options))).toEqual(new Set(Object.keys(defaults.value)))
  expect(shown.value).toEqual(defaults.value)
  expect(written).toMatchObject({
    filter: '@candy/filter-clamav',
    timeout: '60s',
    on_error: 'defer',
    max_size: '25MiB',
  })
})

test('the drop-in as it is shipped changes nothing', () => {
  expect(getStaticTOMLValue(parseTOML(dropIn))).toEqual({ filter: '@candy/filter-clamav', options: {} })
})

test.each<[Record<string, unknown>, string]>([
  [{ wait: 30 }, 'wait: 30 has no unit; did you mean "30s"?'],
  [{ max_signature_age: '3' }, 'max_signature_age: 3 has no unit; did you mean "3s"?'],
  [{ max_signature_age: 'old' }, 'max_signature_age: not a duration: write a whole number and a unit'],
  [{ addresses: [] }, 'addresses: at least one address'],
  [{ addresses: ['/a', 'localhost'] }, 'addresses.1: not an address: "localhost"; write "unix:/path", "host:port"'],
  [{ addresses: '/run/clamd' }, 'addresses: Invalid type'],
  [{ old_signatures: 'ignore' }, 'old_signatures: must be "warn" or "error"'],
  [{ tag: [''] }, 'tag.0: an empty pattern fits no name'],
  [{ ignore: 'PUA.*' }, 'ignore: Invalid type'],
  [{ reject: ['pua.*'] }, 'reject: "pua.*" is in "tag" too; take it out of one of them'],
])('%j is refused by its key', async (value, message) => {
  expect(await issues(value)).toEqual([expect.stringContaining(message)])
})
