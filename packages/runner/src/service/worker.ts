/**
 * A worker process: loads the site from the snapshot that it is handed, stands by, accepts from the sockets that it inherited once it is told to, and says every
 * second that it is alive. It ends when it is told to drain, when its supervisor is gone, and when an exception that nobody caught has left it in a
 * state that cannot be trusted; the mail it had comes again.
 */
import { join } from 'node:path'
import { Chain } from '../chain/chain.js'
import { reopen } from '../filters/configuration.js'
import { type LoadedFilters, loadFilters } from '../filters/loaded-filters.js'
import type { Log } from '../log/log.js'
import { openLog } from '../log/open.js'
import { MODES } from '../postfix/mode.js'
import { sweepDrafts } from '../quarantine/draft.js'
import { ConnectionPool } from '../relay/connection-pool.js'
import type { Relay } from '../relay/relay.js'
import type { Endpoint } from './endpoints.js'
import { type Listener, type SessionServer, startSessionServer } from './session-server.js'
import { measureUtilization } from './utilization.js'
import { type Assignment, FIRST_SOCKET, type FromWorker, type ToWorker } from './worker-message.js'

/** Milliseconds between two signs of life. */
const BEAT = 1_000

/** Milliseconds that filters may take to close. */
const CLOSING = 1_000

/** Milliseconds that the next hop has for a reply to anything but a message; Postfix gives a relay 300 s for most. */
const REPLY_TIMEOUT = 240_000

interface Working {
  readonly site: LoadedFilters
  readonly listeners: readonly Listener[]
  /** Sessions that it may have at a time. */
  readonly limit: number
  readonly log: Log
  /** Absent while it stands by. */
  server?: SessionServer
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

async function start({ snapshot, problems, endpoints }: Assignment): Promise<Working> {
  const configuration = reopen(snapshot, problems)
  const { settings } = configuration
  const log = openLog({ to: settings.log.to, name: 'candy/serve' })
  watchProcess(log)
  const messageSizeLimit = endpoints[0]?.messageSizeLimit
  const site = await loadFilters(configuration, { log, ...(messageSizeLimit !== undefined && { messageSizeLimit }) })
  // The worker that this one stands in for may have been killed while it wrote.
  await sweepDrafts(join(settings.state, 'quarantine'))
  const listeners = endpoints.map((endpoint, index) => {
    return { socket: { fd: FIRST_SOCKET + index }, relay: makeRelay(endpoint, site, log) }
  })
  const working: Working = { site, listeners, limit: settings.smtp.sessions, log }
  const utilization = measureUtilization()
  setInterval(() => {
    const sessions = working.server?.sessions ?? 0
    tell({ is: 'alive', sessions, utilization: Math.max(utilization(), sessions / working.limit) })
  }, BEAT)
  return working
}

async function open(working: Working): Promise<void> {
  working.server = await startSessionServer(working.listeners, working.limit)
  tell({ is: 'open' })
}

function makeRelay(
  { mode, protocol, nextHop, deadline, cleanup }: Endpoint,
  { settings, filters }: LoadedFilters,
  log: Log,
): Relay {
  const spool = { directory: join(settings.state, 'spool'), memory: settings.spool.memory }
  const chain = new Chain(filters, { spool, cleanup, log, onReject: MODES[mode].onReject })
  const replyTimeout = Math.min(REPLY_TIMEOUT, deadline)
  const quarantine = join(settings.state, 'quarantine')
  const { idle } = settings.smtp
  return {
    mode,
    protocol,
    nextHop,
    pool: new ConnectionPool(),
    deadline,
    replyTimeout,
    idle,
    chain,
    spool,
    cleanup,
    quarantine,
    log,
  }
}

async function end({ site, server, log }: Working): Promise<void> {
  await server?.drain()
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
