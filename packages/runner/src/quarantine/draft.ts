/**
 * Drafts in the quarantine: a message is written into a directory beside the others whose name begins with a dot and names the
 * process that writes it, and is renamed when it is complete. A message that is deleted is renamed to such a name first, so that it is
 * gone at once and whole. A process that is killed leaves its draft behind; the next one that starts removes it. What has no such name is
 * never touched.
 */
import { lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDead, ownIdentity } from '../os/process-identity.js'

/** Milliseconds after which nobody can be writing a draft any more: longer than any deadline for a message. */
export const ABANDONED_AFTER: number = 24 * 60 * 60 * 1000

/** The name of a draft, of a message or of a file beside it, ends with the process and a time. */
const DRAFT = /^\..+-(?<pid>\d+)-(?<started>\d+)-(?<namespace>\d+)-\d+$/

/** The names of messages: others in the quarantine are left alone. */
const MESSAGE_DRAFT = /^\.\d{8}T\d{6}Z-[A-Za-z0-9]+(?:-\d+){4,5}$/

/** Where this process writes what will be called `name`. */
export async function draftPath(directory: string, name: string): Promise<string> {
  const { pid, started, namespace } = await ownIdentity()
  return join(directory, `.${name}-${[pid, started, namespace, process.hrtime.bigint()].join('-')}`)
}

/** Removes the drafts of messages whose writers are dead. Never throws: what cannot be removed stays. */
export async function sweepDrafts(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  await removeAbandoned(
    directory,
    names.filter((name) => MESSAGE_DRAFT.test(name)),
  )
}

/** Removes those of these drafts whose writers are dead. Never throws. */
export async function removeAbandoned(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { pid, started = '', namespace = '' } = DRAFT.exec(name)?.groups ?? {}
    if (pid === undefined) continue
    const path = join(directory, name)
    const isAbandoned = (await isOld(path)) || (await isDead({ pid: Number(pid), started, namespace }))
    if (isAbandoned) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

async function isOld(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined)
  return stat !== undefined && Date.now() - stat.mtimeMs > ABANDONED_AFTER
}
