/**
 * Drafts in the quarantine: a message is written into a directory beside the others whose name begins with a dot and names the
 * process that writes it, and is renamed when it is complete. A writer that is killed leaves its draft behind; the next process
 * that starts removes it. What has no such name is never touched.
 */
import { lstat, readdir, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readProcessStat } from '../os/process-stat.js'

/** Milliseconds after which nobody can be writing a draft any more: longer than any deadline for a message. */
const ABANDONED_AFTER = 24 * 60 * 60 * 1000

/** The process, when it started, and the namespace in which its number is its own (pid_namespaces(7)). */
const DRAFT = /^\.\d{8}T\d{6}Z-[A-Za-z0-9]+-(?<pid>\d+)-(?<started>\d+)-(?<namespace>\d+)-\d+$/

/** Where this process writes a message that will be called `name`. */
export async function draftPath(directory: string, name: string): Promise<string> {
  const writer = [process.pid, readProcessStat('self')?.started ?? 0, (await namespace()) ?? 0, process.hrtime.bigint()]
  return join(directory, `.${name}-${writer.join('-')}`)
}

/** Removes the drafts of writers that are dead. Never throws: what cannot be removed stays. */
export async function sweepDrafts(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  for (const name of names) {
    const writer = DRAFT.exec(name)?.groups
    if (writer === undefined) continue
    const path = join(directory, name)
    if ((await isOld(path)) || (await isDead(writer))) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

async function isOld(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined)
  return stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_AFTER
}

/** Without /proc (not Linux) nobody is known to be dead. */
async function isDead({ pid, started, namespace: home }: Partial<Record<string, string>>): Promise<boolean> {
  if (home === undefined || home !== (await namespace())) return false
  return readProcessStat(Number(pid))?.started !== started
}

async function namespace(): Promise<string | undefined> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '')
  return /\d+/.exec(link)?.[0]
}
