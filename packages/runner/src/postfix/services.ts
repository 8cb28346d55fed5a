/**
 * The services that candy needs in master.cf, and the parameters beside them in main.cf, as data: each setting with the
 * reason for it, which docs/enable.md repeats. They follow FILTER_README, pipe(8), lmtp(8), smtpd(8) and cleanup(8).
 *
 * A parameter that the installed Postfix does not have is left out, so the list is for all versions.
 */
import type { Service } from '@candy/master-cf'
import { type Instance, parameterOf } from './instance.js'

/** A parameter, its value, and why. */
export interface Directive {
  readonly name: string
  readonly value: string
  readonly why: string
}

export interface CandyService extends Omit<Service, 'options'> {
  readonly options: readonly Directive[]
  readonly why: string
}

/** What pipe(8) tells `candy pipe`, as its arguments (docs/pipe.md). */
const MACROS = [
  ...['--id', `\${queue_id}`],
  ...['--client-address', `\${client_address}`],
  ...['--client-name', `\${client_hostname}`],
  ...['--client-helo', `\${client_helo}`],
  ...['--client-protocol', `\${client_protocol}`],
  ...['--sasl-username', `\${sasl_username}`],
  ...['-f', `\${sender}`, '--', `\${recipient}`],
]

/** Seconds. pipe(8) kills and bounces at the first, so candy-pipe ends at the second (docs/pipe.md, "Time"). */
const TIME_LIMIT = 1000
const PIPE_LIMIT = 950

const LOOPBACK = '127.0.0.0/8,[::1]/128'

export const USER = 'candy'

/** Names in the order in which they are added. */
export const SERVICE_NAMES = ['candy', 'candy-lmtp', 'candy-in', 'candy-in-before', 'candy-cleanup'] as const

/** `candyPipe` is the absolute path of the command that pipe(8) runs: no env(1) or shell before it, whose status when the file is missing would bounce mail. */
export function candyServices(instance: Instance, candyPipe: string): readonly CandyService[] {
  const room = roomFor(parameterOf(instance, 'message_size_limit'))
  const services: readonly CandyService[] = [
    {
      service: 'candy',
      type: 'unix',
      unprivileged: 'n',
      chroot: 'n',
      maxproc: '10',
      command: 'pipe',
      options: [],
      args: [
        ...['flags=Rq', `user=${USER}`, 'null_sender='],
        ...[`argv=${candyPipe}`, '--limit', String(PIPE_LIMIT), ...MACROS],
      ],
      why: 'pipe mode: a process for each message',
    },
    {
      service: 'candy-lmtp',
      type: 'unix',
      chroot: 'n',
      maxproc: '10',
      command: 'lmtp',
      options: lmtpOptions,
      why: 'SMTP mode after the queue: the way to candy serve',
    },
    {
      service: 'candy-in',
      type: 'unix',
      private: 'n',
      chroot: 'n',
      command: 'smtpd',
      options: [...reinjection('candy-in', room), ...doneAlready],
      why: 'the way back of mail that was filtered after the queue',
    },
    {
      service: 'candy-in-before',
      type: 'unix',
      private: 'n',
      chroot: 'n',
      command: 'smtpd',
      options: [...reinjection('candy-in-before', room), ...notYetDone],
      why: 'the way back of mail that was filtered before the queue',
    },
    {
      service: 'candy-cleanup',
      type: 'unix',
      // smtpd(8) looks for its cleanup service in public/.
      private: 'n',
      chroot: 'n',
      maxproc: '0',
      command: 'cleanup',
      options: [room],
      why: 'puts what comes back into the queue',
    },
  ]
  return services.map((service) => ({
    ...service,
    options: service.options
      .filter(({ name }) => instance.known.has(name))
      .map((option) => atVersion(option, instance)),
  }))
}

/** Parameters of main.cf: those that name a transport have effect nowhere else. */
export const mainParameters: readonly Directive[] = [
  { name: 'candy_time_limit', value: `${TIME_LIMIT}s`, why: 'longer than --limit, whatever command_time_limit is' },
  { name: 'candy_destination_recipient_limit', value: '1000', why: 'a message is judged once, not once for each 50' },
  {
    name: 'candy-lmtp_destination_recipient_limit',
    value: '1000',
    why: 'a message is judged once, not once for each 50',
  },
  {
    name: 'candy-lmtp_destination_concurrency_failed_cohort_limit',
    value: '0',
    why: 'one refused connection must not suspend all mail for minimal_backoff_time',
  },
]

const lmtpOptions: readonly Directive[] = [
  { name: 'lmtp_send_xforward_command', value: 'yes', why: 'filters are told who the client was' },
  { name: 'disable_mime_output_conversion', value: 'yes', why: '8-bit mail stays as it is: signatures stay valid' },
  { name: 'lmtp_line_length_limit', value: '0', why: 'long lines are not folded: signatures stay valid' },
  { name: 'lmtp_generic_maps', value: '', why: 'addresses are rewritten on the way out, not on the way to a filter' },
  { name: 'lmtp_header_checks', value: '', why: 'for mail that leaves, not for a filter' },
  { name: 'lmtp_mime_header_checks', value: '', why: 'for mail that leaves, not for a filter' },
  { name: 'lmtp_nested_header_checks', value: '', why: 'for mail that leaves, not for a filter' },
  { name: 'lmtp_body_checks', value: '', why: 'for mail that leaves, not for a filter' },
  { name: 'lmtp_discard_lhlo_keywords', value: '', why: 'all that candy offers is needed' },
  { name: 'lmtp_reply_filter', value: '', why: "candy's replies mean what they say" },
  { name: 'lmtp_data_done_timeout', value: '1200s', why: 'filters need time; candy gives up earlier than this' },
  { name: 'lmtp_tls_security_level', value: 'none', why: 'a UNIX socket needs no TLS' },
  { name: 'lmtp_tls_wrappermode', value: 'no', why: 'a UNIX socket needs no TLS' },
  { name: 'lmtp_sasl_auth_enable', value: 'no', why: 'the socket admits Postfix alone' },
]

function reinjection(name: string, room: Directive): readonly Directive[] {
  return [
    { name: 'syslog_name', value: `postfix/${name}`, why: 'the log tells which smtpd it was' },
    { name: 'cleanup_service_name', value: 'candy-cleanup', why: 'cleanup(8) enforces the size limit too' },
    room,
    { name: 'content_filter', value: '', why: 'or mail goes round for ever' },
    { name: 'smtpd_proxy_filter', value: '', why: 'or mail goes round for ever' },
    { name: 'smtpd_upstream_proxy_protocol', value: '', why: 'candy is no load balancer' },
    { name: 'smtpd_delay_reject', value: 'no', why: 'nothing is left to reject at RCPT' },
    { name: 'smtpd_helo_required', value: 'no', why: 'nothing is refused for form' },
    { name: 'smtpd_helo_restrictions', value: '', why: 'the first smtpd has asked' },
    { name: 'smtpd_client_restrictions', value: '', why: 'the first smtpd has asked' },
    { name: 'smtpd_sender_restrictions', value: '', why: 'the first smtpd has asked' },
    { name: 'smtpd_relay_restrictions', value: '', why: 'the first smtpd has asked' },
    {
      name: 'smtpd_recipient_restrictions',
      value: 'permit_mynetworks,reject',
      why: 'this host alone, and all it brings',
    },
    { name: 'smtpd_data_restrictions', value: '', why: 'the first smtpd has asked' },
    { name: 'smtpd_end_of_data_restrictions', value: '', why: 'the first smtpd has asked' },
    { name: 'smtpd_restriction_classes', value: '', why: 'none is used' },
    { name: 'smtpd_reject_unlisted_sender', value: 'no', why: 'the first smtpd has asked' },
    { name: 'smtpd_reject_unlisted_recipient', value: 'no', why: 'the first smtpd has asked' },
    { name: 'smtpd_recipient_limit', value: '10000', why: 'more than a transport ever sends at once' },
    { name: 'smtpd_command_filter', value: '', why: 'commands come back as they went' },
    { name: 'smtpd_reject_footer', value: '', why: 'nobody but candy reads the replies' },
    { name: 'mynetworks', value: LOOPBACK, why: 'a peer on a UNIX socket counts as 127.0.0.1 or ::1' },
    { name: 'smtpd_authorized_xforward_hosts', value: LOOPBACK, why: 'the log shows the true client' },
    { name: 'smtpd_forbid_bare_newline', value: 'normalize', why: 'only CRLF.CRLF ends a message (SMTP smuggling)' },
    { name: 'smtpd_forbid_bare_newline_exclusions', value: '', why: 'the default excludes mynetworks, and so candy' },
    { name: 'local_header_rewrite_clients', value: '', why: 'headers are not completed: signatures stay valid' },
    { name: 'local_recipient_maps', value: '', why: 'the first smtpd has asked' },
    { name: 'relay_recipient_maps', value: '', why: 'the first smtpd has asked' },
    { name: 'smtpd_client_event_limit_exceptions', value: LOOPBACK, why: 'all mail comes from one client' },
    { name: 'smtpd_error_sleep_time', value: '0', why: 'a refusal need not be slow' },
    { name: 'smtpd_soft_error_limit', value: '1001', why: 'a session serves many messages' },
    { name: 'smtpd_hard_error_limit', value: '1000', why: 'a session serves many messages' },
    { name: 'smtpd_timeout', value: '1200s', why: 'it waits while filters judge' },
    { name: 'smtpd_per_request_deadline', value: 'no', why: 'it waits while filters judge' },
    { name: 'smtpd_per_record_deadline', value: 'no', why: 'it waits while filters judge' },
    { name: 'smtpd_tls_security_level', value: 'none', why: 'a UNIX socket needs no TLS' },
    { name: 'smtpd_sasl_auth_enable', value: 'no', why: 'nobody logs in here' },
    { name: 'smtpd_discard_ehlo_keywords', value: '', why: 'it must offer no less than the first smtpd' },
    { name: 'smtpd_discard_ehlo_keyword_address_maps', value: '', why: 'it must offer no less than the first smtpd' },
  ]
}

/** After the queue the first smtpd and cleanup have done all this; the mappings of addresses happen here, once. */
const doneAlready: readonly Directive[] = [
  {
    name: 'receive_override_options',
    value: 'no_unknown_recipient_checks,no_header_body_checks,no_milters',
    why: 'checks and milters were run when the mail came in',
  },
  { name: 'smtpd_milters', value: '', why: 'milters were run when the mail came in' },
]

/** Before the queue nothing but an smtpd has seen the mail: cleanup's checks and milters happen here. */
const notYetDone: readonly Directive[] = [
  {
    name: 'receive_override_options',
    value: 'no_unknown_recipient_checks',
    why: 'recipients were checked when the mail came in; checks and milters were not run yet',
  },
]

/** Twice what main.cf allows: a filter may add to the largest message. 0 is no limit. */
function roomFor(limit: string): Directive {
  const bytes = Number(limit)
  const value = Number.isSafeInteger(bytes) && bytes > 0 ? String(bytes * 2) : '0'
  return { name: 'message_size_limit', value, why: 'a filter may add to a message that was as large as main.cf allows' }
}

/**
 * `normalize` came with 3.8.5, 3.7.10, 3.6.14 and 3.5.24, and with it a parameter for the reply code. The four releases before
 * those know `yes` and `no` alone, and would take `normalize` for an error.
 */
function atVersion(option: Directive, { known }: Instance): Directive {
  if (option.name !== 'smtpd_forbid_bare_newline') return option
  return known.has('smtpd_forbid_bare_newline_reject_code') ? option : { ...option, value: 'yes' }
}
