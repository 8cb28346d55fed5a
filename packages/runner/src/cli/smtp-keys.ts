/** Keys of `[smtp]` in candy.toml that a command must not pass over in silence: they decide what a mode comes to. */

import { printAddress } from '@candy/sdk/values'
import type { Settings } from '../config/settings.js'
import { ENDPOINT_DEFAULTS, type Queue } from '../config/smtp-settings.js'
import { EX_CONFIG } from './exit-status.js'
import { Failure } from './failure.js'

/** Postfix is told of the sockets in its queue directory. Throws Failure when candy serve does not listen there. */
export function assertStandardSockets(file: string, { smtp: { listen } }: Settings): void {
  if (listen === undefined) return
  throw new Failure(
    EX_CONFIG,
    `${file} says smtp.listen = "${printAddress(listen)}", and candy serve listens nowhere else: take the key out, or set Postfix up by hand (docs/smtp.md)`,
  )
}

/** Keys that were written for one place and would now be about the other. */
export function movedKeys(file: string, { smtp }: Settings, queue: Queue): readonly string[] {
  const { protocol, deadline } = ENDPOINT_DEFAULTS[smtp.queue]
  const moved = Object.entries({
    next_hop: smtp.nextHop !== undefined,
    protocol: smtp.protocol !== protocol,
    deadline: smtp.deadline !== deadline,
  }).flatMap(([key, said]) => (said ? [`smtp.${key}`] : []))
  if (smtp.queue === queue || moved.length === 0) return []
  return [
    `${file}: ${moved.join(', ')} was written for mail ${smtp.queue} the queue, and is now about mail ${queue} the queue`,
  ]
}
