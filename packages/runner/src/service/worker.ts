/**
 * A worker process. It loads the filters from the snapshot that the supervisor sends, and stands by. Once the supervisor tells it
 * to, it accepts connections from the sockets that it has inherited. It reports every second. It ends when the supervisor tells it to
 * drain, when the supervisor is gone, and after an exception that nobody caught, since its state can be trusted no more then; Postfix
 * sends again the mail that it had.
 */
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { Chain } from '../chain/chain.js'
import { ConnectionPool } from '../delivery/connection-pool.js'
import { reopen } from '../filters/configuration.js'
import { askFilters } from '../filters/examination.js'
import { type LoadedFilters, loadFilters } from '../filters/loaded-filters.js'
import { type History, openHistory } from '../history/history.js'
import type { Log } from '../log/log.js'
import { openLog } from '../log/open.js'
import { spooledBytes } from '../message/nameless-file.js'
import { MilterConnection } from '../milter/connection.js'
import { readVersion } from '../os/version.js'
import { PipeSession } from '../pipe/session.js'
import { MODES } from '../postfix/mode.js'
import { sweepDrafts } from '../quarantine/draft.js'
import { RelaySession } from '../relay/session.js'
import type { Endpoint } from './endpoints.js'
import { type Idle, type Listener, type SessionServer, startSessionServer } from './session-server.js'
import { measureUtilization } from './utilization.js'
import { type Assignment, FIRST_SOCKET, type FromWorker, type ToWorker } from './worker-message.js'

/** Milliseconds between two reports to the supervisor. */
const REPORT_INTERVAL = 1_000

/** Milliseconds for which the worker waits for its filters to close, before it ends. */
const CLOSE_TIMEOUT = 1_000

/** Milliseconds for which the next hop may take to reply to a command. Postfix itself waits 300 s for most replies of the relay. */
const REPLY_TIMEOUT = 240_000

interface LoadedWorker {
  readonly loaded: LoadedFilters
  readonly listeners: readonly Listener[]
  /** The largest number of sessions at a time. */
  readonly limit: number
  readonly log: Log
  /** Absent while the worker stands by. */
  server?: SessionServer
}

/** Runs the worker: handles the messages of the supervisor until the process ends. */
export function runWorker(): void {
  let worker: Promise<LoadedWorker> | undefined
  const drain = (idle: Idle): void => {
    void (worker ?? Promise.reject()).then(
      (loaded) => end(loaded, idle),
      () => process.exit(0),
    )
  }
  process.on('message', (message: ToWorker) => {
    if (message.is === 'drain') drain(message.idle)
    else if (message.is === 'open') void worker?.then(open).catch(fail)
    else if (message.is === 'check') void worker?.then(check, () => {})
    else {
      worker = start(message.assignment)
      worker.then(() => report({ is: 'ready' }), fail)
    }
  })
  process.on('disconnect', () => drain('close'))
  process.on('SIGTERM', () => drain('close'))
  // A terminal sends these signals to the whole process group. Only the supervisor acts on them, and tells its workers what to do.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
}

async function start({ version, snapshot, problems, endpoints }: Assignment): Promise<LoadedWorker> {
  assertSameVersion(version)
  const configuration = reopen(snapshot, problems)
  const { settings } = configuration
  const log = openLog({ to: settings.log.to, name: 'candy/serve' })
  watchProcess(log)
  const messageSizeLimit = endpoints[0]?.messageSizeLimit
  const loaded = await loadFilters(configuration, { log, ...(messageSizeLimit !== undefined && { messageSizeLimit }) })
  // A worker that this one replaces may have been killed while it wrote to the quarantine.
  await sweepDrafts(join(settings.state, 'quarantine'))
  const history = openHistory({ directory: join(settings.state, 'history'), ...settings.history }, log)
  const listeners = endpoints.map((endpoint, index) => {
    const { mode } = endpoint
    const begin = beginner(endpoint, loaded, log, history)
    const paused = mode !== 'milter' && mode !== 'pipe'
    return { socket: { fd: FIRST_SOCKET + index }, log, limited: mode !== 'milter', paused, begin }
  })
  const worker: LoadedWorker = { loaded, listeners, limit: settings.smtp.sessions, log }
  const utilization = measureUtilization()
  setInterval(() => {
    const sessions = worker.server?.sessions ?? 0
    report({
      is: 'alive',
      sessions,
      utilization: Math.max(utilization(), (worker.server?.limited ?? 0) / worker.limit),
      spooled: spooledBytes(),
    })
  }, REPORT_INTERVAL)
  return worker
}

/** Throws where candy was upgraded since the supervisor started: the two may not understand each other. */
function assertSameVersion(supervisor: string): void {
  const own = readVersion()
  if (own === supervisor) return
  throw new CandyError(
    'CONFIG',
    `candy ${own} is installed, and the service that runs is ${supervisor}: restart candy serve (under systemd: systemctl restart candy)`,
  )
}

async function open(worker: LoadedWorker): Promise<void> {
  worker.server = await startSessionServer(worker.listeners, worker.limit)
  report({ is: 'open' })
}

async function check({ loaded }: LoadedWorker): Promise<void> {
  report({ is: 'checked', health: await askFilters(loaded) })
}

/** Returns what begins a session on a connection of the endpoint. */
function beginner(
  endpoint: Endpoint,
  { settings, filters }: LoadedFilters,
  log: Log,
  history: History,
): Listener['begin'] {
  const { mode, deadline, cleanup } = endpoint
  const spool = { directory: join(settings.state, 'spool'), memory: settings.spool.memory }
  const front = {
    deadline,
    chain: new Chain(filters, { spool, cleanup, log, onReject: MODES[mode].onReject }),
    spool,
    quarantine: join(settings.state, 'quarantine'),
    log,
    history,
  }
  if (endpoint.mode === 'milter') {
    const { nextHop, packetLimit } = endpoint
    const milter = { ...front, packetLimit, ...(nextHop !== undefined && { nextHop }) }
    return (connection) => new MilterConnection(connection, milter)
  }
  const common = {
    ...front,
    nextHop: endpoint.nextHop,
    pool: new ConnectionPool(),
    replyTimeout: Math.min(REPLY_TIMEOUT, deadline),
    idle: settings.smtp.idle,
  }
  if (endpoint.mode === 'pipe') {
    const pipe = { ...common, configDirectory: endpoint.configDirectory }
    return (connection) => new PipeSession(connection, pipe)
  }
  const relay = { ...common, mode: endpoint.mode, protocol: endpoint.protocol, cleanup }
  return (connection) => new RelaySession(connection, relay)
}

async function end({ loaded, server, log }: LoadedWorker, idle: Idle): Promise<void> {
  await server?.drain(idle)
  await Promise.race([loaded.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT))])
  await log.close()
  process.exit(0)
}

/** Reports the error to the supervisor, which logs it or shows it to the operator, and ends. */
function fail(error: unknown): void {
  const { message, code } = error as { readonly message?: string; readonly code?: unknown }
  const text = String(message ?? error)
  process.send?.({ is: 'failed', text, ...(typeof code === 'string' && { code }) } satisfies FromWorker, () =>
    process.exit(1),
  )
}

function report(message: FromWorker): void {
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
