/**
 * The state of the running service: the configuration in force, the workers that have loaded it, and the sockets that mail comes
 * in by. It is made when candy serve starts, and a reload replaces its generation. The sockets stay the same for as long as the
 * service runs.
 */
import { availableParallelism } from 'node:os'
import { CandyError } from '@candy/sdk'
import { printAddress } from '@candy/sdk/values'
import type { Settings } from '../config/settings.js'
import { type Configuration, readConfiguration } from '../filters/configuration.js'
import { listFilters } from '../filters/list.js'
import { errorLines, errorText } from '../os/error-text.js'
import { changedFiles } from './changed-files.js'
import type { InForce } from './control-message.js'
import { type Endpoint, findEndpoints } from './endpoints.js'
import { assertSound, Generation, isConfigurationError } from './generation.js'
import { readLastGood, saveLastGood } from './last-good.js'
import { type ListeningSocket, listenAt } from './listening-sockets.js'
import { copyScripts, removeUnusedCopies } from './script-copies.js'
import { makeServiceFiles, type ServiceFiles, serviceFiles } from './state-directory.js'

/** The number of workers at most, where nobody sets it: a mail server that filters on the same machine gains nothing by more. */
const MAX_WORKERS = 4

export interface ServiceOptions {
  readonly configDirectory: string
  /** Overrides `workers` of candy.toml. */
  readonly workers?: number
}

export interface RunningService {
  readonly files: ServiceFiles
  readonly endpoints: readonly Endpoint[]
  /** One socket for each endpoint, in the same order. */
  readonly listening: readonly ListeningSocket[]
  /** What was wrong with the files when the service was started; set when the last good configuration is in force instead of them. */
  readonly refused?: CandyError
  generation: Generation
  /** The number of the generation, counted from 1. */
  number: number
  /** How many workers of earlier generations have ended without having been told to. */
  earlierDeaths: number
}

/**
 * Starts the service with the configuration that is in the files. Where that one is wrong, it starts with the last good
 * configuration. Where there is no such configuration, or it does not start either, it throws what is wrong with the files.
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const configuration = await readConfiguration(options)
  try {
    const { scripts } = makeServiceFiles(configuration.settings.state)
    const running = await listenAndStart(copyScripts(configuration, scripts), options)
    saveForRestart(running)
    removeUnusedScriptCopies(running)
    warnOfScripts(running.generation)
    return running
  } catch (error) {
    if (!isConfigurationError(error)) throw error
    return startLastGood(configuration, error, options)
  }
}

/**
 * Starts the service with the last good configuration, after the one in the files has failed with the error. When the two are the
 * same, the files were not at fault: something was missing for a moment, such as a socket that an earlier worker still held.
 */
async function startLastGood(
  { settings, snapshot, problems }: Configuration,
  error: CandyError,
  options: ServiceOptions,
): Promise<RunningService> {
  const lastGood = readLastGood(serviceFiles(settings.state).lastGood, snapshot.configDirectory)
  const running = lastGood && (await listenAndStart(lastGood.configuration, options).catch(() => undefined))
  if (lastGood === undefined || running === undefined) throw error
  const { log } = running.generation
  if (problems.length === 0 && changedFiles(lastGood.configuration.snapshot, snapshot).length === 0) {
    log.write('warn', 'started at the second attempt', { error: errorText(error) })
    return running
  }
  for (const line of errorLines(error)) log.write('error', 'the configuration is refused', { error: line })
  log.write('error', 'the last good configuration is in force: mend the files, then candy reload', {
    of: lastGood.since,
  })
  return { ...running, refused: error }
}

async function listenAndStart(configuration: Configuration, options: ServiceOptions): Promise<RunningService> {
  const { settings, snapshot } = configuration
  await assertSound(configuration)
  const endpoints = await findEndpoints(snapshot.configDirectory, settings, process.env)
  const listening = await listenAt(endpoints, process.env)
  try {
    const descriptors = listening.map(({ descriptor }) => descriptor)
    const workers = workersFor(settings, options)
    const generation = await Generation.start({ configuration, endpoints, descriptors, workers })
    return { files: serviceFiles(settings.state), endpoints, listening, generation, number: 1, earlierDeaths: 0 }
  } catch (error) {
    for (const socket of listening) socket.close()
    throw error
  }
}

/**
 * Replaces the generation by a new one, with the configuration that is in the files now. Returns once the first new worker takes
 * mail; the caller then drains the old generation. When the new one cannot start, returns the error, and the old one stays.
 */
export async function reloadService(running: RunningService, options: ServiceOptions): Promise<Error | undefined> {
  const { log } = running.generation
  try {
    const read = await readConfiguration(options)
    const configuration = copyScripts(read, running.files.scripts)
    await assertSound(configuration)
    const { settings, snapshot } = configuration
    const endpoints = await findEndpoints(snapshot.configDirectory, settings, process.env)
    assertSameEndpoints(running, settings, endpoints)
    const descriptors = running.listening.map(({ descriptor }) => descriptor)
    const workers = workersFor(settings, options)
    const { deaths } = running.generation.workers
    running.generation = await Generation.start({ configuration, endpoints, descriptors, workers })
    running.earlierDeaths += deaths
    running.number += 1
  } catch (error) {
    for (const line of errorLines(error)) log.write('error', 'not reloaded', { error: line })
    return error as Error
  }
  saveForRestart(running)
  warnOfScripts(running.generation)
  running.generation.log.write('info', 'reloaded', { generation: running.number })
  return undefined
}

/**
 * Removes the copies of scripts that the generation in force does not run. To be called only when no older generation is left,
 * since its workers still run their own copies.
 */
export function removeUnusedScriptCopies({ files, generation: { configuration } }: RunningService): void {
  removeUnusedCopies(files.scripts, [configuration.snapshot])
}

/** Describes the configuration in force, for the answers on the control socket. */
export function inForce({ generation, number, refused }: RunningService): InForce {
  const { configuration, since } = generation
  const filters = listFilters(configuration).flatMap((entry) => {
    if (entry.kind === 'ignored') return []
    const { name, path, package: packageName, directory, version } = entry
    return {
      name,
      path,
      ...(packageName && { package: packageName }),
      ...(directory && { directory }),
      ...(version && { version }),
    }
  })
  const from = refused !== undefined && number === 1 ? 'last good' : 'files'
  return { generation: number, since: since.toISOString(), configuration: from, filters }
}

/** The files that were changed since the configuration in force was read. */
export async function changedSince(
  { generation }: RunningService,
  options: ServiceOptions,
): Promise<readonly string[]> {
  const { snapshot } = await readConfiguration(options)
  return changedFiles(generation.configuration.snapshot, snapshot)
}

function workersFor({ smtp }: Settings, { workers }: ServiceOptions): number {
  return workers ?? smtp.workers ?? Math.min(availableParallelism(), MAX_WORKERS)
}

/** Warns of each script that has no copy: it runs from where it is, so an edit of it takes effect at once, without a reload. */
function warnOfScripts({ configuration: { snapshot }, log }: Generation): void {
  for (const entry of snapshot.entries) {
    if (entry.kind !== 'script' || entry.copy !== undefined) continue
    log.write('warn', 'a script runs from where it is: nothing can be run in the state directory', { path: entry.path })
  }
}

/** Saves the configuration as the last good one. When it cannot be saved, the service warns and runs with it all the same. */
function saveForRestart({ files, generation: { configuration, log } }: RunningService): void {
  try {
    saveLastGood(files.lastGood, configuration.snapshot)
  } catch (error) {
    const { lastGood: path } = files
    log.write('warn', 'this configuration cannot be kept for a restart', { path, error: errorText(error) })
  }
}

/** Throws `CONFIG` when the new configuration names other endpoints or another state directory: only a restart can change these. */
function assertSameEndpoints(
  { files, endpoints: current }: RunningService,
  { state }: Settings,
  endpoints: readonly Endpoint[],
): void {
  const print = (all: readonly Endpoint[]): string =>
    all.map(({ mode, listen }) => `for ${mode} on ${printAddress(listen)}`).join(', ')
  if (print(endpoints) !== print(current)) {
    throw new CandyError(
      'CONFIG',
      `it listens ${print(current)}; now it should ${print(endpoints)}: that takes a restart of candy serve`,
    )
  }
  if (serviceFiles(state).directory !== files.directory) {
    throw new CandyError(
      'CONFIG',
      `its state is not in ${state} but above ${files.directory}: that takes a restart of candy serve`,
    )
  }
}
