/**
 * Whether what candy logs is kept: by a syslog daemon, or in the file that candy.toml names. What goes to standard error is for
 * whoever started the service to keep.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { printable } from '@candy/sdk'
import { ACCOUNT } from '../os/accounts.js'
import { errorText } from '../os/error-text.js'
import { hasSystemd } from '../postfix/systemd.js'
import { commandLine } from './command-line.js'
import { hasReader } from './datagram-socket.js'
import { ailing, type Observation, well } from './finding.js'
import type { Host } from './host.js'

export interface LogView {
  readonly to: string
  /** Why the file cannot be written; empty where it can, and where there is none. */
  readonly failure: string
}

const SYSLOG = '/dev/log'

/** Opens the log file as the service does. Nothing is written to it. */
export function tryLog(to: string): LogView {
  if (!isAbsolute(to)) return { to, failure: '' }
  try {
    closeSync(openSync(to, 'a', 0o600))
    return { to, failure: '' }
  } catch (error) {
    return { to, failure: errorText(error) }
  }
}

export async function examineLog({ view }: Host): Promise<readonly Observation[]> {
  const { log } = await view()
  const to = printable(log.to)
  if (log.to === 'stderr') return [well('candy serve logs to its standard error')]
  if (log.to === 'syslog') {
    if (hasReader(SYSLOG)) return [well('candy logs to the system log')]
    return [
      ailing(
        `nobody reads ${SYSLOG}, where the system log is written to`,
        'What candy logs is lost: a syslog daemon is missing or has died.',
        hasSystemd()
          ? ['systemctl restart systemd-journald-dev-log.socket systemd-journald.service']
          : [...(existsSync('/usr/sbin/rsyslogd') ? [] : ['apt-get install --yes rsyslog']), 'rsyslogd'],
      ),
    ]
  }
  if (log.failure === '') return [well(`candy logs to ${to}`)]
  const owner = `${ACCOUNT}:${ACCOUNT}`
  return [
    ailing(
      `${printable(log.failure)}: candy logs to this file`,
      'What candy logs goes to the standard error of the service, or is lost.',
      [
        commandLine('install', '-d', '-o', ACCOUNT, '-g', ACCOUNT, '-m', '750', dirname(to)),
        `! test -e ${commandLine(to)} || ${commandLine('chown', '-h', owner, to)}`,
      ],
    ),
  ]
}
