/** What keeps `candy serve` up where no systemd is: a shell that starts it again whenever it ends. */
import { join } from 'node:path'

/**
 * The text of the shell. `command` is started as soon as candy has its directory in the queue of Postfix, which `candy enable` makes;
 * without it, it would end at once, some two times a second.
 */
export function keepUp(queueDirectory: string, command: string): string {
  return `while :; do [ ! -d '${join(queueDirectory, 'candy')}' ] || ${command}; sleep 0.5; done`
}
