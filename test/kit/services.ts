/**
 * The master.cf services that a content filter needs, as a site would write them by hand (master(5), FILTER_README).
 * What is tested must not write its own examination, so these lines do not come from the runner.
 */

/** Lines for master.cf and the main.cf parameters that belong to them. */
export interface Services {
  readonly master: string
  readonly main: Readonly<Record<string, string>>
}

export interface PipeTransport {
  /** The command and its arguments: pipe(8) macros such as `${sender}` work; no shell, so no quotes. */
  readonly argv: readonly string[]
  readonly name?: string
  readonly user?: string
  /** How many may run at once. */
  readonly processes?: number
  /** After this pipe(8) kills the command and bounces the mail: `20s`. */
  readonly timeLimit?: string
}

/** A pipe(8) transport. `R` writes a Return-Path, `q` quotes addresses; an empty null_sender keeps `<>` null. */
export function pipeTransport(options: PipeTransport): Services {
  const { argv, name = 'candy', user = 'candy', processes = 10, timeLimit = '60s' } = options
  const master = `${name} unix - n n - ${processes} pipe
  flags=Rq user=${user} null_sender=
  argv=${argv.map(word).join(' ')}
`
  return { master, main: { [`${name}_time_limit`]: timeLimit } }
}

/** Blanks inside one word need braces (master(5), Postfix 3.0 and later). */
function word(text: string): string {
  return /\s/.test(text) ? `{${text}}` : text
}

export interface Reinjection {
  readonly name?: string
  readonly cleanup?: string
  /** Bytes; a filter may add to a message that was as large as main.cf allows. */
  readonly messageSizeLimit?: number
  /** `-o` options that differ; undefined leaves one out. */
  readonly options?: Readonly<Record<string, string | undefined>>
}

/**
 * An smtpd(8) on a UNIX socket in `public/` for mail that comes back from a filter, with a cleanup(8) of its own. It
 * repeats nothing that the first smtpd has done; what it would refuse is lost or bounced, so it refuses little.
 */
export function reinjection(options: Reinjection = {}): Services {
  const { name = 'candy-in', cleanup = 'candy-cleanup', messageSizeLimit = 30_000_000 } = options
  const settings: Record<string, string | undefined> = {
    syslog_name: `postfix/${name}`,
    cleanup_service_name: cleanup,
    message_size_limit: String(messageSizeLimit),
    // Without these two mail would go round for ever.
    content_filter: '',
    smtpd_proxy_filter: '',
    receive_override_options: 'no_unknown_recipient_checks,no_header_body_checks,no_milters',
    smtpd_milters: '',
    smtpd_upstream_proxy_protocol: '',
    smtpd_delay_reject: 'no',
    smtpd_helo_required: 'no',
    smtpd_helo_restrictions: '',
    smtpd_client_restrictions: '',
    smtpd_sender_restrictions: '',
    smtpd_relay_restrictions: '',
    smtpd_recipient_restrictions: 'permit_mynetworks,reject',
    smtpd_data_restrictions: '',
    smtpd_end_of_data_restrictions: '',
    smtpd_restriction_classes: '',
    smtpd_reject_unlisted_sender: 'no',
    smtpd_recipient_limit: '10000',
    smtpd_command_filter: '',
    smtpd_reject_footer: '',
    // A peer on a UNIX socket counts as 127.0.0.1, or ::1 where inet_protocols has no IPv4 (smtpd_peer.c).
    mynetworks: '127.0.0.0/8,[::1]/128',
    smtpd_authorized_xforward_hosts: '127.0.0.0/8,[::1]/128',
    // The default excludes mynetworks from the defence against SMTP smuggling, and with that every filter.
    smtpd_forbid_bare_newline: 'normalize',
    smtpd_forbid_bare_newline_exclusions: '',
    local_header_rewrite_clients: '',
    local_recipient_maps: '',
    relay_recipient_maps: '',
    smtpd_client_connection_count_limit: '0',
    smtpd_client_connection_rate_limit: '0',
    smtpd_error_sleep_time: '0',
    smtpd_soft_error_limit: '1001',
    smtpd_hard_error_limit: '1000',
    // Runs while a filter judges.
    smtpd_timeout: '1200s',
    smtpd_per_request_deadline: 'no',
    smtpd_tls_security_level: 'none',
    smtpd_sasl_auth_enable: 'no',
    smtpd_discard_ehlo_keywords: '',
    ...options.options,
  }
  const lines = Object.entries(settings).filter(([, value]) => value !== undefined)
  const master = `${name} unix n - n - - smtpd
${lines.map(([key, value]) => `  -o ${key}=${value}\n`).join('')}${cleanup} unix n - n - 0 cleanup
  -o message_size_limit=${messageSizeLimit}
`
  return { master, main: {} }
}
