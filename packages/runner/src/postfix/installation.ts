/** Absolute paths of the parts of this installation that are written to master.cf, to systemd units and to filters.d. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PipeSources } from './pipe-command.js'

/** The command `candy`. */
export const CANDY: string = fileURLToPath(new URL('../../bin/candy.js', import.meta.url))

/** What the command is made from that pipe(8) runs. */
export function pipeSources(): PipeSources {
  const candyPipe = fileURLToPath(new URL('../../bin/candy-pipe', import.meta.url))
  return { candyPipe, candy: CANDY, handover: findHandover() }
}

/** The directory with the README and the template for filters.d. */
export const SHARE: string = fileURLToPath(new URL('../../share', import.meta.url))

/** The program candy-handover for this platform; undefined where the package is not installed or has none. */
function findHandover(): string | undefined {
  try {
    const manifest = fileURLToPath(import.meta.resolve('@candy/handover/package.json'))
    const path = join(dirname(manifest), 'bin', `${process.platform}-${process.arch}`)
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}
