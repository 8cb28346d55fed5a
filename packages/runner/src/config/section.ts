/**
 * Reads a table of a configuration file key by key. The known keys are those that the caller has read: `end` reports all others. So
 * there is no second list of keys that could differ from what is read.
 */
import {
  parseAddress,
  parseDuration,
  parsePeriod,
  parseSize,
  type ServiceAddress,
  type ValueError,
} from '@candy/sdk/values'
import { nearest } from './nearest.js'
import type { Problem } from './problem.js'
import { printPath, type TomlDocument, type TomlPath, type TomlTable } from './toml.js'

export class Section {
  readonly #document: TomlDocument
  readonly #path: TomlPath
  readonly #table: TomlTable
  readonly #problems: Problem[]
  readonly #known = new Set<string>()
  readonly #sections: Section[] = []
  /** By an unknown key, what the operator should write instead of it. */
  readonly #replacements = new Map<string, string>()

  constructor(document: TomlDocument, problems: Problem[], path: TomlPath = [], table: TomlTable = document.value) {
    this.#document = document
    this.#problems = problems
    this.#path = path
    this.#table = table
  }

  /** All keys and values, for a table whose keys the operator chooses. The caller reads each of them before it calls `end`. */
  get entries(): readonly (readonly [key: string, value: unknown])[] {
    return Object.entries(this.#table)
  }

  /** A table inside this one, to be read key by key; an empty one when it is not there. */
  section(key: string): Section {
    const table = this.#get(key)
    const fits = table === undefined || isTable(table)
    if (!fits) this.wrong(key, `must be a table: [${printPath([...this.#path, key])}]`)
    const section = new Section(this.#document, this.#problems, [...this.#path, key], fits ? (table ?? {}) : {})
    this.#sections.push(section)
    return section
  }

  /** A table inside this one, whose keys are not checked here. */
  table(key: string): TomlTable {
    const table = this.#get(key)
    if (table === undefined || isTable(table)) return table ?? {}
    this.wrong(key, `must be a table: [${printPath([...this.#path, key])}]`)
    return {}
  }

  text(key: string): string | undefined {
    const value = this.#get(key)
    if (value === undefined || (typeof value === 'string' && value !== '')) return value
    this.wrong(key, value === '' ? 'must not be empty' : 'must be a string')
    return undefined
  }

  choice<const T extends string, F extends T | undefined>(key: string, choices: readonly T[], fallback: F): T | F {
    const value = this.#get(key)
    if (value === undefined) return fallback
    const found = choices.find((choice) => choice === value)
    if (found !== undefined) return found
    const hint = typeof value === 'string' ? nearest(value, choices) : undefined
    this.wrong(key, `must be one of ${choices.map((choice) => `"${choice}"`).join(', ')}`, hint)
    return fallback
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.#get(key)
    if (value === undefined || typeof value === 'boolean') return value ?? fallback
    this.wrong(key, 'must be true or false')
    return fallback
  }

  /** A whole number, at least 1. */
  count(key: string): number | undefined {
    const value = this.#get(key)
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
    this.wrong(key, 'must be a whole number, at least 1')
    return undefined
  }

  /** A duration in milliseconds. */
  duration(key: string, fallback: number): number {
    return this.#value(key, parseDuration) ?? fallback
  }

  /** A duration that may be longer than any timer, in milliseconds; or this word. */
  periodOr<const W extends string>(key: string, word: W): number | W | undefined {
    return this.#get(key) === word ? word : this.#value(key, parsePeriod)
  }

  /** A size in bytes. */
  size(key: string): number | undefined {
    return this.#value(key, parseSize)
  }

  /** The address of a service. */
  address(key: string): ServiceAddress | undefined {
    return this.#value(key, parseAddress)
  }

  /** Adds a problem with the value of a key. */
  wrong(key: string, what: string, hint?: string): void {
    const path = [...this.#path, key]
    const place = { file: this.#document.file, ...this.#document.position(path), key: printPath(path) }
    this.#problems.push(hint === undefined ? { ...place, what } : { ...place, what, hint })
  }

  /** Adds the problem that a key is missing. Its position is the beginning of the table. */
  missing(key: string, what: string): void {
    const place = this.#document.key(this.#path)
    this.#problems.push({ file: this.#document.file, ...place, key: printPath([...this.#path, key]), what })
  }

  /** Names what to write instead of a key that is not known here, but that an operator may expect. */
  instead(key: string, written: string): void {
    this.#replacements.set(key, written)
  }

  /** Adds a problem for each key that the caller has not read, in this table and in the sections inside it. */
  end(): void {
    for (const key of Object.keys(this.#table)) {
      if (this.#known.has(key)) continue
      const path = [...this.#path, key]
      const instead = this.#replacements.get(key)
      const hint = instead === undefined ? nearest(key, this.#known) : undefined
      const problem = {
        file: this.#document.file,
        ...this.#document.key(path),
        key: printPath(path),
        what: instead === undefined ? 'unknown key' : `unknown key; write ${instead} instead`,
      }
      this.#problems.push(hint === undefined ? problem : { ...problem, hint })
    }
    for (const section of this.#sections) section.end()
  }

  #get(key: string): unknown {
    this.#known.add(key)
    return Object.hasOwn(this.#table, key) ? this.#table[key] : undefined
  }

  #value<T>(key: string, parse: (written: unknown) => T): T | undefined {
    const value = this.#get(key)
    if (value === undefined) return undefined
    try {
      return parse(value)
    } catch (error) {
      const { what, hint } = error as ValueError
      this.wrong(key, what, hint)
      return undefined
    }
  }
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
