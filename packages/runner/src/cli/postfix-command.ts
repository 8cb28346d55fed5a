/** What the commands that change Postfix have in common. */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseDuration } from '@candy/sdk/values'
import { Ownership } from '../config/ownership.js'
import { ConfigurationError } from '../config/problem.js'
import { type Settings, soundSettings } from '../config/settings.js'
import { errorText } from '../os/error-text.js'
import { whileLocked } from '../postfix/lock.js'
import { EX_CONFIG, EX_NOPERM, EX_USAGE } from './exit-status.js'
import { Failure } from './failure.js'

/** Throws Failure when candy.toml is wrong. */
export function readSound(configDirectory: string): Settings {
  try {
    return soundSettings(configDirectory)
  } catch (error) {
    throw error instanceof ConfigurationError ? new Failure(EX_CONFIG, error.message) : error
  }
}

/** The value of `--wait`, in milliseconds. Throws Failure when it is no time. */
export function readWait(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw new Failure(EX_USAGE, `--wait ${text}: ${errorText(error)}`)
  }
}

export function assertRoot(command: string): void {
  if (process.geteuid?.() !== 0) throw new Failure(EX_NOPERM, `${command} changes Postfix's files: run it as root`)
}

/**
 * Does what changes Postfix's files or filters.d: as root, in a directory that is root's alone, and while no other such command
 * is at work. Throws Failure when one is, or somebody else may write there.
 */
export async function changing<T>(command: string, configDirectory: string, act: () => Promise<T>): Promise<T> {
  assertRoot(command)
  if (!existsSync(configDirectory)) {
    throw new Failure(EX_CONFIG, `${configDirectory}: no such directory: say -c DIR, where main.cf of your Postfix is`)
  }
  assertRootsOwn(configDirectory)
  return whileLocked(configDirectory, command, act)
}

/**
 * What root reads here it acts upon, and what it writes must go nowhere else: nobody but root may write the directory or one on
 * its path. Of one that is missing, what is there above it is looked at. Throws Failure.
 */
export function assertRootsOwn(directory: string): void {
  let path = directory
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path)
  const complaint = new Ownership(0).complaint(path)
  if (complaint === undefined) return
  throw new Failure(EX_CONFIG, `${directory} is used by root and must be root's alone: ${complaint}`)
}

/**
 * Aborts when somebody asks this process to end: what it has begun is undone first. The listeners stay, since while one of Postfix's
 * commands runs execa listens as well, and ends the process when no other listener is left (once() removes its own first). That
 * execa then ends the command too (its option `cleanup`) is right: nobody would wait for it.
 */
export function stopSignal(): AbortController {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort())
  return controller
}
