/**
 * The modes: how Postfix hands new mail to candy. One table says what each mode means for master.cf, for `candy serve` and
 * for rejected mail; a value that depends on the mode is in no other file.
 */
import type { OnReject } from '../chain/policy.js'

/**
 * In `pipe` and `smtp` Postfix has queued the message before candy gets it. In `smtp-before` it has not, and the SMTP client
 * waits for the verdict.
 */
export type Mode = 'pipe' | SmtpMode

/** Modes in which Postfix speaks LMTP or SMTP to `candy serve`. */
export type SmtpMode = 'smtp' | 'smtp-before'

interface ModeProperties {
  /** What a service that receives mail says in master.cf to give its mail to candy. */
  readonly option: { readonly name: 'content_filter' | 'smtpd_proxy_filter'; readonly value: string }
  /** The service of master.cf that brings queued mail to candy; absent where smtpd(8) itself connects to candy. */
  readonly transport?: 'candy' | 'candy-lmtp'
  /** The service of master.cf that takes filtered mail back. */
  readonly reinjection: 'candy-in' | 'candy-in-before'
  /** What becomes of rejected mail where the operator says nothing of it. */
  readonly onReject: OnReject
}

interface SmtpModeProperties extends ModeProperties {
  /** Where `candy serve` listens, below the queue directory. */
  readonly socket: string
  readonly protocol: 'lmtp' | 'smtp'
  /** Milliseconds for judging a message and handing it on. Postfix waits longer: lmtp_data_done_timeout, smtpd_proxy_timeout. */
  readonly deadline: number
}

export const MODES: { readonly [M in Mode]: M extends SmtpMode ? SmtpModeProperties : ModeProperties } = {
  pipe: {
    // With an empty nexthop Postfix would sort mail by recipient domain, and judge it once for each.
    option: { name: 'content_filter', value: 'candy:dummy' },
    transport: 'candy',
    reinjection: 'candy-in',
    // A refusal would be a bounce, to a sender who is probably forged.
    onReject: 'quarantine',
  },
  smtp: {
    option: { name: 'content_filter', value: 'candy-lmtp:unix:candy/lmtp' },
    transport: 'candy-lmtp',
    reinjection: 'candy-in',
    // As in pipe mode.
    onReject: 'quarantine',
    socket: 'candy/lmtp',
    protocol: 'lmtp',
    deadline: 900_000,
  },
  'smtp-before': {
    option: { name: 'smtpd_proxy_filter', value: 'unix:candy/proxy' },
    reinjection: 'candy-in-before',
    // The client hears it.
    onReject: 'refuse',
    socket: 'candy/proxy',
    protocol: 'smtp',
    deadline: 80_000,
  },
}

/** In the order in which people are told of them. */
export const MODE_NAMES: readonly Mode[] = Object.keys(MODES) as Mode[]

export const DEFAULT_MODE: Mode = 'smtp'

/** `candy serve` takes mail in all of these at once, so that mail which is under way still arrives after a switch. */
export const SMTP_MODES: readonly SmtpMode[] = ['smtp', 'smtp-before']

/** Candy's transports in master.cf. */
export const TRANSPORTS: readonly string[] = MODE_NAMES.flatMap((mode) => MODES[mode].transport ?? [])

/** The mode that listen, next_hop, protocol and deadline of `[smtp]` are about: the one in force, and in pipe mode `smtp`. */
export function smtpModeFor(mode: Mode): SmtpMode {
  return mode === 'pipe' ? 'smtp' : mode
}

/** Where mail goes back to Postfix, below the queue directory. */
export function reinjectionSocket(mode: Mode): string {
  return `public/${MODES[mode].reinjection}`
}
