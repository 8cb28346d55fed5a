/** The log of `candy quarantine`: who looks for a message must find there who has released or deleted it. */

import type { Log } from '../log/log.js'
import { openLog } from '../log/open.js'
import { errorText } from '../os/error-text.js'
import type { Quarantine } from './quarantine-directory.js'

/** Opens the log that candy.toml names. Where that cannot be written, a warning is printed, and syslog gets the lines. */
export function openQuarantineLog({ settings: { log } }: Quarantine): Log {
  try {
    return openLog({ to: log.to, name: 'candy/quarantine' })
  } catch (error) {
    console.error(`the log cannot be written, syslog gets the lines: ${errorText(error)}`)
    return openLog({ to: 'syslog', name: 'candy/quarantine' })
  }
}
