import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as v from 'valibot'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { accept, defineFilter, type StandardSchemaV1 } from '../../../src/index.js'
import { contract } from '../../../src/testing/index.js'

const GOOD = `# What this filter is for, in a sentence or two.
filter = "@example/filter-size"
timeout = "10s"
# on_error = "defer"     # or "accept"

[options]
# Where the daemon listens. limit = how much it takes.
address = "/run/sized.sock"
# limit = 1_000   # bytes
# fields = ["X-Size", "X-Limit"]

# [options.retry]
# times = 2
`

const entries = { address: 'string', limit: 1000, fields: ['X-Size', 'X-Limit'], times: 2 }

const v1 = {
  address: v.string(),
  limit: v.optional(v.number(), entries.limit),
  fields: v.optional(v.array(v.string()), entries.fields),
  retry: v.optional(v.object({ times: v.optional(v.number(), entries.times) }), {}),
}
const z1 = {
  address: z.string(),
  limit: z.number().default(entries.limit),
  fields: z.array(z.string()).default(entries.fields),
  retry: z.object({ times: z.number().default(entries.times) }).prefault({}),
}
const LIBRARIES: readonly (readonly [string, StandardSchemaV1, StandardSchemaV1])[] = [
  ['valibot', v.object(v1), v.object({ ...v1, colour: v.optional(v.string(), 'red') })],
  ['strict valibot', v.strictObject(v1), v.strictObject({ ...v1, colour: v.optional(v.string(), 'red') })],
  ['loose valibot', v.looseObject(v1), v.looseObject({ ...v1, colour: v.string() })],
  ['zod', z.object(z1), z.object({ ...z1, colour: z.string().optional() })],
  ['strict zod', z.strictObject(z1), z.strictObject({ ...z1, colour: z.string().optional() })],
]

const NAMES = 'ships one drop-in that names its package'
const WORKS = 'ships a drop-in that works as it is'
const KEYS = 'has the same keys in its drop-in and its options'
const DEFAULTS = 'shows the actual defaults in its drop-in'

interface Shipped {
  readonly text: string
  readonly file?: string
  readonly manifest?: object
  readonly also?: string
}

/** A package as it would be published, in a directory of its own. */
async function ship({ text, file = 'filters.d/50-size.toml', manifest, also }: Shipped): Promise<URL> {
  const root = await mkdtemp(join(tmpdir(), 'package-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await mkdir(join(root, file, '..'), { recursive: true })
  await writeFile(join(root, file), text)
  if (also !== undefined) await writeFile(join(root, also), '')
  const said = { name: '@example/filter-size', files: ['dist', 'filters.d'], ...manifest }
  await writeFile(join(root, 'package.json'), JSON.stringify(said))
  return pathToFileURL(join(root, file))
}

async function check(name: string, schema: StandardSchemaV1, shipped: Shipped): Promise<void> {
  const filter = defineFilter({ api: 1, name: 'size', options: schema, create: () => ({ judge: () => accept() }) })
  const checks = new Map<string, () => Promise<void>>()
  contract({
    test: (title, body) => checks.set(title.replace('contract: ', ''), body),
    filter,
    dropIn: await ship(shipped),
    options: { address: '/run/other.sock' },
  })
  const body = checks.get(name)
  if (body === undefined) throw new Error(`no check of this name: ${name}`)
  await body()
}

describe.each(LIBRARIES)('with options in %s', (_library, schema, wider) => {
  test.each([NAMES, WORKS, KEYS, DEFAULTS])('a good drop-in %s', async (name) => {
    await check(name, schema, { text: GOOD })
  })

  test('a key that the schema does not know is reported with its line', async () => {
    await expect(check(KEYS, schema, { text: GOOD.replace('# limit', '# limits') })).rejects.toThrow(
      'line 9: limits: the options do not know this key',
    )
  })

  test('an inner key that the schema does not know is reported', async () => {
    await expect(check(KEYS, schema, { text: GOOD.replace('# times', 'time') })).rejects.toThrow('line 13: retry.time:')
  })

  test('a key that the drop-in does not show is reported', async () => {
    await expect(check(KEYS, wider, { text: GOOD })).rejects.toThrow('colour: the drop-in does not show it')
  })

  test('a wrong default is reported', async () => {
    await expect(check(DEFAULTS, schema, { text: GOOD.replace('1_000', '1_001') })).rejects.toThrow(
      'line 9: limit: not the default that holds',
    )
    await expect(check(DEFAULTS, schema, { text: GOOD.replace('times = 2', 'times = 3') })).rejects.toThrow(
      'retry.times',
    )
  })

  test('a value of the wrong kind is refused', async () => {
    await expect(check(WORKS, schema, { text: GOOD.replace('"/run/sized.sock"', '25') })).rejects.toThrow(
      'the drop-in is refused: ',
    )
  })
})

describe('a drop-in', () => {
  const schema = v.object(v1)

  test.each([
    ['outside filters.d', { text: GOOD, file: 'drop-in/50-size.toml' }, 'stands in filters.d/'],
    ['without a number', { text: GOOD, file: 'filters.d/size.toml' }, 'is called NN-name.toml, not size.toml'],
    ['beside another', { text: GOOD, also: 'filters.d/51-size.toml' }, 'ships one drop-in, not 51-size.toml as well'],
    ['of another package', { text: GOOD, manifest: { name: 'size' } }, 'the drop-in says filter = "size"'],
    [
      'of no package',
      { text: GOOD.replace('filter =', '# filter =') },
      'the drop-in says filter = "@example/filter-size"',
    ],
    ['that is not published', { text: GOOD, manifest: { files: ['dist'] } }, 'files has "filters.d"'],
  ])('%s is refused', async (_what, shipped: Shipped, says) => {
    await expect(check(NAMES, schema, shipped)).rejects.toThrow(says)
  })

  test('whose value cannot be read by this suite says what to write', async () => {
    await expect(check(DEFAULTS, schema, { text: GOOD.replace('1_000', '0x3e8') })).rejects.toThrow(
      'line 9: limit: write the value on one line, as JSON would',
    )
  })
})
