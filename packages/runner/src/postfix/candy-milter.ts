/**
 * The value that `candy_milter` has at a service whose mail candy filters: one milter with settings of its own, which take precedence
 * over those of main.cf (MILTER_README, "Per-Milter settings").
 */
import type { Entry } from '@candy/master-cf'
import type { Instance } from './instance.js'
import { MODES } from './mode.js'

/** The path is relative to the queue directory, also where smtpd(8) or cleanup(8) runs in a chroot. */
const ADDRESS = `unix:${MODES.milter.socket}`

/** The release of Postfix whose smtpd(8) can end a session in which the milter has failed. */
const SHUTDOWN = [3, 11] as const

/**
 * `content_timeout` is longer than candy takes for a message, and shorter than clients wait for the end of one (RFC 5321
 * §4.5.3.2.6). After a failure smtpd(8) refuses all further mail of the session, so it ends the session where it can; cleanup(8)
 * has no client that would come again.
 */
export function candyMilter({ version }: Pick<Instance, 'version'>, { command }: Pick<Entry, 'command'>): string {
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number)
  const canShutDown = major > SHUTDOWN[0] || (major === SHUTDOWN[0] && minor >= SHUTDOWN[1])
  const action = command === 'smtpd' && canShutDown ? 'shutdown' : 'tempfail'
  return `{ ${ADDRESS}, protocol=6, default_action=${action}, connect_timeout=10s, command_timeout=30s, content_timeout=300s }`
}

/** Whether a value of `candy_milter` leads to candy, whatever settings somebody has given it. */
export function isCandyMilter(value: string): boolean {
  return value.split(/[\s,{}]+/).includes(ADDRESS)
}
