/**
 * Removing one name of a directory, by unlink(2) itself. Not by rmSync() of node:fs: that of Node.js 24 tells what the system
 * refuses without its code, and up to 24.12 it left a link that leads nowhere and refused one that leads to a directory.
 */
import { unlinkSync } from 'node:fs'

/** Removes what is no directory; nothing to do where there is nothing, and no link is followed. Throws what the system refuses. */
export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
