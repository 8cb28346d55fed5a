/**
 * The options of the smtpd(8) services that receive mail back from candy. They repeat no check that the first smtpd(8) has made,
 * and refuse as little as possible, because mail that they refuse bounces or is lost.
 */
import { noSizeLimit, type ParameterSetting } from './parameter-setting.js'

const LOOPBACK = '127.0.0.0/8,[::1]/128'

const CHECKED = 'The first smtpd(8) has checked this already.'
const SILENCE = 'The connection is silent while filters judge, which may take long.'
const EXTENSIONS = 'It must offer every SMTP extension that the first smtpd(8) offers.'
const LOOP = 'Otherwise mail would go to the filters again and again.'
const ERRORS = 'A connection serves many messages, and so may have many errors.'

/**
 * The options of both services. `receive_override_options` is not among them: mail that is filtered before the queue has not
 * passed cleanup(8) yet, so main.cf must decide which checks, milters and address mappings it gets.
 */
export function reinjectionOptions(name: string): readonly ParameterSetting[] {
  return [
    { name: 'syslog_name', value: `postfix/${name}`, why: 'The log shows which smtpd(8) a line is from.' },
    {
      name: 'cleanup_service_name',
      value: 'candy-cleanup',
      why: 'cleanup(8) enforces the size limit too, so mail that comes back needs one without a limit.',
    },
    noSizeLimit,
    { name: 'content_filter', value: '', why: LOOP },
    { name: 'smtpd_proxy_filter', value: '', why: LOOP },
    {
      name: 'smtpd_upstream_proxy_protocol',
      value: '',
      why: 'candy sends no header of the PROXY protocol, as a load balancer would.',
    },
    { name: 'smtpd_delay_reject', value: 'no', why: 'No restriction is left that would have to wait for RCPT TO.' },
    { name: 'smtpd_helo_required', value: 'no', why: 'Mail is not refused for its form here.' },
    { name: 'smtpd_helo_restrictions', value: '', why: CHECKED },
    { name: 'smtpd_client_restrictions', value: '', why: CHECKED },
    { name: 'smtpd_sender_restrictions', value: '', why: CHECKED },
    { name: 'smtpd_relay_restrictions', value: '', why: CHECKED },
    {
      name: 'smtpd_recipient_restrictions',
      value: 'permit_mynetworks,reject',
      why: 'Only this host may connect, and all mail that it hands over is accepted.',
    },
    { name: 'smtpd_data_restrictions', value: '', why: CHECKED },
    { name: 'smtpd_end_of_data_restrictions', value: '', why: CHECKED },
    { name: 'smtpd_restriction_classes', value: '', why: 'No restriction class is used here.' },
    { name: 'smtpd_reject_unlisted_sender', value: 'no', why: CHECKED },
    { name: 'smtpd_reject_unlisted_recipient', value: 'no', why: CHECKED },
    {
      name: 'smtpd_recipient_limit',
      value: '10000',
      why: 'It is larger than the number of recipients that a transport sends at once.',
    },
    { name: 'smtpd_command_filter', value: '', why: 'The commands come back as the first smtpd(8) has accepted them.' },
    { name: 'smtpd_reject_footer', value: '', why: 'Only candy reads the replies.' },
    { name: 'mynetworks', value: LOOPBACK, why: 'smtpd(8) takes a client on a UNIX socket for 127.0.0.1 or ::1.' },
    {
      name: 'smtpd_authorized_xforward_hosts',
      value: LOOPBACK,
      why: 'candy passes on who the client was, for the log.',
    },
    {
      name: 'smtpd_forbid_bare_newline',
      value: 'normalize',
      why: 'Only CR LF . CR LF ends a message, which prevents SMTP smuggling.',
    },
    {
      name: 'smtpd_forbid_bare_newline_exclusions',
      value: '',
      why: 'By default Postfix makes an exception for mynetworks, to which candy belongs.',
    },
    {
      name: 'local_header_rewrite_clients',
      value: '',
      why: 'Header addresses are not completed, because that would break DKIM signatures.',
    },
    { name: 'local_recipient_maps', value: '', why: CHECKED },
    { name: 'relay_recipient_maps', value: '', why: CHECKED },
    {
      name: 'smtpd_client_event_limit_exceptions',
      value: LOOPBACK,
      why: 'All mail comes from one client, which must not be limited.',
    },
    { name: 'smtpd_error_sleep_time', value: '0', why: 'Replies to candy need not be delayed after an error.' },
    { name: 'smtpd_soft_error_limit', value: '1001', why: ERRORS },
    { name: 'smtpd_hard_error_limit', value: '1000', why: ERRORS },
    { name: 'smtpd_timeout', value: '1200s', why: SILENCE },
    { name: 'smtpd_per_request_deadline', value: 'no', why: SILENCE },
    { name: 'smtpd_per_record_deadline', value: 'no', why: SILENCE },
    { name: 'smtpd_tls_security_level', value: 'none', why: 'A UNIX socket needs no TLS.' },
    { name: 'smtpd_sasl_auth_enable', value: 'no', why: 'Nobody logs in here.' },
    { name: 'smtpd_discard_ehlo_keywords', value: '', why: EXTENSIONS },
    { name: 'smtpd_discard_ehlo_keyword_address_maps', value: '', why: EXTENSIONS },
  ]
}

/**
 * Further options for mail that was filtered after the queue: the first smtpd(8) and cleanup(8) have run checks and milters
 * already.
 */
export const afterQueueOptions: readonly ParameterSetting[] = [
  {
    name: 'receive_override_options',
    value: 'no_unknown_recipient_checks,no_header_body_checks,no_milters',
    why: 'Checks and milters were run when the mail came in.',
  },
  { name: 'smtpd_milters', value: '', why: 'Milters were run when the mail came in.' },
]
