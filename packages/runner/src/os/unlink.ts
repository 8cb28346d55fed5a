/**
 * Removes one name from a directory by unlink(2). It does not use rmSync() of node:fs: in Node.js 24 the error of rmSync() has no
 * code, and up to 24.12 it did not remove a link to nothing, and refused a link to a directory.
 */
import { unlinkSync } from 'node:fs'

/** Removes a file, link or socket; does nothing when it does not exist. Follows no link. Throws the error of the system call. */
export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
