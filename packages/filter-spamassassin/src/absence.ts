/** Explains why no spamd answers, as far as the files of this machine show it, and what to type next. */
import { stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { ServiceAddress } from '@candy/sdk/values'

/** Paths at which packages install spamd. */
const PROGRAMS = ['/usr/sbin/spamd', '/usr/bin/spamd', '/usr/local/bin/spamd']

/**
 * A sentence for the operator that ends in the next step; undefined when the cause is not known. `code` is the error code of
 * connect(2), `ENOENT` for example.
 */
export async function explainAbsence(
  address: ServiceAddress,
  code: string | undefined,
  programs: readonly string[] = PROGRAMS,
): Promise<string | undefined> {
  if (code === 'EACCES' && 'path' in address) {
    return (
      `the account ${userInfo().username} may not use this socket: ` +
      'start spamd with --socketmode=0666, or put the account into the group of the socket and its directory'
    )
  }
  if (code !== 'ENOENT' && code !== 'ECONNREFUSED') return undefined
  if (!isLocal(address))
    return 'nobody listens there: is spamd running on that host, and does its --listen name this port?'
  if (!(await anyExists(programs))) {
    return `spamd is not installed here (there is no ${programs[0]}): apt install spamd (on Debian 11: spamassassin)`
  }
  return (
    `${describe(address, code)}: systemctl enable --now spamd (on Debian 11: spamassassin), or, if it runs, ` +
    'write where it listens (OPTIONS in /etc/default/spamd; 127.0.0.1:783 unless they say otherwise) into "addresses"'
  )
}

function describe(address: ServiceAddress, code: 'ENOENT' | 'ECONNREFUSED'): string {
  if (!('path' in address)) return 'spamd does not listen there'
  return code === 'ENOENT' ? 'there is no such socket' : 'nobody listens at this socket any more'
}

/** What the operator should check when spamd accepts a connection and closes it. */
export const CLOSED =
  'does --allowed-ips of spamd name this host, and is there an account for it to change to (--username)? journalctl -u spamd'

/** Whether the address is one of this machine. */
export function isLocal(address: ServiceAddress): boolean {
  return 'path' in address || /^(?:127\.[0-9.]+|::1|localhost)$/i.test(address.host)
}

async function anyExists(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)))
  return found.some((each) => each !== undefined)
}
