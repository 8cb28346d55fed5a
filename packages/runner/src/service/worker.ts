/**
 * A worker process: loads the site from the snapshot that it is handed, stands by, accepts from the sockets that it inherited once it is told to, and says every
 * second that it is alive. It ends when it is told to drain, when its supervisor is gone, and when an exception that nobody caught has left it in a
 * state that cannot be trusted; the mail it had comes again.
 */
import { join } from 'node:path'
import { Chain } from '../chain/chain.js'
import { HopPool } from '../front/hop-pool.js'
import type { Relay } from '../front/relay.js'
import type { Log } from '../log/log.js'
import { openLog } from '../log/open.js'
import { sweepDrafts } from '../quarantine/draft.js'
import { ON_REJECT, reopen } from '../site/configuration.js'
import { loadSite, type Site } from '../site/site.js'
import { measureLoad } from './load.js'
import { type Assignment, FIRST_SOCKET, type FromWorker, type ToWorker } from './message.js'
import type { Place } from './places.js'
import { type Door, type Reception, receiveOn } from './reception.js'

/** Milliseconds between two signs of life. */
const BEAT = 1_000

/** Milliseconds that filters may take to close. */
const CLOSING = 1_000

/** Milliseconds that the next hop has for a reply to anything but a message; Postfix gives a relay 300 s for most. */
const PATIENCE = 240_000

interface Working {
  readonly site: Site
  readonly doors: readonly Door[]
  /** Sessions that it may have at a time. */
  readonly limit: number
  readonly log: Log
  /** Absent while it stands by. */
  reception?: Reception
}

export function runWorker(): void {
  let working: Promise<Working> | undefined
  const drain = (): void => void (working ?? Promise.reject()).then(end, () => process.exit(0))
  process.on('message', (message: ToWorker) => {
    if (message.is === 'drain') drain()
    else if (message.is === 'open') void working?.then(open).catch(fail)
    else {
      working = start(message.assignment)
      working.then(() => tell({ is: 'ready' }), fail)
    }
  })
  process.on('disconnect', drain)
  process.on('SIGTERM', drain)
  // A terminal sends these to the whole group; the supervisor says what to do.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
}

async function start({ snapshot, problems, places }: Assignment): Promise<Working> {
  const configuration = reopen(snapshot, problems, 'place')
  const { settings } = configuration
  const log = openLog({ to: settings.log.to, name: 'candy/serve' })
  watchProcess(log)
  const messageSizeLimit = places[0]?.messageSizeLimit
  const site = await loadSite(configuration, { log, ...(messageSizeLimit !== undefined && { messageSizeLimit }) })
  // The worker that this one stands in for may have been killed while it wrote.
  await sweepDrafts(join(settings.state, 'quarantine'))
  const doors = places.map((place, index) => {
    return { socket: { fd: FIRST_SOCKET + index }, relay: makeRelay(place, site, log) }
  })
  const working: Working = { site, doors, limit: settings.smtp.sessions, log }
  const load = measureLoad()
  setInterval(() => {
    const sessions = working.reception?.sessions ?? 0
    tell({ is: 'alive', sessions, load: Math.max(load(), sessions / working.limit) })
  }, BEAT)
  return working
}

async function open(working: Working): Promise<void> {
  working.reception = await receiveOn(working.doors, working.limit)
  tell({ is: 'open' })
}

function makeRelay(
  { queue, protocol, nextHop, deadline, cleanup }: Place,
  { settings, filters }: Site,
  log: Log,
): Relay {
  const spool = { directory: join(settings.state, 'spool'), memory: settings.spool.memory }
  const chain = new Chain(filters, { spool, cleanup, log, onReject: ON_REJECT[queue] })
  const patience = Math.min(PATIENCE, deadline)
  const quarantine = join(settings.state, 'quarantine')
  const { idle } = settings.smtp
  return {
    protocol,
    queue,
    nextHop,
    pool: new HopPool(),
    deadline,
    patience,
    idle,
    chain,
    spool,
    cleanup,
    quarantine,
    log,
  }
}

async function end({ site, reception, log }: Working): Promise<void> {
  await reception?.drain()
  await Promise.race([site.close(), new Promise((resolve) => setTimeout(resolve, CLOSING))])
  await log.close()
  process.exit(0)
}

/** What is wrong goes to the supervisor, which knows whether anybody is there to read it. */
function fail(error: unknown): void {
  const { message, code } = error as { readonly message?: string; readonly code?: unknown }
  const text = String(message ?? error)
  process.send?.({ is: 'failed', text, ...(typeof code === 'string' && { code }) } satisfies FromWorker, () =>
    process.exit(1),
  )
}

function tell(message: FromWorker): void {
  if (process.connected) process.send?.(message)
}

function watchProcess(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.write('error', 'uncaught exception', { error: String(error.stack ?? error) })
    setImmediate(() => process.exit(1))
  })
  process.on('unhandledRejection', (reason) => log.write('warn', 'unhandled rejection', { reason: String(reason) }))
  process.on('warning', (warning) => log.write('warn', 'warning', { warning: String(warning) }))
}
