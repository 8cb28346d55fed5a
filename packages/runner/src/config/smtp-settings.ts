/** The table `[smtp]` of candy.toml: where the resident runner listens, where mail goes on, and what limits it. */
import type { ServiceAddress } from '@candy/sdk/values'
import type { Section } from './section.js'

/** Whether Postfix has queued a message before it comes here. */
export type Queue = 'after' | 'before'

/** Durations are milliseconds. */
export interface EndpointDefaults {
  readonly protocol: 'lmtp' | 'smtp'
  /** For judging a message and handing it on. Postfix waits longer than this: lmtp_data_done_timeout, smtpd_proxy_timeout. */
  readonly deadline: number
}

export const ENDPOINT_DEFAULTS: Readonly<Record<Queue, EndpointDefaults>> = {
  after: { protocol: 'lmtp', deadline: 900_000 },
  before: { protocol: 'smtp', deadline: 80_000 },
}

/** Durations are milliseconds. `listen`, `nextHop`, `protocol` and `deadline` are those of the place that `queue` names. */
export interface SmtpSettings extends EndpointDefaults {
  readonly queue: Queue
  /** Absent: sockets in Postfix's queue directory, for both places. */
  readonly listen?: ServiceAddress
  /** Absent: the re-injection service in Postfix's queue directory. */
  readonly nextHop?: ServiceAddress
  /** How long a client may be silent. */
  readonly idle: number
  /** Absent: as many as there are processors, at most 4. */
  readonly workers?: number
  /** At the same time, for each worker; more wait for their greeting. */
  readonly sessions: number
  /** A worker that shows no sign of life for so long is replaced. */
  readonly hang: number
}

export function readSmtpSettings(section: Section): SmtpSettings {
  const queue = section.choice('queue', ['after', 'before'], 'after')
  const preset = ENDPOINT_DEFAULTS[queue]
  const listen = section.address('listen')
  const nextHop = section.address('next_hop')
  const workers = section.count('workers')
  return {
    queue,
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
