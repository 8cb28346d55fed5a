/** Keys of `[smtp]` in candy.toml that a command must not pass over in silence: they decide what a mode comes to. */

import { printAddress } from '@candy/sdk/values'
import type { Settings } from '../config/settings.js'
import { MODES, type Mode, smtpModeFor } from '../postfix/mode.js'
import { EX_CONFIG, Failure } from './failure.js'

/** Postfix is told of the sockets in its queue directory. Throws Failure when candy serve does not listen there. */
export function assertStandardSockets(file: string, { smtp: { listen } }: Settings): void {
  if (listen === undefined) return
  throw new Failure(
    EX_CONFIG,
    `${file} says smtp.listen = "${printAddress(listen)}", and candy serve listens nowhere else: take the key out, or set Postfix up by hand (docs/smtp.md)`,
  )
}

/** Keys that were written for one SMTP mode and would be about the other after a switch to `mode`. */
export function movedKeys(file: string, { mode: old, smtp }: Settings, mode: Mode): readonly string[] {
  const [before, after] = [smtpModeFor(old), smtpModeFor(mode)]
  const { protocol, deadline } = MODES[before]
  const moved = Object.entries({
    next_hop: smtp.nextHop !== undefined,
    protocol: smtp.protocol !== protocol,
    deadline: smtp.deadline !== deadline,
  }).flatMap(([key, said]) => (said ? [`smtp.${key}`] : []))
  if (before === after || moved.length === 0) return []
  return [`${file}: ${moved.join(', ')} was written for mode ${before}, and is now about mode ${after}`]
}
