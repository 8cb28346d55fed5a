/** Reads the table `[smtp]` of candy.toml: where the service listens, the next hop for mail, and limits. */
import type { ServiceAddress } from '@candy/sdk/values'
import { MODES, type SmtpMode } from '../postfix/mode.js'
import type { Section } from './section.js'

/** Durations are milliseconds. `listen`, `nextHop`, `protocol` and `deadline` apply to one mode, which `smtpModeFor` names. */
export interface SmtpSettings {
  /** Absent: the service listens on sockets in Postfix's queue directory, one for each mode. */
  readonly listen?: ServiceAddress
  /** Absent: mail goes to the re-injection service in Postfix's queue directory. */
  readonly nextHop?: ServiceAddress
  readonly protocol: 'lmtp' | 'smtp'
  /** For judging a message and handing it over. */
  readonly deadline: number
  /** A client that sends nothing for so long is disconnected. */
  readonly idle: number
  /** Absent: as many as there are processors, at most 4. */
  readonly workers?: number
  /** The largest number of sessions of each worker at a time; further connections wait for their greeting. */
  readonly sessions: number
  /** A worker that does not report for so long is killed and replaced. */
  readonly hang: number
}

export function readSmtpSettings(section: Section, mode: SmtpMode): SmtpSettings {
  section.instead('queue', 'mode = "smtp" or mode = "smtp-before" at the top of the file')
  const preset = MODES[mode]
  const listen = section.address('listen')
  const nextHop = section.address('next_hop')
  const workers = section.count('workers')
  return {
    ...(listen !== undefined && { listen }),
    ...(nextHop !== undefined && { nextHop }),
    protocol: section.choice('protocol', ['lmtp', 'smtp'], preset.protocol),
    deadline: section.duration('deadline', preset.deadline),
    idle: section.duration('idle', 300_000),
    ...(workers !== undefined && { workers }),
    sessions: section.count('sessions') ?? 250,
    hang: section.duration('hang', 30_000),
  }
}
