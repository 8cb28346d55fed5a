/** What somebody asks of `candy enable`, and what is there once it is done. */
import type { EnableEdits, EnableRequest, PostfixFiles } from '../../src/postfix/enable-edits.js'
import type { Instance } from '../../src/postfix/instance.js'
import type { Journal } from '../../src/postfix/journal.js'
import type { Mode } from '../../src/postfix/mode.js'
import { type Given, instanceOf } from './shapes.js'

export function enableRequest(mode: Mode, more: Partial<EnableRequest> = {}): EnableRequest {
  const choice = { mode, submission: false, pickup: true }
  return { ...choice, named: [], reinjectsByPickup: false, candyPipe: '/usr/lib/candy/bin/candy-pipe', ...more }
}

/** The instance after its files were written. */
export function written(given: Given, { master, main }: PostfixFiles): Instance {
  return instanceOf({ ...given, master, main })
}

/** The journal of what was planned, as if nothing else had to be created. */
export function journalOf({ record }: EnableEdits): Journal {
  return { ...record, created: [] }
}
