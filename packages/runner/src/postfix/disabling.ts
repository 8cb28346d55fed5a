/**
 * Disables candy without losing mail. A queue file names the filter that was configured when Postfix received the message, and an
 * smtpd(8) that was started before a reload keeps using the old configuration. So candy's services are removed only when no such
 * message and no such process is left.
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
import { removePipeCommand } from './pipe-command.js'
import { type Process, receivers, running } from './processes.js'
import { purge } from './purge.js'
import { messagesForCandy, type QueueEntry } from './queue.js'
import { stopRunner } from './runner-stop.js'

export interface DisableProgress {
  /** Milliseconds to wait until mail that was received for candy is delivered. */
  readonly wait: number
  /** Tells the operator what is being done. */
  readonly report: (what: string) => void
}

/** Milliseconds between two checks of the queue. */
const POLL_INTERVAL = 1_000

/**
 * Milliseconds after which Postfix is reloaded because qmgr(8) may have given up on an active message. The reload does no harm to
 * a message that is being delivered.
 */
const STUCK_AFTER = 20_000

/**
 * Milliseconds that requeueing may take beyond the waiting time: enough for several reloads, and for the minute for which master(8)
 * does not start a service again that failed.
 */
const REQUEUE_TIMEOUT = 90_000

/**
 * How often in succession the queue must have been found empty. postqueue(1) reads one directory after the other, and overlooks a
 * message that Postfix moves meanwhile from one that it has yet to read to one that it has read.
 */
const EMPTY_CHECKS = 2

/** Throws PostfixError while something still needs candy. New mail then already bypasses candy, but candy's services stay. */
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
  const oldReceivers = receivers(instance.queueDirectory)
  if (edits.before.master !== edits.detached.master) report('giving new mail past candy')
  replaceFiles(edits.before, edits.detached)
  // Reload even when an earlier run has already detached candy: which processes were started before that is not known any more.
  await reload(run)
  await waitForOldReceivers(oldReceivers, wait, report)
  await emptyQueue(run, wait, report)
  report('taking the services out')
  replaceFiles(edits.detached, edits.after)
  await reload(run)
  for (const directory of edits.accessDirectories) revokeAccess(directory)
  removePipeCommand(paths.state)
  await stopRunner(paths, report)
  removeJournal(paths)
}

/** Waits until the processes that received mail before the reload have ended. Throws PostfixError when they take too long. */
async function waitForOldReceivers(
  oldReceivers: readonly Process[],
  wait: number,
  report: (what: string) => void,
): Promise<void> {
  let reported = false
  for (const end = Date.now() + wait; ; ) {
    const left = running(oldReceivers)
    if (left.length === 0) return
    if (Date.now() > end) {
      const names = left.map(({ name, pid }) => `${name} ${pid}`).join(', ')
      throw new PostfixError(
        `new mail goes past candy, but sessions from before are still open (${names}), and what they bring is for candy. Its services stay until then: run "candy disable" again later.`,
      )
    }
    if (!reported) report(`waiting for ${left.length} sessions from before`)
    reported = true
    await sleep(POLL_INTERVAL / 4)
  }
}

/**
 * Waits until no message in the queue is for candy. After the waiting time, messages that candy could not deliver are requeued
 * one by one, and go on unfiltered. Throws PostfixError for messages that remain.
 */
async function emptyQueue(run: Commands, wait: number, report: (what: string) => void): Promise<void> {
  const end = Date.now() + wait
  const attempted = new Set<string>()
  const active = new Map<string, number>()
  let held: readonly QueueEntry[] = []
  for (let empty = 0; empty < EMPTY_CHECKS; ) {
    const mail = await messagesForCandy(run)
    held = mail.filter(({ queue }) => queue === 'hold')
    const moving = mail.filter(({ queue }) => queue !== 'hold')
    const late = Date.now() > end
    empty = moving.length === 0 ? empty + 1 : 0
    if (empty === 0) {
      if (attempted.size === 0) report(waitingText(moving.length))
      if (Date.now() > end + wait + REQUEUE_TIMEOUT) throw new PostfixError(movingText(moving))
      if (isStuck(active, moving)) {
        // A message that qmgr(8) has "skipped, still being delivered" stays where it is until qmgr starts again.
        await run('postfix', 'reload')
        active.clear()
      }
      for (const { id, queue } of moving) {
        if (queue === 'deferred' && late) await requeue(id, run, report)
        else if (!attempted.has(id)) await run('postqueue', '-i', id).catch(() => '')
        attempted.add(id)
      }
    }
    await sleep(late || empty > 0 ? POLL_INTERVAL / 10 : POLL_INTERVAL)
  }
  if (held.length > 0) throw new PostfixError(heldText(held))
}

function waitingText(count: number): string {
  return `waiting for ${count} ${count === 1 ? 'message that was' : 'messages that were'} received for candy`
}

/**
 * Whether a message was active or incoming at every check for too long. `active` maps a queue ID to the time of the first such
 * check.
 */
function isStuck(active: Map<string, number>, mail: readonly QueueEntry[]): boolean {
  const now = new Set(mail.filter(({ queue }) => queue === 'active' || queue === 'incoming').map(({ id }) => id))
  for (const id of active.keys()) if (!now.has(id)) active.delete(id)
  for (const id of now) if (!active.has(id)) active.set(id, Date.now())
  return [...active.values()].some((since) => Date.now() - since > STUCK_AFTER)
}

/**
 * Requeues one message, by its queue ID and only from the deferred queue: "postsuper -r ALL" would release held mail too, and a
 * message that is being delivered at this moment would be delivered twice. The message stays in the list until Postfix has given
 * it a new queue ID.
 */
async function requeue(id: string, run: Commands, report: (what: string) => void): Promise<void> {
  report(`requeueing ${id}: candy did not take it in time, it goes on unfiltered`)
  await run('postsuper', '-r', id, 'deferred').catch(() => '')
  // Wake pickup(8) up: on its own it scans the maildrop directory only once a minute.
  await run('postkick', 'public', 'pickup', 'W').catch(() => '')
}

function movingText(moving: readonly QueueEntry[]): string {
  const ids = moving.map(({ id, queue }) => `${id} in ${queue}`).join(', ')
  return `new mail goes past candy, but messages from before are still being delivered through it (${ids}). Its services stay until then: run "candy disable" again later.`
}

function heldText(held: readonly QueueEntry[]): string {
  const ids = held.map(({ id }) => id).join(', ')
  return `new mail goes past candy, but held messages were received for it (${ids}). Its services stay until you decide: release them (postsuper -H ID) or delete them (postsuper -d ID), then run "candy disable" again.`
}
