/** Finds the Postfix instance that a command concerns, and ensures that the command may change it now. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseDuration } from '@candy/sdk/values'
import { Ownership } from '../config/ownership.js'
import { errorText } from '../os/error-text.js'
import { findDefaultDirectory } from '../postfix/commands.js'
import { whileLocked } from '../postfix/lock.js'
import { EX_CONFIG, EX_NOPERM, EX_USAGE, Failure } from './failure.js'

/**
 * The configuration directory: from `-c DIR`, else from MAIL_CONFIG as for Postfix's own commands, else that of the default
 * instance.
 */
export async function findConfigDirectory(option: string | undefined): Promise<string> {
  return resolve(option ?? process.env.MAIL_CONFIG ?? (await findDefaultDirectory()))
}

/** The value of `--wait`, in milliseconds. Throws Failure when it is no duration. */
export function readWait(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw new Failure(EX_USAGE, `--wait ${text}: ${errorText(error)}`)
  }
}

/** Throws Failure when the process does not run as root. */
export function assertRoot(command: string): void {
  if (process.geteuid?.() !== 0) throw new Failure(EX_NOPERM, `${command} changes Postfix's files: run it as root`)
}

/**
 * Runs `change`, which changes Postfix's files or filters.d: as root, in a directory that only root may write, and while no other
 * such command runs. Throws Failure where one of these does not hold.
 */
export async function changeInstance<T>(
  command: string,
  configDirectory: string,
  change: () => Promise<T>,
): Promise<T> {
  assertRoot(command)
  if (!existsSync(configDirectory)) {
    throw new Failure(EX_CONFIG, `${configDirectory}: no such directory: say -c DIR, where main.cf of your Postfix is`)
  }
  assertRootOnly(configDirectory)
  return whileLocked(configDirectory, command, change)
}

/**
 * Throws Failure when anybody but root may write to a directory or to one on its path, because root acts upon the files in it.
 * For a directory that does not exist yet, the nearest one above it is checked.
 */
export function assertRootOnly(directory: string): void {
  let path = directory
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path)
  const complaint = new Ownership(0).complaint(path)
  if (complaint === undefined) return
  throw new Failure(EX_CONFIG, `${directory} is used by root and must be root's alone: ${complaint}`)
}
