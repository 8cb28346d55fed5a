/** Absolute paths of the parts of this installation that are written to master.cf, to systemd units and to filters.d. */
import { fileURLToPath } from 'node:url'

/** The command `candy`. */
export const CANDY: string = fileURLToPath(new URL('../../bin/candy.js', import.meta.url))

/** The command that pipe(8) runs. */
export const CANDY_PIPE: string = fileURLToPath(new URL('../../bin/candy-pipe', import.meta.url))

/** The directory with the README and the template for filters.d. */
export const SHARE: string = fileURLToPath(new URL('../../share', import.meta.url))
