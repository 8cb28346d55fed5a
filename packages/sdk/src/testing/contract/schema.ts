/**
 * Finds out which keys an options schema knows. Standard Schema has no way to ask. A library that supports Standard JSON Schema lists
 * them, at any depth. Any other schema is given a nonsensical value under the key, and under a key that no schema knows: when the
 * two have different effects, it knows the key. One of them alone shows nothing, since some libraries drop unknown keys, some pass
 * them on and some refuse them.
 */
import type { StandardSchemaV1 } from '../../standard-schema.js'
import type { Options } from './options.js'

type Path = readonly string[]

/** The path of each key. A table in which any key is allowed counts as one key. Undefined when the library does not list them. */
export function declaredKeys(schema: StandardSchemaV1): readonly Path[] | undefined {
  try {
    const json = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
    return json === undefined ? undefined : leaves(json)
  } catch {
    return undefined
  }
}

function leaves(json: unknown, path: Path = []): Path[] {
  const properties = (json as { properties?: Readonly<Record<string, unknown>> } | undefined)?.properties
  if (properties === undefined) return path.length === 0 ? [] : [[...path]]
  return Object.entries(properties).flatMap(([key, inner]) => leaves(inner, [...path, key]))
}

const UNKNOWN_KEY = 'no-schema-knows-this-key'

/** Whether a nonsensical value under this key has another effect than under a key that no schema knows. */
export async function knowsKey(schema: StandardSchemaV1, options: Options, path: Path): Promise<boolean> {
  const nonsense = () => undefined
  const [name = '', ...above] = path.toReversed()
  const table = above.reverse()
  const probe = await effect(schema, withValue(options, path, nonsense))
  const control = await effect(schema, withValue(options, [...table, UNKNOWN_KEY], nonsense))
  return probe !== control.replaceAll(UNKNOWN_KEY, name)
}

/** The keys of the top level that are in the validated options, or whose absence the schema reports when there are no options. */
export async function shownKeys(schema: StandardSchemaV1, options: Options): Promise<readonly Path[]> {
  const full = await schema['~standard'].validate(options)
  const empty = await schema['~standard'].validate({})
  const given = full.issues === undefined ? Object.keys(Object(full.value)) : []
  const missed = (empty.issues ?? []).flatMap(({ path }) => path?.slice(0, 1) ?? [])
  const names = missed.map((key) => String(typeof key === 'object' ? key.key : key))
  const known: Path[] = []
  for (const name of new Set([...given, ...names])) if (await knowsKey(schema, options, [name])) known.push([name])
  return known
}

/** A copy with the value at the path, or without the key when the value is undefined. Tables on the path that do not exist are created. */
export function withValue(options: Options, [key, ...rest]: Path, value: unknown): Options {
  if (key === undefined) return options
  const { [key]: inner, ...others } = options
  if (rest.length === 0 && value === undefined) return others
  const table: Options = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Options) : {}
  return { ...options, [key]: rest.length === 0 ? value : withValue(table, rest, value) }
}

async function effect(schema: StandardSchemaV1, options: Options): Promise<string> {
  const result = await schema['~standard'].validate(options)
  const seen =
    result.issues === undefined
      ? result.value
      : result.issues.map(({ message, path }) => ({ message, path: names(path) }))
  return JSON.stringify(seen, (_, value: unknown) => (typeof value === 'function' ? 'nonsense' : value)) ?? ''
}

function names(path: readonly (PropertyKey | { readonly key: PropertyKey })[] = []): string[] {
  return path.map((key) => String(typeof key === 'object' ? key.key : key))
}
