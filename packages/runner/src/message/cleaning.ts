/** Receiving a message as cleanup(8) will make it. */
import { Cleanup, type CleanupSettings } from './cleanup.js'
import type { Intake } from './spool.js'

/** Takes the message as it comes, and gives the intake what cleanup(8) will make of it. The intake is its own from now on. */
export function cleaning(intake: Intake, settings: CleanupSettings): Intake {
  const cleanup = new Cleanup(settings)
  let pieces: Uint8Array[] = []
  const keep = (next = 0): Promise<void> | undefined => {
    for (let at = next; at < pieces.length; at++) {
      const kept = intake.append(pieces[at] as Uint8Array)
      if (kept !== undefined) return kept.then(() => keep(at + 1))
    }
    pieces = []
    return undefined
  }
  return {
    append: (chunk) => {
      cleanup.write(chunk, pieces)
      return keep()
    },
    finish: async () => {
      cleanup.end(pieces)
      await keep()
      return intake.finish()
    },
    close: () => intake.close(),
  }
}
