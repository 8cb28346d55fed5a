/**
 * Which keys an options schema knows. Standard Schema has no way to ask. Where the library speaks Standard JSON Schema, it
 * says so itself, at any depth. Else the schema is probed, and a key counts as known when it is not treated like one that
 * no schema knows: libraries strip, pass on or refuse strangers, so an answer means nothing by itself.
 */
import type { StandardSchemaV1 } from '../../standard-schema.js'
import type { Options } from './options.js'

type Path = readonly string[]

/** All keys, one path each; a table whose keys are free counts as one. Undefined where the library does not tell. */
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

const STRANGER = 'no-schema-knows-this-key'

/** Whether a nonsensical value under this key has another effect than under a key that nobody knows. */
export async function knowsKey(schema: StandardSchemaV1, options: Options, path: Path): Promise<boolean> {
  const nonsense = () => undefined
  const [name = '', ...above] = path.toReversed()
  const table = above.reverse()
  const probe = await effect(schema, withValue(options, path, nonsense))
  const control = await effect(schema, withValue(options, [...table, STRANGER], nonsense))
  return probe !== control.replaceAll(STRANGER, name)
}

/** Top-level keys of the validated options, and keys that are missed where there are none. */
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

/** A copy with the value at the path, or without the key when it is undefined; tables on the way are made. */
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
