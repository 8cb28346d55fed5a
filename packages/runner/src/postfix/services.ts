/**
 * The services that candy needs in master.cf. Each setting has a reason, which docs/enable.md repeats. They follow FILTER_README,
 * pipe(8), lmtp(8), smtpd(8) and cleanup(8).
 *
 * The list is for all versions of Postfix: a parameter that the installed version does not have is left out.
 */
import { findService, type Service } from '@candy/master-cf'
import { ACCOUNT } from '../os/accounts.js'
import { type Instance, parameterOf } from './instance.js'
import { milterCleanup, needsMilterCleanup } from './milter-cleanup.js'
import { MILTER } from './milter-list.js'
import type { Mode } from './mode.js'
import { noSizeLimit, type ParameterSetting } from './parameter-setting.js'
import { afterQueueOptions, reinjectionOptions } from './reinjection.js'

export interface CandyService extends Omit<Service, 'options'> {
  readonly options: readonly ParameterSetting[]
}

/**
 * The arguments with which pipe(8) describes a message to `candy pipe` (docs/pipe.md). Each value is in one word with its name,
 * because strangers choose HELO, login and sender, and a value that begins with a dash must not be taken for an option.
 */
const MACROS = [
  `--id=\${queue_id}`,
  `--client-address=\${client_address}`,
  `--client-name=\${client_hostname}`,
  `--client-helo=\${client_helo}`,
  `--client-protocol=\${client_protocol}`,
  `--sasl-username=\${sasl_username}`,
  `--sender=\${sender}`,
  ...['--', `\${recipient}`],
]

/**
 * Whether Postfix rewrites headers of mail from the host's own addresses. pipe(8) cannot tell `candy pipe` so for each message.
 */
function ownClientsAreLocal(instance: Instance): boolean {
  return /\bpermit_(?:inet_interfaces|mynetworks)\b/.test(parameterOf(instance, 'local_header_rewrite_clients'))
}

/** Seconds after which candy-pipe ends by itself, before pipe(8) kills it and bounces the message (docs/pipe.md, "Time"). */
const PIPE_LIMIT = 950

/**
 * No limit, in the column maxproc. With fewer processes for mail that comes back than for mail that goes to candy, the two could
 * wait for each other (FILTER_README).
 */
const UNLIMITED = '0'

/** The names of candy's services in the order in which they are added. */
export const SERVICE_NAMES = [
  'candy',
  'candy-lmtp',
  'candy-in',
  'candy-in-before',
  'candy-cleanup',
  'candy-cleanup-milter',
] as const

interface ServicesRequest {
  readonly mode: Mode
  /**
   * The absolute path of the command that pipe(8) runs. It is run without env(1) or a shell, because their exit status for a missing
   * file would bounce mail.
   */
  readonly candyPipe: string
}

/** The services for this instance. */
export function candyServices(instance: Instance, { mode, candyPipe }: ServicesRequest): readonly CandyService[] {
  const own = cleanupOptions(instance)
  const services: readonly CandyService[] = [
    // Mode pipe: starts a process for each message.
    {
      service: 'candy',
      type: 'unix',
      unprivileged: 'n',
      chroot: 'n',
      maxproc: '10',
      command: 'pipe',
      options: [
        {
          name: 'pipe_delivery_status_filter',
          value: '',
          why: "The exit statuses of candy-pipe must not be changed by the site's own filter of delivery statuses.",
        },
      ],
      args: [
        ...['flags=Rq', `user=${ACCOUNT}`, 'null_sender='],
        ...[
          `argv=${candyPipe}`,
          ...(instance.allowsExecutableMemory ? [] : ['--jitless']),
          '--limit',
          String(PIPE_LIMIT),
          ...(ownClientsAreLocal(instance) ? ['--own-clients=local'] : []),
          ...MACROS,
        ],
      ],
    },
    // Mode smtp: sends mail to candy serve.
    {
      service: 'candy-lmtp',
      type: 'unix',
      chroot: 'n',
      maxproc: '10',
      command: 'lmtp',
      options: lmtpOptions,
    },
    // Receives mail back that was filtered after the queue.
    {
      service: 'candy-in',
      type: 'unix',
      private: 'n',
      chroot: 'n',
      maxproc: UNLIMITED,
      command: 'smtpd',
      options: [...reinjectionOptions('candy-in'), ...afterQueueOptions],
    },
    // Receives mail back that was filtered before the queue.
    {
      service: 'candy-in-before',
      type: 'unix',
      private: 'n',
      chroot: 'n',
      maxproc: UNLIMITED,
      command: 'smtpd',
      options: reinjectionOptions('candy-in-before'),
    },
    // Puts mail that comes back into the queue.
    {
      service: 'candy-cleanup',
      type: 'unix',
      // smtpd(8) looks for its cleanup service in public/.
      private: 'n',
      chroot: 'n',
      maxproc: UNLIMITED,
      command: 'cleanup',
      options: [...own.filter(({ name }) => name !== noSizeLimit.name), noSizeLimit],
    },
    ...(needsMilterCleanup(instance, mode) ? [milterCleanup(instance, own)] : []),
  ]
  return services.map((service) => ({
    ...service,
    options: service.options
      .filter((option) => instance.known.has(option.name) || own.includes(option) || option.name === MILTER)
      .map((option) => forInstalledVersion(option, instance)),
  }))
}

const LEAVING = 'These checks are for mail that leaves the host, not for mail on the way to a filter.'
const EXTENSIONS = 'Postfix needs every SMTP extension that candy offers.'
const SILENCE = 'The connection is silent while filters judge, which may take long.'
const NO_TLS = 'A UNIX socket needs no TLS.'

const lmtpOptions: readonly ParameterSetting[] = [
  { name: 'lmtp_send_xforward_command', value: 'yes', why: 'Filters are told which client sent the message.' },
  {
    name: 'disable_mime_output_conversion',
    value: 'yes',
    why: '8-bit mail is not converted, because that would break DKIM signatures.',
  },
  {
    name: 'lmtp_line_length_limit',
    value: '0',
    why: 'Long lines are not folded, because that would break DKIM signatures.',
  },
  {
    name: 'lmtp_generic_maps',
    value: '',
    why: 'Postfix rewrites addresses when mail leaves the host, not on the way to a filter.',
  },
  { name: 'lmtp_header_checks', value: '', why: LEAVING },
  { name: 'lmtp_mime_header_checks', value: '', why: LEAVING },
  { name: 'lmtp_nested_header_checks', value: '', why: LEAVING },
  { name: 'lmtp_body_checks', value: '', why: LEAVING },
  { name: 'lmtp_discard_lhlo_keywords', value: '', why: EXTENSIONS },
  { name: 'lmtp_discard_lhlo_keyword_address_maps', value: '', why: EXTENSIONS },
  {
    name: 'lmtp_reply_filter',
    value: '',
    why: "The replies of candy must not be changed by the site's own reply filter.",
  },
  {
    name: 'lmtp_delivery_status_filter',
    value: '',
    why: "The replies of candy must not be changed by the site's own filter of delivery statuses.",
  },
  { name: 'lmtp_connection_cache_on_demand', value: 'yes', why: 'A connection is kept and used for further messages.' },
  { name: 'lmtp_per_request_deadline', value: 'no', why: SILENCE },
  { name: 'lmtp_per_record_deadline', value: 'no', why: SILENCE },
  {
    name: 'lmtp_data_done_timeout',
    value: '1200s',
    why: 'Postfix waits longer than the filters may take: candy gives up earlier.',
  },
  { name: 'lmtp_tls_security_level', value: 'none', why: NO_TLS },
  { name: 'lmtp_tls_wrappermode', value: 'no', why: NO_TLS },
  {
    name: 'lmtp_sasl_auth_enable',
    value: 'no',
    why: 'Only Postfix can connect to the socket, so nobody has to log in.',
  },
]

/** The options of the site's own cleanup(8) service in master.cf. candy's get them too, since they do the address mapping. */
function cleanupOptions(instance: Instance): readonly ParameterSetting[] {
  const service = parameterOf(instance, 'cleanup_service_name') || 'cleanup'
  const own = findService(instance.master, { service, type: 'unix' })
  if (own?.command !== 'cleanup') return []
  return own.options.map(({ name, value }) => ({
    name,
    value,
    why: `The site's own service ${service} has this option.`,
  }))
}

/**
 * Adapts the value of `smtpd_forbid_bare_newline` to the version of Postfix. The value `normalize` came with 3.8.5, 3.7.10,
 * 3.6.14 and 3.5.24, together with a parameter for the reply code. The release before each of those only has `yes` and `no`, and
 * treats `normalize` as an error.
 */
function forInstalledVersion(option: ParameterSetting, { known }: Instance): ParameterSetting {
  if (option.name !== 'smtpd_forbid_bare_newline') return option
  return known.has('smtpd_forbid_bare_newline_reject_code') ? option : { ...option, value: 'yes' }
}
