/** Where the parts of this installation are that master.cf, systemd and filters.d are told of: absolute paths. */
import { fileURLToPath } from 'node:url'

/** The command `candy`. */
export const CANDY: string = fileURLToPath(new URL('../../bin/candy.js', import.meta.url))

/** What pipe(8) runs. */
export const CANDY_PIPE: string = fileURLToPath(new URL('../../bin/candy-pipe', import.meta.url))

/** The README and the template for filters.d. */
export const SHARE: string = fileURLToPath(new URL('../../share', import.meta.url))
