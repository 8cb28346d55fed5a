/** What somebody asks of `candy enable`. */
import type { EnableRequest } from '../../src/postfix/enable-edits.js'
import type { Mode } from '../../src/postfix/mode.js'

export function enableRequest(mode: Mode, more: Partial<EnableRequest> = {}): EnableRequest {
  const choice = { mode, submission: false, pickup: true }
  return { ...choice, named: [], reinjectsByPickup: false, candyPipe: '/usr/lib/candy/bin/candy-pipe', ...more }
}
