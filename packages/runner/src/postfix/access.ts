/**
 * Lets the account candy enter Postfix's directory `public/`, where the socket is through which mail goes back to Postfix. A
 * command that pipe(8) runs has no supplementary groups, and pipe(8) refuses to run one with the group that may enter (postdrop).
 * So the account gets its own entry in the directory's access control list (acl(5)). Removing the entry restores the earlier
 * permissions.
 */
import { execFileSync } from 'node:child_process'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { ACCOUNT } from '../os/accounts.js'
import { PostfixError } from './error.js'

/** Starts the name of an access entry in the journal's list of what was created: `access:/var/spool/postfix/public`. */
const ACCESS = 'access:'

const ENTRY = new RegExp(`^user:${ACCOUNT}:`, 'm')

/** The directory of the instance's public sockets. */
export function publicDirectory(queueDirectory: string): string {
  return join(queueDirectory, 'public')
}

/** The name of the access entry in a list of owned paths. */
export function accessName(queueDirectory: string): string {
  return `${ACCESS}${publicDirectory(queueDirectory)}`
}

/** The directory of an access entry's name; undefined for an ordinary path. */
export function accessDirectory(name: string): string | undefined {
  return name.startsWith(ACCESS) ? name.slice(ACCESS.length) : undefined
}

/** Whether the account may enter the directory: either everybody may, or the access control list has an entry for it. */
export function mayEnter(directory: string): boolean {
  if (((lstatSync(directory, { throwIfNoEntry: false })?.mode ?? 0) & 0o001) !== 0) return true
  try {
    const printed = entries(directory)
    return /^user:candy:..x/m.test(printed) && !/^mask::..-/m.test(printed)
  } catch {
    return false
  }
}

/**
 * Why candy cannot be given access to the directory, with the remedies. Undefined where it can, where it has access already, and
 * where Postfix has not made the directory yet.
 */
export function accessProblem(directory: string): string | undefined {
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined || mayEnter(directory)) return undefined
  try {
    entries(directory)
    return undefined
  } catch (error) {
    return explain(directory, error)
  }
}

/** Adds the account's entry to the access control list. Throws PostfixError with the remedies when that fails. */
export function grantAccess(directory: string): void {
  try {
    // Keep the mask of an existing list, so that nobody else gets more rights than before.
    const mask = /^mask:/m.test(entries(directory)) ? ['-n'] : []
    run('setfacl', ...mask, '-m', `u:${ACCOUNT}:--x`, '--', directory)
  } catch (error) {
    throw new PostfixError(explain(directory, error))
  }
  if (mayEnter(directory)) return
  throw new PostfixError(
    explain(directory, new Error('the mask of its access control list does not let anybody enter')),
  )
}

/** Whether the access control list has an entry for the account. Without getfacl(1) there is none. */
export function hasEntry(directory: string): boolean {
  try {
    return ENTRY.test(entries(directory))
  } catch {
    return false
  }
}

/** Removes the account's entry from the access control list, if there is one. */
export function revokeAccess(directory: string): void {
  if (!hasEntry(directory)) return
  // If candy's entry is the only one with a name, the mask exists only because of it, and is removed too.
  const named = entries(directory).match(/^(?:user|group):[^:]+:/gm) ?? []
  if (named.length === 1) run('setfacl', '-x', `u:${ACCOUNT},m`, '--', directory)
  else run('setfacl', '-n', '-x', `u:${ACCOUNT}`, '--', directory)
}

/** The entries of the access control list, one on each line, as getfacl(1) prints them. */
function entries(directory: string): string {
  return run('getfacl', '--omit-header', '--absolute-names', '--', directory)
}

function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function explain(directory: string, error: unknown): string {
  const { code, stderr, message } = error as { code?: string; stderr?: string; message: string }
  const missing = code === 'ENOENT' || code === 'EACCES'
  const why = missing ? 'setfacl(1) and getfacl(1) are not there' : (stderr ?? message).trim()
  const first = missing ? 'Install them (apt install acl)' : 'Use a file system with access control lists'
  return `candy may not enter ${directory}, where mail comes back in pipe mode: ${why}. ${first}, or use --mode smtp, or write reinject = "sendmail" below [pipe] in candy.toml, which has limits (docs/pipe.md).`
}
