/**
 * Carrying a plan out: services, reload, proof, and only then new mail. Whatever fails, or whoever kills it, what was there
 * before is put back byte for byte, by this process or by the next.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { putBack, take } from './change.js'
import { type Commands, commandsOf } from './commands.js'
import { make, missing, type Place, unmake } from './directories.js'
import { PostfixError } from './error.js'
import type { Instance } from './instance.js'
import {
  type FileChange,
  type Journal,
  type Pending,
  readPending,
  removePending,
  writeJournal,
  writePending,
} from './journal.js'
import type { EnablePlan } from './plan.js'
import { type Process, receivers, running } from './processes.js'
import { forgetProof, prove, provingTexts } from './proof.js'

export interface Enabling {
  readonly instance: Instance
  readonly plan: EnablePlan
  readonly journal: Journal | undefined
  readonly state: string
  readonly places: readonly Place[]
  /** candy.toml as it is, null where it is missing, and as it has to be. Latin-1. */
  readonly settings: { readonly path: string; readonly before: string | null; readonly after: string }
  /** Says what is being done, for people. */
  readonly report: (what: string) => void
  /** Ends it early: then everything is put back. */
  readonly signal: AbortSignal
  /** Sees to it that the runner answers, in SMTP mode. Throws when it does not; what it gives takes that back. */
  readonly startRunner: () => Promise<() => Promise<void>>
}

/** Milliseconds that processes without a client may take to end after a reload. */
const SETTLING = 5_000

/** Throws PostfixError with the reason when it could not be done; then all is as it was. */
export async function enable(enabling: Enabling): Promise<void> {
  const { instance, plan, journal, state, places, settings, report, signal } = enabling
  const run = commandsOf(instance.configDirectory)
  await assertRunning(instance, run)
  const proving = provingTexts(plan.served, instance, plan.record.choice)
  const paths = pathsOf(instance)
  const files: readonly FileChange[] = [
    { path: settings.path, before: settings.before, written: [settings.after] },
    { path: paths.main, before: plan.before.main, written: [proving.main, plan.after.main] },
    { path: paths.master, before: plan.before.master, written: [proving.master, plan.after.master] },
  ]
  const made: string[] = []
  let restoreRunner = async (): Promise<void> => {}
  try {
    report('making the account and the directories')
    // Told before it is there: what a crash leaves has to be known too.
    await make(
      places.filter(({ path }) => state.startsWith(path)),
      (name) => made.push(name),
    )
    const rest = missing(places).map(({ path }) => path)
    writePending(state, { version: 1, files, made: [...made, ...rest] })
    await make(places, (name) => made.push(name))
    if (settings.before !== settings.after) take({ path: settings.path, from: settings.before, to: settings.after })
    restoreRunner = await enabling.startRunner()
    signal.throwIfAborted()
    report('adding the services, and sending a test message through candy')
    take({ path: paths.main, from: plan.before.main, to: proving.main })
    take({ path: paths.master, from: plan.before.master, to: proving.master })
    await reload(run)
    await prove(instance, run)
    signal.throwIfAborted()
    report('giving new mail to candy')
    const old = receivers(instance.queueDirectory)
    take({ path: paths.main, from: proving.main, to: plan.after.main })
    take({ path: paths.master, from: proving.master, to: plan.after.master })
    await reload(run)
    writeJournal(state, { ...plan.record, made: [...new Set([...(journal?.made ?? []), ...made])] })
    removePending(state)
    if (journal === undefined) await tellUnfiltered(old, report)
  } catch (error) {
    const reason = signal.aborted ? 'it was stopped' : (error as Error).message
    const left = await undo({ version: 1, files, made }, run, () => removePending(state))
    await restoreRunner().catch(() => {})
    throw new PostfixError(`candy was not enabled: ${reason}\n${aftermath(left)}`)
  }
}

/** A session that was open before goes on as it was until its client ends it; processes without a client end at once. */
async function tellUnfiltered(old: readonly Process[], report: (what: string) => void): Promise<void> {
  for (const end = Date.now() + SETTLING; running(old).length > 0 && Date.now() < end; ) await sleep(100)
  const left = running(old)
  if (left.length === 0) return
  const names = left.map(({ name, pid }) => `${name} ${pid}`).join(', ')
  report(
    `${left.length} sessions from before are still open (${names}); until they end, what they bring is NOT filtered`,
  )
}

/** Puts back what an earlier command left half done. Returns whether there was such a thing. */
export async function recover(configDirectory: string, state: string): Promise<boolean> {
  const pending = readPending(state)
  if (pending === undefined) return false
  const left = await undo(pending, commandsOf(configDirectory), () => removePending(state))
  if (left.length > 0) throw new PostfixError(aftermath(left))
  return true
}

/** Checks what is on disk and makes Postfix read it. */
export async function reload(run: Commands): Promise<void> {
  await run('postfix', 'check')
  await run('postfix', 'reload')
}

export function pathsOf({ configDirectory }: Instance): { readonly main: string; readonly master: string } {
  return { main: join(configDirectory, 'main.cf'), master: join(configDirectory, 'master.cf') }
}

export async function assertRunning({ configDirectory }: Instance, run: Commands): Promise<void> {
  await run('postfix', 'status').catch(() => {
    throw new PostfixError(`Postfix is not running: start it (postfix -c ${configDirectory} start), then try again`)
  })
}

async function undo({ files, made }: Pending, run: Commands, done: () => void): Promise<readonly string[]> {
  const left = putBack(files)
  await run('postfix', 'reload').catch(() => '')
  await forgetProof(run).catch(() => '')
  if (left.length === 0) {
    done()
    await unmake(made)
  }
  return left
}

function aftermath(left: readonly string[]): string {
  if (left.length === 0) return 'Everything is as it was before.'
  return `Put back is all but ${left.join(' and ')}: edited by somebody else meanwhile. Take the lines with "candy" out by hand, then "postfix reload".`
}
