/**
 * The resident runner: holds the listening sockets, and sees to it that workers accept from them. A reload starts a new
 * crew, and only when that takes mail lets the old one finish; so sessions under way are not touched, new code of filter
 * packages is loaded too, and when the new configuration is wrong the old crew stays. Loads no filter itself.
 */
import { availableParallelism } from 'node:os'
import { CandyError } from '@candy/sdk'
import { printAddress } from '@candy/sdk/values'
import type { Log } from '../log/log.js'
import { type Settings, soundSettings } from '../site/settings.js'
import { Crew, type CrewOptions } from './crew.js'
import { listenAt } from './listening.js'
import { openNotifier } from './notify.js'
import { findPlaces, type Place } from './places.js'

/** More than this many workers help no mail server that filters on the same machine. */
const MOST_WORKERS = 4

/** Milliseconds between two reports of what goes on, where systemd asks for none. */
const REPORT = 30_000

export interface ServiceOptions {
  readonly configDirectory: string
  /** What candy.toml said when the service started; a reload reads it anew. */
  readonly settings: Settings
  readonly log: Log
  /** Overrides `workers` of candy.toml. */
  readonly workers?: number
}

/** Serves until SIGTERM or SIGINT, and then until all mail under way is done. Throws when it cannot start. */
export async function serve(options: ServiceOptions): Promise<void> {
  const { configDirectory, settings, log } = options
  const notifier = openNotifier(process.env, log)
  const stopped = signalled('SIGTERM', 'SIGINT')
  // Until there is something to reload, what is read is new anyway.
  let reload = (): void => {}
  process.on('SIGHUP', () => reload())
  const places = await findPlaces(configDirectory, settings)
  const listening = await listenAt(places, process.env)
  const descriptors = listening.map(({ descriptor }) => descriptor)
  const planCrew = (now: Settings, at: readonly Place[]): CrewOptions => ({
    count: options.workers ?? now.smtp.workers ?? Math.min(availableParallelism(), MOST_WORKERS),
    assignment: { configDirectory, places: at },
    descriptors,
    hang: now.smtp.hang,
    log,
  })
  try {
    let crew = await Crew.start(planCrew(settings, places))
    const leaving = new Set<Promise<void>>()
    const report = (): void => notifier.notify('WATCHDOG=1', `STATUS=${crew.size} workers, ${crew.sessions} sessions`)
    for (const { queue, listen, nextHop } of places) {
      log.write('info', 'listening', { queue, listen: printAddress(listen), next_hop: printAddress(nextHop) })
    }
    log.write('info', 'started', { workers: crew.size })
    notifier.notify('READY=1', `STATUS=${crew.size} workers`)
    const beat = setInterval(report, Math.min(notifier.beat ?? REPORT, REPORT))
    const reloads = repeatable(async () => {
      const start = async (): Promise<Crew> => {
        const now = soundSettings(configDirectory)
        return Crew.start(planCrew(now, await sameSockets(configDirectory, now, places)))
      }
      const next = await start().catch((error: Error) => {
        for (const line of error.message.split('\n')) log.write('error', 'not reloaded', { error: line })
      })
      if (next === undefined) return
      const gone = crew.leave().then(() => void leaving.delete(gone))
      leaving.add(gone)
      crew = next
      log.write('info', 'reloaded', {})
    })
    reload = reloads.again
    log.write('info', 'stopping', { signal: await stopped })
    notifier.notify('STOPPING=1')
    clearInterval(beat)
    reload = () => {}
    await reloads.end()
    await Promise.all([crew.leave(), ...leaving])
    log.write('info', 'stopped', {})
  } finally {
    for (const one of listening) one.close()
  }
}

/** The places as they are now. Throws `CONFIG` when they are not where this process holds its sockets. */
async function sameSockets(
  configDirectory: string,
  settings: Settings,
  held: readonly Place[],
): Promise<readonly Place[]> {
  const places = await findPlaces(configDirectory, settings)
  const print = (all: readonly Place[]): string =>
    all.map(({ queue, listen }) => `${queue} the queue on ${printAddress(listen)}`).join(', ')
  if (print(places) === print(held)) return places
  throw new CandyError(
    'CONFIG',
    `it listens ${print(held)}; now it should ${print(places)}: that takes a restart of candy serve`,
  )
}

/** The first of the signals; more of them are ignored, since all is being done already. */
function signalled(...signals: readonly NodeJS.Signals[]): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve(signal))
  })
}

/** An action that runs once at a time; asked for again meanwhile, it runs once more afterwards. */
function repeatable(act: () => Promise<void>): { again(): void; end(): Promise<void> } {
  let running: Promise<void> | undefined
  let wanted = false
  const run = async (): Promise<void> => {
    while (wanted) {
      wanted = false
      await act()
    }
    running = undefined
  }
  return {
    again: () => {
      wanted = true
      running ??= run()
    },
    end: async () => {
      wanted = false
      await running
    },
  }
}
