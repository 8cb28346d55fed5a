/**
 * The configuration that Postfix has only while the test message is sent: a service that receives the message, a transport map
 * for its domain, and soft_bounce on candy's own transports. It is removed by name, because a killed command leaves it in the
 * files, and the record of that command may be lost.
 */
import { addService, applyEdits, findService, parse, removeService, setOption, unsetOption } from '@candy/master-cf'
import type { PostfixFiles } from './enable-edits.js'
import { optionOf } from './entrances.js'
import { PostfixError } from './error.js'
import { wantedOptions } from './filter-option.js'
import type { Instance } from './instance.js'
import type { Choice } from './journal.js'
import { prependTo, withoutWord } from './main-cf.js'
import { MILTER_WORD } from './milter-list.js'
import { MODES, TRANSPORTS } from './mode.js'
import { candyServices } from './services.js'

/** The smtpd(8) service that receives the test message. */
export const SERVICE = 'candy-proof'

/** The domain of the test message's recipient. No real mail has a domain below `.invalid` (RFC 2606). */
export const DOMAIN = 'candy-proof.invalid'

/** The path of the proof server's socket, relative to the queue directory. */
export const SOCKET = 'candy/proof'

const ROUTE = `inline:{${DOMAIN}=${MODES.smtp.transport}:unix:${SOCKET}}`
const MAPS = 'transport_maps'

/** With soft_bounce a test message that candy rejects stays in the queue instead of bouncing. */
const SOFT_BOUNCE = { name: 'soft_bounce', value: 'yes' } as const

/** Options of candy-in that the service must not have: its mail is new. */
const DEFAULTS = ['receive_override_options', 'cleanup_service_name']

/** Adds the configuration for the test message to the files. */
export function withProof(withServices: PostfixFiles, instance: Instance, { mode }: Choice): PostfixFiles {
  let master = withServices.master
  for (const service of TRANSPORTS) {
    master = applyEdits(master, setOption(parse(master), { service, type: 'unix' }, SOFT_BOUNCE))
  }
  const back = candyServices(instance, { mode, candyPipe: '' }).find(({ service }) => service === 'candy-in')
  const entry = findService(parse(master), { service: 'candy-in', type: 'unix' })
  if (back === undefined || entry === undefined) throw new PostfixError('candy-in is not in master.cf')
  const wanted = {
    syslog_name: `postfix/${SERVICE}`,
    content_filter: '',
    smtpd_proxy_filter: '',
    // The site's own milters do not get the message.
    ...(mode === 'milter' && { smtpd_milters: MILTER_WORD }),
    ...wantedOptions({ ...instance, parameters: new Map() }, { ...entry, options: [] }, mode),
  }
  const options = [
    ...Object.entries(wanted).map(([name, value]) => ({ name, value })),
    ...back.options.filter(({ name }) => !(name in wanted) && !DEFAULTS.includes(name)),
  ]
  const service = { service: SERVICE, type: 'unix', chroot: 'n', maxproc: '1', command: 'smtpd', options }
  master = applyEdits(master, addService(parse(master), service))
  return { master, main: withRoute(withServices.main) }
}

/** Adds the route by which test messages reach the proof server. */
export function withRoute(main: string): string {
  return prependTo(main, MAPS, ROUTE)
}

/** Removes the configuration for the test message from the files. Returns the same texts where there is none. */
export function withoutProof({ master, main }: PostfixFiles): PostfixFiles {
  let text = applyEdits(master, removeService(parse(master), { service: SERVICE, type: 'unix' }))
  for (const service of TRANSPORTS) {
    const key = { service, type: 'unix' }
    const entry = findService(parse(text), key)
    if (entry === undefined || optionOf(entry, SOFT_BOUNCE.name) !== SOFT_BOUNCE.value) continue
    text = applyEdits(text, unsetOption(parse(text), key, SOFT_BOUNCE.name))
  }
  return { master: text, main: withoutWord(main, MAPS, ROUTE) }
}

/** Whether master.cf has the configuration for the test message. */
export function hasProof(master: string): boolean {
  return findService(parse(master), { service: SERVICE, type: 'unix' }) !== undefined
}
