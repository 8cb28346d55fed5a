/**
 * The supervisor, the main process of candy serve. It holds the listening sockets and keeps workers running that accept from
 * them; it runs no filter itself. It reads the configuration at the start and at each reload, and hands it to its workers, which
 * read no configuration file themselves. A reload starts new workers, and lets the old ones finish only when the new ones take
 * mail. So sessions under way go on undisturbed, new code of filter packages is loaded too, and when the new configuration is
 * wrong the old one stays in force.
 */
import { printAddress } from '@candy/sdk/values'
import type { Log } from '../log/log.js'
import { errorLines } from '../os/error-text.js'
import { readVersion } from '../os/version.js'
import { type Control, listenForCommands } from './control.js'
import type { InForceAnswer, ReloadAnswer } from './control-message.js'
import type { Generation } from './generation.js'
import { MetricsServer } from './metrics-server.js'
import { Monitoring } from './monitoring.js'
import { openNotifier } from './notify.js'
import { keepQuarantine } from './quarantine-keeper.js'
import { Repeatable } from './repeatable.js'
import {
  changedSince,
  inForce,
  reloadService,
  removeUnusedScriptCopies,
  type ServiceOptions,
  startService,
} from './running-service.js'

/** Milliseconds between two status messages to systemd at most; its watchdog may ask for a shorter interval. */
const STATUS_INTERVAL = 30_000

/**
 * Serves until SIGTERM or SIGINT, and then finishes the mail that is under way. Reloads on SIGHUP and on a command on the control
 * socket. Throws when it cannot start.
 */
export async function serve(options: ServiceOptions): Promise<void> {
  const stopped = firstSignal('SIGTERM', 'SIGINT')
  // A SIGHUP during the start needs nothing done: the configuration is being read anyway.
  let reload = (): void => {}
  process.on('SIGHUP', () => reload())
  const started = new Date()
  // Read now: an upgrade replaces the file, and not the code of this process.
  const candyVersion = readVersion()
  const running = await startService(options)
  const log = (): Log => running.generation.log
  const notifier = openNotifier(process.env, log)
  const monitoring = new Monitoring(running, started)
  const metrics = new MetricsServer(() => monitoring.metrics(), log)
  let control: Control | undefined
  let refusal: Error | undefined = running.refused
  try {
    const draining = new Map<Generation, Promise<void>>()
    const serveMetrics = (): Promise<void> => metrics.listenAt(running.generation.configuration.settings.metrics.listen)
    await serveMetrics()
    const status = (): string => {
      const { workers, since } = running.generation
      const why =
        refusal === undefined ? '' : `; the configuration of ${since.toISOString()} stays: ${errorLines(refusal)[0]}`
      return `STATUS=${workers.size} workers, ${workers.sessions} sessions${why}`
    }
    for (const { mode, listen, nextHop } of running.endpoints) {
      const next = nextHop === undefined ? {} : { next_hop: printAddress(nextHop) }
      log().write('info', 'listening', { mode, listen: printAddress(listen), ...next })
    }
    log().write('info', 'started', { workers: running.generation.workers.size, generation: running.number })
    notifier.notify('READY=1', status())
    const interval = Math.min(notifier.watchdogInterval ?? STATUS_INTERVAL, STATUS_INTERVAL)
    const statusTimer = setInterval(() => notifier.notify('WATCHDOG=1', status()), interval)
    const reloads = new Repeatable(async (): Promise<ReloadAnswer> => {
      const before = running.generation
      refusal = await reloadService(running, options)
      if (refusal === undefined) {
        // Of the generations that still have sessions only the last one keeps those without a message: each takes memory.
        for (const earlier of draining.keys()) void earlier.drain('close')
        const drained = before.drain('keep').then(async () => {
          draining.delete(before)
          if (draining.size === 0) removeUnusedScriptCopies(running)
          await before.log.close()
        })
        draining.set(before, drained)
      }
      notifier.notify(status())
      const problems = refusal === undefined ? [] : errorLines(refusal)
      const answer = { version: 1, reloaded: refusal === undefined, problems, inForce: inForce(running) } as const
      monitoring.noteReload(answer)
      await serveMetrics()
      return answer
    })
    const commands = {
      reload: () => reloads.request(),
      status: () => monitoring.status(),
      'in-force': async (): Promise<InForceAnswer> => {
        const changed = await changedSince(running, options)
        return { version: 1, candyVersion, inForce: inForce(running), changed }
      },
    }
    control = await listenForCommands(running.files.control, commands, log).catch((error: Error) => {
      const { control: path } = running.files
      log().write('warn', 'candy reload and candy status cannot reach this service; SIGHUP can', {
        path,
        error: error.message,
      })
      return undefined
    })
    reload = () => void reloads.request().catch(() => {})
    const keeper = keepQuarantine(() => {
      const { settings, snapshot } = running.generation.configuration
      return { configDirectory: snapshot.configDirectory, settings, log: { write: (...line) => log().write(...line) } }
    })
    const signal = await stopped
    // log() is called again here, since each reload closes the log of the generation that it replaces.
    log().write('info', 'stopping', { signal })
    notifier.notify('STOPPING=1')
    clearInterval(statusTimer)
    monitoring.end()
    metrics.close()
    reload = () => {}
    await reloads.end()
    control?.close()
    await keeper.end()
    for (const earlier of draining.keys()) void earlier.drain('close')
    await Promise.all([running.generation.drain('close'), ...draining.values()])
    log().write('info', 'stopped', {})
    await log().close()
  } finally {
    for (const socket of running.listening) socket.close()
  }
}

/** Resolves with the first of the signals that comes; later ones are ignored, since the service is stopping by then. */
function firstSignal(...signals: readonly NodeJS.Signals[]): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve(signal))
  })
}
