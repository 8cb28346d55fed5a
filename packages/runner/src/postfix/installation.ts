/** Absolute paths of the parts of this installation that are written to master.cf, to systemd units and to filters.d. */
import { fileURLToPath } from 'node:url'
import { findHandover } from './handover.js'
import type { PipeSources } from './pipe-command.js'

/** The command `candy`. */
export const CANDY: string = fileURLToPath(new URL('../../bin/candy.cjs', import.meta.url))

/** What the command is made from that pipe(8) runs. */
export function pipeSources(): PipeSources {
  const candyPipe = fileURLToPath(new URL('../../bin/candy-pipe', import.meta.url))
  return { candyPipe, candy: CANDY, handover: findHandover() }
}

/** The directory with the README and the template for filters.d. */
export const SHARE: string = fileURLToPath(new URL('../../share', import.meta.url))
