/** Receives a message as cleanup(8) will make it. */
import { Cleanup, type CleanupSettings } from './cleanup.js'
import type { Intake } from './spool.js'

/** An intake that hands to `intake` what cleanup(8) will make of the message, and finishes and closes it. */
export function cleaning(intake: Intake, settings: CleanupSettings): Intake {
  const cleanup = new Cleanup(settings)
  let pieces: Uint8Array[] = []
  const appendPieces = (first = 0): Promise<void> | undefined => {
    for (let index = first; index < pieces.length; index++) {
      const pending = intake.append(pieces[index] as Uint8Array)
      if (pending === undefined) continue
      // They may be a part of the chunk, which is the caller's again.
      const rest = pieces.slice(index + 1).map((piece) => new Uint8Array(piece))
      pieces = rest
      return pending.then(() => appendPieces())
    }
    pieces = []
    return undefined
  }
  return {
    append: (chunk) => {
      cleanup.write(chunk, pieces)
      return appendPieces()
    },
    finish: async () => {
      cleanup.end(pieces)
      await appendPieces()
      return intake.finish()
    },
    close: () => intake.close(),
  }
}
