/**
 * The services of this host that the filter of a package asks, its scanner above all: `"candy": { "services": ["clamav-daemon"] }` in
 * package.json. The file belongs to whoever installed the package, and no code of the package is run to read it.
 */
import { join } from 'node:path'
import { readRegular } from '../config/file.js'

/** The name of a unit of systemd without its suffix, or of a script of init(8). */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,99}$/

/** The most services that are looked at. */
const LIMIT = 10

/** The names; none where the package has none, or where package.json cannot be read. */
export function readNeededServices(directory: string): readonly string[] {
  try {
    const { candy } = JSON.parse(readRegular(join(directory, 'package.json')).toString()) as {
      readonly candy?: { readonly services?: unknown }
    }
    const names: readonly unknown[] = Array.isArray(candy?.services) ? candy.services : []
    return names.filter((name) => typeof name === 'string' && NAME.test(name)).slice(0, LIMIT) as readonly string[]
  } catch {
    return []
  }
}
