/**
 * Decides which fields of a header block are to be removed. The removals are indexed by the first letter of their name, so that a
 * header of very many fields takes little more time than reading it.
 */
import type { HeaderEdit } from './contract.js'
import { type FieldWalk, headerValue } from './header-field.js'

type Removal = Extract<HeaderEdit, { readonly remove: string }>

/** One name that removals have, and which of the fields with that name they remove. */
interface Rule {
  /** In lower case, without the `*`. */
  readonly name: Uint8Array
  readonly prefix: boolean
  all: boolean
  readonly values: Set<string>
  readonly places: Set<number>
  /** The number of fields of this name that the walk has passed. */
  seen: number
}

export class Removals {
  readonly #block: Uint8Array
  readonly #rules: (Rule[] | undefined)[] = []
  readonly #known = new Map<string, Rule>()

  constructor(block: Uint8Array) {
    this.#block = block
  }

  /** Adds a removal. The caller has checked it with `checkEdit`. */
  add({ remove, where }: Removal): void {
    const rule = this.#ruleFor(remove.toLowerCase())
    if (where === undefined) rule.all = true
    else if ('value' in where) rule.values.add(where.value)
    else rule.places.add(where.place)
  }

  get size(): number {
    return this.#known.size
  }

  /** Whether the field at which the walk stands is to be removed. Asked once for each field, in order: places are counted here. */
  has(walk: FieldWalk): boolean {
    const rules = this.#rules[lower(this.#block[walk.start] ?? 0)]
    if (rules === undefined) return false
    let removed = false
    for (const rule of rules) {
      if (this.#named(walk, rule) && this.#removes(walk, rule)) removed = true
    }
    return removed
  }

  #ruleFor(pattern: string): Rule {
    const known = this.#known.get(pattern)
    if (known !== undefined) return known
    const prefix = pattern.endsWith('*')
    const name = new TextEncoder().encode(prefix ? pattern.slice(0, -1) : pattern)
    const rule: Rule = { name, prefix, all: false, values: new Set(), places: new Set(), seen: 0 }
    this.#known.set(pattern, rule)
    const first = name[0] ?? 0
    this.#rules[first] = [...(this.#rules[first] ?? []), rule]
    return rule
  }

  #named({ start, nameEnd }: FieldWalk, { name, prefix }: Rule): boolean {
    const length = nameEnd - start
    if (prefix ? length < name.length : length !== name.length) return false
    for (let at = 1; at < name.length; at++) {
      if (lower(this.#block[start + at] ?? 0) !== name[at]) return false
    }
    return true
  }

  #removes(walk: FieldWalk, rule: Rule): boolean {
    const place = rule.seen++
    if (rule.all || rule.places.has(place)) return true
    return rule.values.size > 0 && rule.values.has(headerValue(this.#block, walk))
  }
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte
}
