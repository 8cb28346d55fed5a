/**
 * Finds the keys in an operator's options that the filter does not know.
 *
 * Validation cannot tell them: most schema libraries drop an unknown key silently, some keep it, and those that refuse it each use
 * another message. So the known keys are found before validation: in the schema's JSON Schema when its library makes one, else in the
 * drop-in that the package ships, which contains every option, some of them commented out.
 */
import type { StandardSchemaV1 } from '@candy/sdk'
import { isTable } from '../config/section.js'
import { parseDocument, type TomlPath, type TomlTable } from '../config/toml.js'
import { readShippedDropIn } from './shipped-drop-in.js'

/** A schema in JSON Schema 2020-12, of which only the parts that name keys are read. */
export type JsonSchema = Readonly<Record<string, unknown>>

export interface UnknownKey {
  /** The path of the key below `[options]`. */
  readonly path: TomlPath
  /** The keys that are known in the same table. */
  readonly known: readonly string[]
}

/** The schema of a package's known options; undefined when neither its schema nor its shipped drop-in names them. */
export function knownOptions(schema: StandardSchemaV1, directory: string): JsonSchema | undefined {
  return fromSchema(schema) ?? fromDropIn(directory)
}

/** The keys of `options`, at every depth, that the schema does not know. */
export function unknownKeys(options: TomlTable, schema: JsonSchema): readonly UnknownKey[] {
  const found: UnknownKey[] = []
  walk(options, [schema], [], schema, found)
  return found
}

function walk(
  value: unknown,
  schemas: readonly JsonSchema[],
  path: TomlPath,
  root: JsonSchema,
  found: UnknownKey[],
): void {
  const shapes = schemas.flatMap((schema) => alternatives(schema, root, new Set()))
  if (Array.isArray(value)) {
    for (const [at, element] of value.entries()) {
      const items = shapes.flatMap((shape) => {
        const prefix = Array.isArray(shape.prefixItems) ? shape.prefixItems[at] : undefined
        return [prefix ?? shape.items].filter(isTable)
      })
      if (items.length > 0) walk(element, items, [...path, at], root, found)
    }
  } else if (isTable(value)) {
    const objects = shapes.filter((shape) => isTable(shape.properties) || shape.additionalProperties === false)
    const open = objects.length === 0 || shapes.some((shape) => isOpen(shape.additionalProperties))
    const known = [...new Set(objects.flatMap((shape) => Object.keys(properties(shape))))]
    for (const [key, inner] of Object.entries(value)) {
      const schemasOfKey = shapes.flatMap((shape) => ofKey(shape, key))
      if (schemasOfKey.length > 0) walk(inner, schemasOfKey, [...path, key], root, found)
      else if (!open) found.push({ path: [...path, key], known })
    }
  }
}

/** The schemas that together describe a value: the schema itself, those it refers to, and all branches of a choice. */
function alternatives(schema: JsonSchema, root: JsonSchema, seen: Set<JsonSchema>): JsonSchema[] {
  if (seen.has(schema)) return []
  seen.add(schema)
  const target = typeof schema.$ref === 'string' ? pointer(schema.$ref, root) : undefined
  const branches = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []))
  return [schema, ...[target, ...branches].filter(isTable).flatMap((branch) => alternatives(branch, root, seen))]
}

/** Follows a JSON pointer (RFC 6901) that is the fragment of a reference. */
function pointer(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith('#')) return undefined
  const parts = decodeURIComponent(reference.slice(1)).split('/').slice(1)
  return parts.reduce<unknown>(
    (at, part) => (isTable(at) ? at[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
    root,
  )
}

function ofKey(shape: JsonSchema, key: string): JsonSchema[] {
  const own = properties(shape)
  if (Object.hasOwn(own, key)) return [isTable(own[key]) ? own[key] : {}]
  const patterns = Object.entries(isTable(shape.patternProperties) ? shape.patternProperties : {})
  const fitting = patterns.filter(([pattern]) => new RegExp(pattern, 'u').test(key)).map(([, schema]) => schema)
  if (fitting.length > 0) return fitting.map((schema) => (isTable(schema) ? schema : {}))
  return isTable(shape.additionalProperties) ? [shape.additionalProperties] : []
}

function properties(shape: JsonSchema): TomlTable {
  return isTable(shape.properties) ? shape.properties : {}
}

function isOpen(additional: unknown): boolean {
  return additional === true || isTable(additional)
}

/** Undefined when the library throws, as some do for a type that JSON Schema does not have, a date for example. */
function fromSchema(schema: StandardSchemaV1): JsonSchema | undefined {
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    return undefined
  }
}

function fromDropIn(directory: string): JsonSchema | undefined {
  const shipped = readShippedDropIn(directory)
  return shipped === undefined ? undefined : commentedKeys(shipped.text)
}

const KEY = String.raw`(?:[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*')`
const KEYS = String.raw`${KEY}(?:\s*\.\s*${KEY})*`
const HEADER = new RegExp(String.raw`^\[{1,2}\s*(${KEYS})\s*\]{1,2}\s*(?:#.*)?$`)
const ASSIGNMENT = new RegExp(String.raw`^(${KEYS})\s*=\s*(.*)$`)

/** Makes a schema of the keys below `[options]` of a drop-in, including those that are commented out. */
export function commentedKeys(text: string): JsonSchema {
  const root: MutableSchema = { properties: {} }
  let table: readonly string[] = []
  for (const line of text.split(/\r?\n/)) {
    const bare = line.replace(/^\s*(?:#+\s?)?\s*/, '')
    const header = HEADER.exec(bare)?.[1]
    const [, keys, value] = ASSIGNMENT.exec(bare) ?? []
    if (header !== undefined) {
      table = segments(header)
      addPath(root, table)
    } else if (keys !== undefined && value !== undefined) {
      const leaf = addPath(root, [...table, ...segments(keys)])
      shape(leaf, parseDocument(`value = ${value}`, '', [])?.value.value)
    }
  }
  return root.properties?.options ?? { properties: {} }
}

interface MutableSchema extends JsonSchema {
  properties?: Record<string, MutableSchema>
  items?: MutableSchema
}

function segments(keys: string): string[] {
  return (keys.match(new RegExp(KEY, 'g')) ?? []).map((key) => key.replace(/^["']|["']$/g, ''))
}

/** Adds a path of keys to the schema. A table may also be written as an array of tables, so the keys below it are known in both. */
function addPath(root: MutableSchema, path: readonly string[]): MutableSchema {
  let at = root
  for (const key of path) {
    at.properties ??= {}
    at.items = at
    const properties = at.properties
    const next = Object.hasOwn(properties, key) ? properties[key] : undefined
    at = next ?? {}
    properties[key] = at
  }
  return at
}

/** Adds the keys inside an inline table, or inside the tables of an array. */
function shape(leaf: MutableSchema, value: unknown): void {
  if (Array.isArray(value)) for (const element of value) shape(leaf, element)
  if (isTable(value)) for (const [key, inner] of Object.entries(value)) shape(addPath(leaf, [key]), inner)
}
