/** The resident runner, as far as setting Postfix up needs it: in SMTP mode it has to answer before mail depends on it. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LMTP_SOCKET, PROXY_SOCKET, type Way } from '../postfix/attachment.js'
import { PostfixError } from '../postfix/error.js'
import type { Instance } from '../postfix/instance.js'
import { answers } from '../postfix/listener.js'

/** Milliseconds that a supervisor may take to start it. */
const PATIENCE = 20_000

/** Waits until somebody answers on the socket of the mode. Pipe mode needs nobody. */
export function startRunner(
  { configDirectory, queueDirectory }: Instance,
  way: Way,
  report: (what: string) => void,
  signal: AbortSignal,
): () => Promise<void> {
  return async () => {
    if (way === 'pipe') return
    const path = join(queueDirectory, way === 'after' ? LMTP_SOCKET : PROXY_SOCKET)
    if (await answers(path)) return
    report(`waiting for "candy serve -c ${configDirectory}": have your supervisor start it now`)
    for (const end = Date.now() + PATIENCE; !(await answers(path)); await sleep(500, undefined, { signal })) {
      if (Date.now() < end) continue
      throw new PostfixError(
        `nobody answers on ${path}: have "candy serve -c ${configDirectory}" run under your supervisor, restarted whenever it ends, then enable again`,
      )
    }
  }
}
