/**
 * The resident runner: holds the listening sockets, and sees to it that workers accept from them. It reads the configuration
 * once, at the start and at each reload, and hands it to its workers, which read no file of the operator's. A reload starts
 * new workers, and only when they take mail lets the old ones finish; so sessions under way are not touched, new code of
 * filter packages is loaded too, and when the new configuration is wrong the old one stays. Loads no filter itself.
 */
import { availableParallelism } from 'node:os'
import { CandyError } from '@candy/sdk'
import { printAddress } from '@candy/sdk/values'
import type { Settings } from '../config/settings.js'
import { type Configuration, readConfiguration } from '../filters/configuration.js'
import { listFilters } from '../filters/list.js'
import type { Log } from '../log/log.js'
import { errorText } from '../os/error-text.js'
import { type Control, listenForCommands } from './control.js'
import type { InForce, ReloadAnswer } from './control-message.js'
import { type Endpoint, findEndpoints } from './endpoints.js'
import { assertSound, Generation, isConfigurationError } from './generation.js'
import { keepLastGood, readLastGood } from './last-good.js'
import { type ListeningSocket, listenAt } from './listening-sockets.js'
import { openNotifier } from './notify.js'
import { Repeatable } from './repeatable.js'
import { copyScripts, pruneScripts } from './script-copies.js'
import { makeServiceFiles, type ServiceFiles, serviceFiles } from './state-directory.js'

/** More than this many workers help no mail server that filters on the same machine. */
const MOST_WORKERS = 4

/** Milliseconds between two reports of what goes on, where systemd asks for none. */
const REPORT = 30_000

export interface ServiceOptions {
  readonly configDirectory: string
  /** Overrides `workers` of candy.toml. */
  readonly workers?: number
}

/** The configuration in force, and the sockets that it came with. */
interface Running {
  readonly files: ServiceFiles
  readonly endpoints: readonly Endpoint[]
  readonly listening: readonly ListeningSocket[]
  /** What was wrong with the files when the service was started, and why an older configuration is in force. */
  readonly refused?: CandyError
  generation: Generation
  number: number
}

/** Serves until SIGTERM or SIGINT, and then until all mail under way is done. Throws when it cannot start. */
export async function serve(options: ServiceOptions): Promise<void> {
  const stopped = signalled('SIGTERM', 'SIGINT')
  // Until there is something to reload, what is read is new anyway.
  let reload = (): void => {}
  process.on('SIGHUP', () => reload())
  const running = await start(options)
  const log = (): Log => running.generation.log
  const notifier = openNotifier(process.env, log)
  let control: Control | undefined
  let trouble: Error | undefined = running.refused
  try {
    const draining = new Set<Promise<void>>()
    const status = (): string => {
      const { size, sessions, since } = running.generation
      const why =
        trouble === undefined ? '' : `; the configuration of ${since.toISOString()} stays: ${firstLine(trouble)}`
      return `STATUS=${size} workers, ${sessions} sessions${why}`
    }
    for (const { mode, listen, nextHop } of running.endpoints) {
      log().write('info', 'listening', { mode, listen: printAddress(listen), next_hop: printAddress(nextHop) })
    }
    log().write('info', 'started', { workers: running.generation.size, generation: running.number })
    notifier.notify('READY=1', status())
    const beat = setInterval(() => notifier.notify('WATCHDOG=1', status()), Math.min(notifier.beat ?? REPORT, REPORT))
    const reloads = new Repeatable(async (): Promise<ReloadAnswer> => {
      const before = running.generation
      trouble = await replace(running, options)
      if (trouble === undefined) {
        const drained = before.drain().then(async () => {
          draining.delete(drained)
          if (draining.size === 0) prune(running)
          await before.log.close()
        })
        draining.add(drained)
      }
      notifier.notify(status())
      return { version: 1, reloaded: trouble === undefined, problems: linesOf(trouble), inForce: inForce(running) }
    })
    control = await listenForCommands(running.files.control, { reload: () => reloads.again() }, log).catch(
      (error: Error) => {
        const { control: path } = running.files
        log().write('warn', 'candy reload cannot reach this service; SIGHUP can', { path, error: error.message })
        return undefined
      },
    )
    reload = () => void reloads.again().catch(() => {})
    const signal = await stopped
    // A reload meanwhile has closed the log that was in use before.
    log().write('info', 'stopping', { signal })
    notifier.notify('STOPPING=1')
    clearInterval(beat)
    reload = () => {}
    await reloads.end()
    control?.close()
    await Promise.all([running.generation.drain(), ...draining])
    log().write('info', 'stopped', {})
    await log().close()
  } finally {
    for (const one of running.listening) one.close()
  }
}

/** Takes up the configuration as the files have it, else the last good one. Throws what is wrong with the files when there is none. */
async function start(options: ServiceOptions): Promise<Running> {
  const configuration = await readConfiguration(options)
  const { configDirectory } = configuration.snapshot
  try {
    const { scripts } = makeServiceFiles(configuration.settings.state)
    const running = await begin(copyScripts(configuration, scripts), options)
    keep(running)
    prune(running)
    warnOfScripts(running.generation)
    return running
  } catch (error) {
    if (!isConfigurationError(error)) throw error
    const kept = readLastGood(serviceFiles(configuration.settings.state).lastGood, configDirectory)
    const running = kept && (await begin(kept.configuration, options).catch(() => undefined))
    if (kept === undefined || running === undefined) throw error
    const { log } = running.generation
    for (const line of linesOf(error)) log.write('error', 'the configuration is refused', { error: line })
    log.write('error', 'the last good configuration is in force: mend the files, then candy reload', { of: kept.since })
    return { ...running, refused: error }
  }
}

async function begin(configuration: Configuration, options: ServiceOptions): Promise<Running> {
  const { settings, snapshot } = configuration
  await assertSound(configuration)
  const endpoints = await findEndpoints(snapshot.configDirectory, settings)
  const listening = await listenAt(endpoints, process.env)
  try {
    const descriptors = listening.map(({ descriptor }) => descriptor)
    const workers = workersFor(settings, options)
    const generation = await Generation.start({ configuration, endpoints, descriptors, workers })
    return { files: serviceFiles(settings.state), endpoints, listening, generation, number: 1 }
  } catch (error) {
    for (const one of listening) one.close()
    throw error
  }
}

/** Puts the configuration as the files have it now in the endpoint of the one in force. Gives what kept it from that; then nothing has changed. */
async function replace(running: Running, options: ServiceOptions): Promise<Error | undefined> {
  const { log } = running.generation
  try {
    const read = await readConfiguration(options)
    const configuration = copyScripts(read, running.files.scripts)
    await assertSound(configuration)
    const { settings, snapshot } = configuration
    const endpoints = await findEndpoints(snapshot.configDirectory, settings)
    assertSameEndpoints(running, settings, endpoints)
    const descriptors = running.listening.map(({ descriptor }) => descriptor)
    const workers = workersFor(settings, options)
    running.generation = await Generation.start({ configuration, endpoints, descriptors, workers })
    running.number += 1
  } catch (error) {
    for (const line of linesOf(error)) log.write('error', 'not reloaded', { error: line })
    return error as Error
  }
  keep(running)
  warnOfScripts(running.generation)
  running.generation.log.write('info', 'reloaded', { generation: running.number })
  return undefined
}

function workersFor({ smtp }: Settings, { workers }: ServiceOptions): number {
  return workers ?? smtp.workers ?? Math.min(availableParallelism(), MOST_WORKERS)
}

/** Says which scripts run from where they are, so that an edit of them counts at once. */
function warnOfScripts({ configuration: { snapshot }, log }: Generation): void {
  for (const entry of snapshot.entries) {
    if (entry.kind !== 'script' || entry.copy !== undefined) continue
    log.write('warn', 'a script runs from where it is: nothing can be run in the state directory', { path: entry.path })
  }
}

/** For the next start. That it cannot be kept is no reason to do without it now. */
function keep({ files, generation: { configuration, log } }: Running): void {
  try {
    keepLastGood(files.lastGood, configuration.snapshot)
  } catch (error) {
    const { lastGood: path } = files
    log.write('warn', 'this configuration cannot be kept for a restart', { path, error: errorText(error) })
  }
}

function prune({ files, generation: { configuration } }: Running): void {
  pruneScripts(files.scripts, [configuration.snapshot])
}

function inForce({ generation, number, refused }: Running): InForce {
  const { configuration, since } = generation
  const filters = listFilters(configuration).flatMap((entry) => {
    if (entry.kind === 'ignored') return []
    const { name, path, package: named, directory, version } = entry
    return {
      name,
      path,
      ...(named && { package: named }),
      ...(directory && { directory }),
      ...(version && { version }),
    }
  })
  const from = refused !== undefined && number === 1 ? 'last good' : 'files'
  return { generation: number, since: since.toISOString(), configuration: from, filters }
}

/** Throws `CONFIG` when mail would have to come in, or things be kept, elsewhere than where this process has them. */
function assertSameEndpoints(
  { files, endpoints: held }: Running,
  { state }: Settings,
  endpoints: readonly Endpoint[],
): void {
  const print = (all: readonly Endpoint[]): string =>
    all.map(({ mode, listen }) => `for ${mode} on ${printAddress(listen)}`).join(', ')
  if (print(endpoints) !== print(held)) {
    throw new CandyError(
      'CONFIG',
      `it listens ${print(held)}; now it should ${print(endpoints)}: that takes a restart of candy serve`,
    )
  }
  if (serviceFiles(state).directory !== files.directory) {
    throw new CandyError(
      'CONFIG',
      `its state is not in ${state} but above ${files.directory}: that takes a restart of candy serve`,
    )
  }
}

/** The first of the signals; more of them are ignored, since all is being done already. */
function signalled(...signals: readonly NodeJS.Signals[]): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve(signal))
  })
}

function linesOf(error: unknown): readonly string[] {
  return error === undefined ? [] : errorText(error).split('\n')
}

function firstLine(error: Error): string {
  return linesOf(error)[0] ?? ''
}
