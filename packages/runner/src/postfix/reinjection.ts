/**
 * The options of the smtpd(8) services that receive mail back from candy. They repeat no check that the first smtpd(8) has made,
 * and refuse as little as possible, because mail that they refuse bounces or is lost.
 */
import { noSizeLimit, type ParameterSetting } from './parameter-setting.js'

const LOOPBACK = '127.0.0.0/8,[::1]/128'

/**
 * The options of both services. `receive_override_options` is not among them: mail that is filtered before the queue has not
 * passed cleanup(8) yet, so main.cf must decide which checks, milters and address mappings it gets.
 */
export function reinjectionOptions(name: string): readonly ParameterSetting[] {
  return [
    { name: 'syslog_name', value: `postfix/${name}`, why: 'the log tells which smtpd it was' },
    { name: 'cleanup_service_name', value: 'candy-cleanup', why: 'cleanup(8) enforces the size limit too' },
    noSizeLimit,
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

/**
 * Further options for mail that was filtered after the queue: the first smtpd(8) and cleanup(8) have run checks and milters
 * already.
 */
export const afterQueueOptions: readonly ParameterSetting[] = [
  {
    name: 'receive_override_options',
    value: 'no_unknown_recipient_checks,no_header_body_checks,no_milters',
    why: 'checks and milters were run when the mail came in',
  },
  { name: 'smtpd_milters', value: '', why: 'milters were run when the mail came in' },
]
