/**
 * The names that a new package needs: those of the package, of its filter and of its folder.
 *
 * They are used for a folder, for a file `NN-name.toml` and in source files. So a name must be one that npm allows (package.json(5),
 * `name`), and may contain no character with a meaning there: no slash but that of the scope, no quote, no upper case, no white space.
 */

export interface Names {
  /** `candy-filter-size`, or `@example/filter-size`. */
  readonly package: string
  /** The filter's name: `size`. It has letters, digits and single hyphens. */
  readonly filter: string
  /** The package's name without its scope. */
  readonly folder: string
}

const WORD = '[a-z0-9]+(?:-[a-z0-9]+)*'
const NAME = new RegExp(`^(?:@(${WORD})/)?(${WORD})$`)
const PREFIX = /^(?:candy-)?filter-(?=.)/

/** The largest length. package.json(5) allows 214 characters with the scope; fewer leave room for `filters.d/NN-name.toml`. */
const LIMIT = 100

/**
 * Makes the names from what a person typed. `size` becomes `candy-filter-size`, so that others find the package. A name with a scope,
 * or one that begins with `filter-` or `candy-filter-`, stays as it is. Undefined when it is not a name.
 */
export function namesFor(typed: string): Names | undefined {
  const [, scope, word] = typed.length > LIMIT ? [] : (NAME.exec(typed) ?? [])
  if (word === undefined) return undefined
  const folder = scope === undefined && !PREFIX.test(word) ? `candy-filter-${word}` : word
  return { package: scope === undefined ? folder : `@${scope}/${folder}`, filter: word.replace(PREFIX, ''), folder }
}
