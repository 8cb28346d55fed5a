/** The table `[smtp]` of candy.toml: where the resident runner listens, where mail goes on, and what limits it. */
import type { ServiceAddress } from '@candy/sdk/values'
import { MODES, type SmtpMode } from '../postfix/mode.js'
import type { Section } from './section.js'

/** Durations are milliseconds. `listen`, `nextHop`, `protocol` and `deadline` are about one mode: see `smtpModeFor`. */
export interface SmtpSettings {
  /** Absent: sockets in Postfix's queue directory, for both modes. */
  readonly listen?: ServiceAddress
  /** Absent: the re-injection service in Postfix's queue directory. */
  readonly nextHop?: ServiceAddress
  readonly protocol: 'lmtp' | 'smtp'
  /** For judging a message and handing it on. */
  readonly deadline: number
  /** How long a client may be silent. */
  readonly idle: number
  /** Absent: as many as there are processors, at most 4. */
  readonly workers?: number
  /** At the same time, for each worker; more wait for their greeting. */
  readonly sessions: number
  /** A worker that shows no sign of life for so long is replaced. */
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
