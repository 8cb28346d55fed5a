/**
 * The modes: how Postfix hands new mail to candy. One table has every value that depends on the mode: for master.cf, for
 * `candy serve`, and for rejected mail.
 */
import type { OnReject } from '../chain/policy.js'

/**
 * In the modes `pipe` and `smtp` Postfix queues a message before candy gets it. In the modes `smtp-before` and `milter` it does not, and
 * the SMTP client waits for the verdict.
 */
export type Mode = 'pipe' | ServedMode

/** Modes in which `candy serve` takes mail on a socket. */
export type ServedMode = SmtpMode | 'milter'

/** Modes in which Postfix speaks LMTP or SMTP to `candy serve`. */
export type SmtpMode = 'smtp' | 'smtp-before'

interface ModeProperties {
  /** The option of a receiving service in master.cf that sends its mail to candy. */
  readonly option: { readonly name: 'content_filter' | 'smtpd_proxy_filter' | 'candy_milter'; readonly value: string }
  /** The service of master.cf that delivers queued mail to candy; absent where smtpd(8) itself connects to candy. */
  readonly transport?: 'candy' | 'candy-lmtp'
  /**
   * The service of master.cf that receives filtered mail from candy. In mode `milter` mail stays in Postfix, and the service gets what is
   * released from the quarantine, and mail for recipients who are to get something else than the others.
   */
  readonly reinjection: 'candy-in' | 'candy-in-before'
  /** The default for rejected mail. */
  readonly onReject: OnReject
}

interface ServedModeProperties extends ModeProperties {
  /** The path of the socket on which `candy serve` listens, relative to the queue directory. */
  readonly socket: string
  /** Milliseconds to judge a message and hand it on. Postfix waits longer: lmtp_data_done_timeout, smtpd_proxy_timeout. */
  readonly deadline: number
}

interface SmtpModeProperties extends ServedModeProperties {
  readonly protocol: 'lmtp' | 'smtp'
}

export const MODES: {
  readonly [M in Mode]: M extends SmtpMode
    ? SmtpModeProperties
    : M extends ServedMode
      ? ServedModeProperties
      : ModeProperties
} = {
  pipe: {
    // With an empty nexthop Postfix would deliver a message once for each recipient domain, and candy would judge it as often.
    option: { name: 'content_filter', value: 'candy:dummy' },
    transport: 'candy',
    reinjection: 'candy-in',
    // A refusal would make Postfix send a bounce to the sender, who is probably forged.
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
    // The client itself gets the refusal, so nobody receives a bounce.
    onReject: 'refuse',
    socket: 'candy/proxy',
    protocol: 'smtp',
    deadline: 80_000,
  },
  milter: {
    option: { name: 'candy_milter', value: 'unix:candy/milter' },
    reinjection: 'candy-in',
    // As in mode smtp-before.
    onReject: 'refuse',
    socket: 'candy/milter',
    // Postfix itself waits for as long as candy says that it is at work. But it does not tell candy that the client has gone: then
    // it delivers the message nevertheless, and the client sends it again. SMTP clients wait for 10 minutes (RFC 5321 §4.5.3.2.6), and
    // some that are impatient for two, so candy answers before that.
    deadline: 100_000,
  },
}

/** The modes in the order in which messages and help texts list them. */
export const MODE_NAMES: readonly Mode[] = Object.keys(MODES) as Mode[]

export const DEFAULT_MODE: Mode = 'smtp'

/** Modes in which mail passes through `candy serve`, from one service of Postfix to another. */
export const SMTP_MODES: readonly SmtpMode[] = ['smtp', 'smtp-before']

/**
 * `candy serve` accepts mail in all of these modes at once, so that mail under way is still filtered after the mode is switched.
 */
export const SERVED_MODES: readonly ServedMode[] = [...SMTP_MODES, 'milter']

/** The names of candy's transports in master.cf. */
export const TRANSPORTS: readonly string[] = MODE_NAMES.flatMap((mode) => MODES[mode].transport ?? [])

/**
 * The mode to which listen, next_hop, protocol and deadline of `[smtp]` apply: the current one, or `smtp` while that is another.
 */
export function smtpModeFor(mode: Mode): SmtpMode {
  return mode === 'smtp-before' ? mode : 'smtp'
}

/** The path of the socket through which mail goes back to Postfix, relative to the queue directory. */
export function reinjectionSocket(mode: Mode): string {
  return `public/${MODES[mode].reinjection}`
}
