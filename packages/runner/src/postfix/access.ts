/**
 * Candy's way into Postfix's directory `public/`, where the way back is: pipe(8) drops all supplementary groups and refuses
 * the group that may enter (postdrop), so the account gets an entry of its own in the directory's access control list (acl(5)).
 * Taken out again it leaves the permissions as they were.
 */
import { execFileSync } from 'node:child_process'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { ACCOUNT } from '../os/accounts.js'
import { PostfixError } from './error.js'

/** In a list of what was made: `access:/var/spool/postfix/public`. */
const ACCESS = 'access:'

const ENTRY = new RegExp(`^user:${ACCOUNT}:`, 'm')

/** The directory of the instance's public sockets. */
export function publicDirectory(queueDirectory: string): string {
  return join(queueDirectory, 'public')
}

/** What is to be in a list of paths so that candy may enter that directory. */
export function accessName(queueDirectory: string): string {
  return `${ACCESS}${publicDirectory(queueDirectory)}`
}

/** The directory that such a place is about; undefined for any other. */
export function accessDirectory(place: string): string | undefined {
  return place.startsWith(ACCESS) ? place.slice(ACCESS.length) : undefined
}

/** Whether the account may enter, by what the list says of it or by the mode for others. */
export function mayEnter(directory: string): boolean {
  if (((lstatSync(directory, { throwIfNoEntry: false })?.mode ?? 0) & 0o001) !== 0) return true
  try {
    return /^user:candy:..x/m.test(entries(directory)) && !/^mask::..-/m.test(entries(directory))
  } catch {
    return false
  }
}

/** Why candy cannot be let in here, with the ways out; undefined where it can, or need not be, or Postfix has not made the directory yet. */
export function accessFault(directory: string): string | undefined {
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined || mayEnter(directory)) return undefined
  try {
    entries(directory)
    return undefined
  } catch (error) {
    return explain(directory, error)
  }
}

/** Throws PostfixError with the ways out when it cannot be done. */
export function grantAccess(directory: string): void {
  try {
    // An existing list keeps its mask, so that nobody else gets more than before.
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

/** Whether the account has an entry there. Without getfacl(1) nobody has put one in. */
export function hasEntry(directory: string): boolean {
  try {
    return ENTRY.test(entries(directory))
  } catch {
    return false
  }
}

/** Takes the account's entry out again. Nothing to do where there is none. */
export function revokeAccess(directory: string): void {
  if (!hasEntry(directory)) return
  // Without another name the mask is there for candy's entry alone.
  const named = entries(directory).match(/^(?:user|group):[^:]+:/gm) ?? []
  if (named.length === 1) run('setfacl', '-x', `u:${ACCOUNT},m`, '--', directory)
  else run('setfacl', '-n', '-x', `u:${ACCOUNT}`, '--', directory)
}

/** As getfacl(1) prints them, one a line. */
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
