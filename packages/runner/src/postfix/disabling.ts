/**
 * Taking candy out without losing mail: a queue file remembers the filter it was received for, and so does an smtpd(8) from
 * before a reload. So the services stay until nothing needs them any more; only then they go.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { revokeAccess } from './access.js'
import { replaceFile } from './change.js'
import { type Commands, commandsOf } from './commands.js'
import type { DisablePlan } from './disable-plan.js'
import type { PostfixFiles } from './enable-edits.js'
import { assertRunning, reload } from './enabling.js'
import { PostfixError } from './error.js'
import { filesOf } from './instance.js'
import { removeJournal } from './journal.js'
import { type Process, receivers, running } from './processes.js'
import { purge } from './purge.js'
import { messagesForCandy, type QueueEntry } from './queue.js'
import { stopRunner } from './runner-stop.js'

export interface DisableProgress {
  /** Milliseconds to wait for mail that was received for candy. */
  readonly wait: number
  /** Says what is being done, for people. */
  readonly report: (what: string) => void
}

/** Milliseconds between two looks at the queue. */
const PAUSE = 1_000

/** Milliseconds after which a message that is active may be one that nobody delivers. One that is being delivered suffers nothing. */
const STUCK = 20_000

/** Milliseconds for requeueing, after the deadline. */
const GRACE = 30_000

/** Throws PostfixError when something still needs candy: then new mail goes past it, and its services stay. */
export async function disable(plan: DisablePlan, progress: DisableProgress): Promise<void> {
  if (!plan.disabled) await detachPostfix(plan, progress)
  await purge(plan.removals, plan.paths)
}

async function detachPostfix(
  { instance, paths, edits }: DisablePlan,
  { wait, report }: DisableProgress,
): Promise<void> {
  const run = commandsOf(instance.configDirectory)
  await assertRunning(instance, run)
  const { master, main } = filesOf(instance)
  const replaceFiles = (from: PostfixFiles, to: PostfixFiles): void => {
    if (from.main !== to.main) replaceFile({ path: main, from: from.main, to: to.main })
    if (from.master !== to.master) replaceFile({ path: master, from: from.master, to: to.master })
  }
  const old = receivers(instance.queueDirectory)
  if (edits.before.master !== edits.detached.master) report('giving new mail past candy')
  replaceFiles(edits.before, edits.detached)
  // Also when an earlier run has done that: which sessions are from before nobody knows any more.
  await reload(run)
  await drain(old, wait, report)
  await empty(run, wait, report)
  report('taking the services out')
  replaceFiles(edits.detached, edits.after)
  await reload(run)
  for (const directory of edits.entered) revokeAccess(directory)
  await stopRunner(paths, report)
  removeJournal(paths)
}

/** Waits for the sessions that were open at the reload. */
async function drain(old: readonly Process[], wait: number, report: (what: string) => void): Promise<void> {
  let told = false
  for (const end = Date.now() + wait; ; ) {
    const left = running(old)
    if (left.length === 0) return
    if (Date.now() > end) {
      const names = left.map(({ name, pid }) => `${name} ${pid}`).join(', ')
      throw new PostfixError(
        `new mail goes past candy, but sessions from before are still open (${names}), and what they bring is for candy. Its services stay until then: run "candy disable" again later.`,
      )
    }
    if (!told) report(`waiting for ${left.length} sessions from before`)
    told = true
    await sleep(PAUSE / 4)
  }
}

/** Waits until no message in the queue is for candy; then those that candy could not deliver are requeued, one by one. */
async function empty(run: Commands, wait: number, report: (what: string) => void): Promise<void> {
  const end = Date.now() + wait
  const told = new Set<string>()
  const active = new Map<string, number>()
  for (;;) {
    const mail = await messagesForCandy(run)
    const held = mail.filter(({ queue }) => queue === 'hold')
    const moving = mail.filter(({ queue }) => queue !== 'hold')
    if (moving.length === 0) {
      if (held.length === 0) return
      throw new PostfixError(heldText(held))
    }
    const late = Date.now() > end
    if (isStuck(active, moving)) {
      // A message that qmgr(8) has "skipped, still being delivered" stays where it is until qmgr starts again.
      await run('postfix', 'reload')
      active.clear()
    }
    if (told.size === 0) report(`waiting for ${moving.length} messages that were received for candy`)
    for (const { id, queue } of moving) {
      if (queue === 'deferred' && late) await requeue(id, run, report)
      else if (!told.has(id)) await run('postqueue', '-i', id).catch(() => '')
      told.add(id)
    }
    if (Date.now() > end + wait + GRACE) {
      const ids = moving.map(({ id }) => id).join(', ')
      throw new PostfixError(
        `new mail goes past candy, but messages from before are still being delivered through it (${ids}). Its services stay until then: run "candy disable" again later.`,
      )
    }
    await sleep(late ? PAUSE / 10 : PAUSE)
  }
}

/** Whether a message has been active or coming in for long, at every look. `active` is when it was first seen so. */
function isStuck(active: Map<string, number>, mail: readonly QueueEntry[]): boolean {
  const now = new Set(mail.filter(({ queue }) => queue === 'active' || queue === 'incoming').map(({ id }) => id))
  for (const id of active.keys()) if (!now.has(id)) active.delete(id)
  for (const id of now) if (!active.has(id)) active.set(id, Date.now())
  return [...active.values()].some((since) => Date.now() - since > STUCK)
}

/**
 * By its id, and from the deferred queue alone: "postsuper -r ALL" would release held mail too, and a message that is being
 * delivered at this moment would go out twice. Until it has a new id it is seen again.
 */
async function requeue(id: string, run: Commands, report: (what: string) => void): Promise<void> {
  report(`requeueing ${id}: candy did not take it in time, it goes on unfiltered`)
  await run('postsuper', '-r', id, 'deferred').catch(() => '')
  // Else pickup(8) would find it at its next look, up to a minute later.
  await run('postkick', 'public', 'pickup', 'W').catch(() => '')
}

function heldText(held: readonly QueueEntry[]): string {
  const ids = held.map(({ id }) => id).join(', ')
  return `new mail goes past candy, but held messages were received for it (${ids}). Its services stay until you decide: release them (postsuper -H ID) or delete them (postsuper -d ID), then run "candy disable" again.`
}
