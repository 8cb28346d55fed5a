/** Reads the drop-in that a filter package ships: the only file `filters.d/NN-name.toml` in its root. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readRegular } from '../config/file.js'

export interface ShippedDropIn {
  /** The file's name without `.toml`. */
  readonly name: string
  readonly text: string
}

/** Undefined when the package ships none or several: then it is not a filter package. */
export function readShippedDropIn(directory: string): ShippedDropIn | undefined {
  const folder = join(directory, 'filters.d')
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => /^[A-Za-z0-9_-]+\.toml$/.test(name))
  } catch {
    return undefined
  }
  const [file, ...others] = names
  if (file === undefined || others.length > 0) return undefined
  return { name: file.slice(0, -'.toml'.length), text: readRegular(join(folder, file)).toString() }
}
