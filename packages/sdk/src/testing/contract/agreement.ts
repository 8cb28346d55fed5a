/** Checks of a package's drop-in: it names the package, works as it is shipped, and agrees with the options schema. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { type Backend, backend } from '../backend.js'
import { type DropInKey, plainValue, readDropIn } from '../drop-in.js'
import type { Check, FilterUnderTest } from './filter-under-test.js'
import type { Options } from './options.js'
import { declaredKeys, knowsKey, shownKeys, withValue } from './schema.js'
import { fail } from './waiting.js'

/** Checks of packages with a drop-in. */
export const AGREEMENT: readonly Check[] = [
  { name: 'ships one drop-in that names its package', body: namesPackage },
  { name: 'ships a drop-in that works as it is', body: worksAsShipped },
  { name: 'has the same keys in its drop-in and its options', body: sameKeys },
  { name: 'shows the actual defaults in its drop-in', body: showsDefaults },
]

async function namesPackage({ dropIn }: FilterUnderTest): Promise<void> {
  if (dropIn === undefined) return
  const folder = new URL('.', dropIn)
  const file = basename(fileURLToPath(dropIn))
  if (basename(fileURLToPath(folder)) !== 'filters.d') fail(`a drop-in stands in filters.d/, not ${folder}`)
  if (!/^\d\d-[a-z0-9-]+\.toml$/.test(file)) fail(`a drop-in is called NN-name.toml, not ${file}`)
  const others = readdirSync(folder).filter((name) => name.endsWith('.toml') && name !== file)
  if (others.length > 0) fail(`a package ships one drop-in, not ${others.join(', ')} as well`)
  const { name, files } = JSON.parse(readFileSync(new URL('../package.json', dropIn), 'utf8')) as Manifest
  const written = keysOf(dropIn).find(({ path, inForce }) => inForce && path.join('.') === 'filter')
  if (written === undefined || plainValue(written) !== name) fail(`the drop-in says filter = "${name}"`)
  if (files !== undefined && !files.some((entry) => /^(\.\/)?filters\.d(\/|$)/.test(entry))) {
    fail('package.json: files has "filters.d", else the drop-in is not published')
  }
}

interface Manifest {
  readonly name: string
  readonly files?: readonly string[]
}

async function worksAsShipped({ dropIn, filter }: FilterUnderTest): Promise<void> {
  if (dropIn === undefined) return
  let options: Options = {}
  for (const key of optionKeys(dropIn)) if (key.inForce) options = withValue(options, key.path, readable(key))
  const result = await filter.options['~standard'].validate(options)
  if (result.issues !== undefined) fail(`the drop-in is refused: ${result.issues.map((i) => i.message).join('; ')}`)
}

async function sameKeys(tested: FilterUnderTest): Promise<void> {
  const { dropIn, filter } = tested
  if (dropIn === undefined) return
  const declared = declaredKeys(filter.options)
  const written = await writtenOptions(tested)
  const keys = optionKeys(dropIn)
  const dotted = keys.map(({ path }) => path.join('.'))
  for (const { path, line } of keys) {
    const known =
      declared === undefined
        ? await knowsKey(filter.options, written, path)
        : declared.some((leaf) => leaf.every((name, depth) => path[depth] === name))
    if (!known) fail(`line ${line}: ${path.join('.')}: the options do not know this key`)
  }
  for (const path of declared ?? (await shownKeys(filter.options, written))) {
    const name = path.join('.')
    if (!dotted.some((key) => key === name || key.startsWith(`${name}.`))) fail(`${name}: the drop-in does not show it`)
  }
}

async function showsDefaults(tested: FilterUnderTest): Promise<void> {
  const { dropIn, filter } = tested
  if (dropIn === undefined) return
  const written = await writtenOptions(tested)
  for (const key of optionKeys(dropIn)) {
    if (key.inForce) continue
    const without = await filter.options['~standard'].validate(withValue(written, key.path, undefined))
    const shown = await filter.options['~standard'].validate(withValue(written, key.path, readable(key)))
    const name = key.path.join('.')
    if (shown.issues !== undefined) fail(`line ${key.line}: ${name}: refused: ${shown.issues[0]?.message}`)
    if (without.issues !== undefined || valueAt(without.value, key.path) === undefined) continue
    if (!isDeepStrictEqual(shown.value, without.value)) fail(`line ${key.line}: ${name}: not the default that holds`)
  }
}

function keysOf(dropIn: URL): readonly DropInKey[] {
  return readDropIn(readFileSync(dropIn, 'utf8'))
}

/** The keys of the table `[options]`. Their paths start below it. */
function optionKeys(dropIn: URL): readonly DropInKey[] {
  return keysOf(dropIn)
    .filter(({ path }) => path[0] === 'options')
    .map((key) => ({ ...key, path: key.path.slice(1) }))
}

function readable(key: DropInKey): unknown {
  const value = plainValue(key)
  if (value === undefined) fail(`line ${key.line}: ${key.path.join('.')}: write the value on one line, as JSON would`)
  return value
}

/** The options that the author of the filter gave to the suite. Where they need a backend's address, nobody listens at it. */
async function writtenOptions({ options, on }: FilterUnderTest): Promise<Options> {
  if (typeof options !== 'function') return options
  const daemon: Backend = await backend({ on, script: 'refuse' })
  try {
    return options(daemon)
  } finally {
    await daemon.close()
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (Object(inner) as Record<string, unknown>)[key], value)
}
