/** What the commands that change Postfix have in common. */
import { SiteError } from '../site/problem.js'
import { type Settings, soundSettings } from '../site/settings.js'
import { parseDuration } from '../site/units.js'
import { EX_CONFIG, EX_NOPERM, EX_UNAVAILABLE, EX_USAGE } from './exit-status.js'
import { Failure } from './failure.js'

/** Throws Failure when candy.toml is wrong. */
export function readSound(configDirectory: string): Settings {
  try {
    return soundSettings(configDirectory)
  } catch (error) {
    throw error instanceof SiteError ? new Failure(EX_CONFIG, error.message) : error
  }
}

/** The value of `--wait`, in milliseconds. Throws Failure when it is no time. */
export function readWait(text: string): number {
  const wait = parseDuration(text)
  if ('what' in wait) throw new Failure(EX_USAGE, `--wait ${text}: ${wait.what}`)
  return wait.value
}

export function assertRoot(command: string): void {
  if (process.geteuid?.() !== 0) throw new Failure(EX_NOPERM, `${command} changes Postfix's files: run it as root`)
}

/** What Postfix or its files say is no fault of the program's. */
export async function asFailure(action: () => Promise<void>): Promise<void> {
  try {
    await action()
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    if (code === 'CONFIG') throw new Failure(EX_CONFIG, message)
    const expected = code === 'POSTFIX' || /^(?:FILE_|SERVICE_|BAD_|E[A-Z]+$)/.test(code ?? '')
    throw expected ? new Failure(EX_UNAVAILABLE, message) : error
  }
}

/**
 * Aborts when somebody asks this process to end: what it has begun is undone first. It listens for good: while one of
 * Postfix's commands runs, execa listens too, and ends the process on a signal that it hears alone.
 */
export function stopSignal(): AbortController {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort())
  return controller
}
