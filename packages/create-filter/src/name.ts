/**
 * The names that a new package has: its own, its filter's, its folder's.
 *
 * They become a folder, a file `NN-name.toml` and text in source files, so nothing gets in but what npm allows in a name
 * (package.json(5), `name`) and what cannot be anything else: no path, no quote, no upper case, no white space.
 */

export interface Names {
  /** `candy-filter-size`, or `@example/filter-size`. */
  readonly package: string
  /** What the filter calls itself: `size`. Letters, digits and single hyphens. */
  readonly filter: string
  /** The package's name without its scope. */
  readonly folder: string
}

const WORD = '[a-z0-9]+(?:-[a-z0-9]+)*'
const NAME = new RegExp(`^(?:@(${WORD})/)?(${WORD})$`)
const PREFIX = /^(?:candy-)?filter-(?=.)/

/** package.json(5): at most 214 characters, scope and all. Less leaves room for `filters.d/NN-name.toml`. */
const LIMIT = 100

/**
 * The names for what a person typed: `size` becomes `candy-filter-size`, which is how others find it; a name that has a scope or
 * says that it is a filter is taken as it is. Undefined when it is no name.
 */
export function namesFor(typed: string): Names | undefined {
  const [, scope, word] = typed.length > LIMIT ? [] : (NAME.exec(typed) ?? [])
  if (word === undefined) return undefined
  const folder = scope === undefined && !PREFIX.test(word) ? `candy-filter-${word}` : word
  return { package: scope === undefined ? folder : `@${scope}/${folder}`, filter: word.replace(PREFIX, ''), folder }
}
