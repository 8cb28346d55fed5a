/** Filters are other people's code. Whoever typed the command, they run as candy; root only reads what candy may not. */

const USER = 'candy'

/**
 * Gives up root's powers for good. Does nothing for other users, and on a machine where candy is not set up: there is no
 * account yet, and nothing of candy's to protect.
 */
export function dropPrivileges(): void {
  if (process.geteuid?.() !== 0) return
  try {
    process.setgroups?.([])
    process.setgid?.(USER)
    process.setuid?.(USER)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_CREDENTIAL') throw error
  }
}
