import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { parseDropIn } from '../../src/config/drop-in.js'
import { Ownership } from '../../src/config/ownership.js'
import { type Problem, printProblem } from '../../src/config/problem.js'
import { printPath, type TomlTable } from '../../src/config/toml.js'
import { findPackage } from '../../src/packages/found-package.js'
import { commentedKeys, type JsonSchema, unknownKeys } from '../../src/packages/known-keys.js'
import { loadPackage } from '../../src/packages/package.js'
import { scratch } from '../support.js'
import { linkLibraries, plantInSite } from './planted.js'

const VALIBOT = `
import { defineFilter } from '@candy/sdk'
import * as v from 'valibot'
const options = v.object({
  host: v.optional(v.string(), 'localhost'),
  port: v.pipe(v.number(), v.integer(), v.minValue(1)),
  nest: v.optional(v.object({ deep: v.optional(v.boolean(), false) })),
  rules: v.optional(v.array(v.object({ name: v.string(), score: v.optional(v.number()) }))),
})
export const filter = defineFilter({ api: 1, name: 'planted', options, create: () => ({ judge: () => ({ action: 'accept' }) }) })
`
const ZOD = VALIBOT.replace("import * as v from 'valibot'", "import { z } from 'zod'").replace(
  /v\.object\(\{[\s\S]*?\n\}\)/,
  `z.object({
  host: z.string().default('localhost'),
  port: z.number().int().min(1),
  nest: z.object({ deep: z.boolean().default(false) }).optional(),
  rules: z.array(z.object({ name: z.string(), score: z.number().optional() })).optional(),
})`,
)
const STRICT = VALIBOT.replaceAll('v.object(', 'v.strictObject(')
/** zod says "cannot be represented in JSON Schema" for a date, so what it knows must come from the drop-in. */
const ZOD_WITH_DATE = ZOD.replace('host:', 'since: z.date().optional(),\n  host:')

const SHIPPED = `
filter = "planted"
[options]
# Where it listens. The value = the host's name.
# host = "localhost"
port = 783
#nest.deep = false

# Any number of rules:
# [[options.rules]]
#   name = "first"
#   score = 1.5
`

let state: string

beforeEach(() => {
  state = scratch()
  linkLibraries(join(state, 'packages/current'))
})

async function said(code: string, options: string, shipped: string | undefined = SHIPPED): Promise<string[]> {
  plantInSite(state, 'planted', { 'index.js': code, ...(shipped && { 'filters.d/50-planted.toml': shipped }) })
  const problems: Problem[] = []
  const text = `filter = "planted"\n${options}`
  const dropIn = parseDropIn({ path: '/50-it.toml', name: '50-it', text }, problems)
  if (dropIn === undefined) throw new Error('the test wrote no drop-in')
  const found = await findPackage(dropIn, state, new Ownership(), 'module', problems)
  const loaded = found && (await loadPackage(dropIn, found, problems))
  expect(loaded === undefined).toBe(problems.length > 0)
  return problems.map((problem) => printProblem({ ...problem, file: 'FILE' }))
}

describe.each([
  ['valibot, which drops strangers in silence and has no JSON Schema', VALIBOT],
  ['strict valibot', STRICT],
  ['zod, which drops strangers in silence', ZOD],
  ['zod with a type that JSON Schema lacks', ZOD_WITH_DATE],
])('with %s', (_, code) => {
  test('correct options are accepted', async () => {
    expect(await said(code, '[options]\nport = 783\nnest.deep = true\nrules = [{ name = "a" }]')).toEqual([])
  })

  test('a misspelt key is refused with its position and the nearest correct key', async () => {
    expect(await said(code, '[options]\nport = 783\nhots = "a"')).toEqual([
      'FILE:4:1: options.hots: unknown key; did you mean "host"?',
    ])
  })

  test('a misspelt key is found at every depth', async () => {
    const options = '[options]\nport = 783\nnest = { deeep = true }\n[[options.rules]]\nname = "a"\nscroe = 1'
    expect(await said(code, options)).toEqual([
      'FILE:4:10: options.nest.deeep: unknown key; did you mean "deep"?',
      'FILE:7:1: options.rules[0].scroe: unknown key; did you mean "score"?',
    ])
  })

  test('a key that resembles no other is refused with the list of known keys', async () => {
    const [problem] = await said(code, '[options]\nport = 783\ncolour = "red"')
    expect(problem).toMatch(/^FILE:4:1: options\.colour: unknown key \(there are: .*host, port, nest, rules\)$/)
  })

  test('a wrong value is refused with the position of the value', async () => {
    const problems = await said(code, '[options]\nport = "783"\nrules = [\n  { name = "a" },\n  { name = 5 },\n]')
    expect(problems).toHaveLength(2)
    expect(problems[0]).toMatch(/^FILE:3:8: options\.port: invalid .*number/)
    expect(problems[1]).toMatch(/^FILE:6:12: options\.rules\[1\]\.name: invalid .*string/)
  })

  test('a missing key is reported at the position of its nearest parent that exists', async () => {
    const inTable = await said(code, '\n[options]\nhost = "a"\nrules = [{ score = 1 }]')
    expect(inTable).toHaveLength(2)
    expect(inTable[0]).toMatch(/^FILE:3:2: options\.port: /)
    expect(inTable[1]).toMatch(/^FILE:5:10: options\.rules\[0\]\.name: /)
    const without = await said(code, 'timeout = "1s"')
    expect(without).toEqual([expect.stringMatching(/^FILE:1:1: options\.port: /)])
  })

  test('a key that is missing because it is misspelt is reported once', async () => {
    expect(await said(code, '[options]\nprot = 783')).toEqual([
      'FILE:3:1: options.prot: unknown key; did you mean "port"?',
    ])
  })

  test('the options of a rule for recipients may have the same keys, and replace the options for all recipients', async () => {
    const rule = '[recipients."a.example".options]'
    expect(await said(code, `[options]\nport = 783\n${rule}\nnest.deep = true`)).toEqual([])
    const problems = await said(code, `[options]\nport = 783\n${rule}\nhots = "a"\nnest.deeep = true\nport = "x"`)
    expect(problems).toEqual([
      'FILE:5:1: recipients."a.example".options.hots: unknown key; did you mean "host"?',
      'FILE:6:6: recipients."a.example".options.nest.deeep: unknown key; did you mean "deep"?',
      expect.stringMatching(/^FILE:7:8: recipients\."a\.example"\.options\.port: invalid .*number/),
    ])
    expect(await said(code, `[options]\nport = 783\n${rule}\ntimeout = "5s"`)).toEqual([
      'FILE:5:1: recipients."a.example".options.timeout: unknown key: it belongs above [recipients."a.example".options]',
    ])
    const inherited = await said(code, `[options]\nport = "x"\n${rule}\nhost = "a"`)
    expect(inherited).toEqual([expect.stringMatching(/^FILE:3:8: options\.port: /)])
  })

  test('a key of the drop-in itself that stands in [options] is refused with a hint to move it', async () => {
    expect(await said(code, '[options]\nport = 783\ntimeout = "5s"')).toEqual([
      'FILE:4:1: options.timeout: unknown key: it belongs above [options]',
    ])
  })
})

test('without JSON Schema and without a shipped drop-in no key is known and none is refused', async () => {
  expect(await said(VALIBOT, '[options]\nport = 783\nhots = "a"', '')).toEqual([])
})

test('a schema that throws is a problem, not a crash', async () => {
  const code = `export const filter = { api: 1, name: 'x', rewrites: false, create: () => {},
    options: { '~standard': { version: 1, vendor: 'x', validate: () => { throw new Error('cannot') } } } }`
  expect(await said(code, '[options]\nport = 1')).toEqual(['FILE:2:2: options: cannot be checked: cannot'])
})

describe('the keys of a JSON Schema', () => {
  const object = (properties: object, more: object = {}): JsonSchema => ({ type: 'object', properties, ...more })
  const inner = object({ a: {} })

  test.each<[string, JsonSchema, TomlTable, string[]]>([
    [
      'in a reference',
      { ...object({ x: { $ref: '#/$defs/in~1ner' } }), $defs: { 'in/ner': inner } },
      { x: { a: 1, b: 1 } },
      ['x.b'],
    ],
    ['in a schema that holds itself', object({ x: { $ref: '#' } }), { x: { x: { y: 1 } } }, ['x.x.y']],
    ['in every branch of a choice', { anyOf: [inner, object({ b: {} })] }, { a: 1, b: 1, c: 1 }, ['c']],
    ['in all of several', { allOf: [inner, { oneOf: [object({ b: {} })] }] }, { a: 1, b: 1, c: 1 }, ['c']],
    ['of a schema that is nothing but itself', { $ref: '#' }, { y: 1 }, []],
    ['of an open table', object({ a: {} }, { additionalProperties: {} }), { z: 1 }, []],
    ['of a table of tables', { additionalProperties: inner }, { any: { a: 1, b: 1 } }, ['any.b']],
    ['by a pattern', object({}, { patternProperties: { '^x-': inner } }), { 'x-1': { a: 1 }, y: 1 }, ['y']],
    ['of a table without any', object({}, { additionalProperties: false }), { y: 1 }, ['y']],
    ['of a schema that says nothing', {}, { y: { z: 1 } }, []],
    [
      'of elements by their place',
      object({ l: { prefixItems: [inner], items: object({ b: {} }) } }),
      { l: [{ b: 1 }, { b: 1 }] },
      ['l[0].b'],
    ],
    ['that objects inherit', object({ a: {} }), { toString: 1, constructor: 1 }, ['toString', 'constructor']],
  ])('%s', (_, schema, options, unknown) => {
    expect(unknownKeys(options, schema).map(({ path }) => printPath(path))).toEqual(unknown)
  })
})

test('the keys of a shipped drop-in are those that stand there, live or commented, and no prose', () => {
  const text = [
    'filter = "x"',
    '# timeout = "60s"',
    '[options]',
    '# This text = nothing; see also: key = value',
    '  #  one = 1',
    'two.three = 2',
    '## "four five" = { six = [{ seven = 1 }] }',
    '# many = [',
    '#   "a",',
    '# ]',
    '#[options.table]',
    '#eight = true # why',
  ].join('\r\n')
  const schema = commentedKeys(text)
  const options = {
    one: 1,
    two: { three: 1, x: 1 },
    'four five': { six: [{ seven: 1, x: 1 }] },
    many: [],
    table: { eight: 1, x: 1 },
    timeout: 1,
    This: 1,
    text: 1,
    key: 1,
  }
  expect(unknownKeys(options, schema).map(({ path }) => printPath(path))).toEqual([
    'two.x',
    '"four five".six[0].x',
    'table.x',
    'timeout',
    'This',
    'text',
    'key',
  ])
})
