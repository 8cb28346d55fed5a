/** The command that pipe(8) runs for each message, and the socket on which the resident runner takes messages from it. */
import { join } from 'node:path'

/** The socket, in a directory that only the account candy may enter. */
export function pipeSocket(state: string): string {
  return join(state, 'pipe', 'socket')
}
