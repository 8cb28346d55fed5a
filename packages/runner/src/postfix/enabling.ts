/**
 * Carries out the plan of `candy enable`: adds candy's services, reloads Postfix, sends a test message through candy, and only
 * then sends new mail to candy. When a step fails, or the process is killed, everything is put back byte for byte as it was, by
 * this process or by the next command (recovery.ts).
 *
 * directories.ts creates the account and the paths, runner-start.ts starts `candy serve`, change.ts replaces the files, and proof.ts
 * sends the test message.
 */
import { lstatSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '../os/error-text.js'
import { asSystemError } from '../os/system-error.js'
import { Changes, replaceFile } from './change.js'
import { type Commands, commandsOf } from './commands.js'
import { createMissing, missing } from './directories.js'
import type { EnablePlan } from './enable-plan.js'
import { PostfixError } from './error.js'
import { filesOf, type Instance } from './instance.js'
import { type FileChange, type PendingChange, removePending, writeJournal, writePending } from './journal.js'
import type { PipeCommand } from './pipe-command.js'
import { type Process, receivers, running } from './processes.js'
import { prove } from './proof.js'
import { withProof } from './proof-configuration.js'
import { rollBack } from './recovery.js'
import { type RunnerStart, startRunner } from './runner-start.js'

/** Milliseconds that processes without a client may take to end after a reload. */
const RELOAD_TIME = 5_000

/**
 * Carries the plan out, unless `progress.signal` aborts it. Throws PostfixError with the reason when candy could not be enabled;
 * everything is then as it was before, unless the text says otherwise.
 */
export async function enable(plan: EnablePlan, progress: RunnerStart): Promise<void> {
  if (plan.postfixUnchanged) return renew(plan, progress)
  const { instance, edits, journal, paths, ownedPaths, command, toml } = plan
  const { report, signal } = progress
  const run = commandsOf(instance.configDirectory)
  await assertRunning(instance, run)
  const proving = withProof(edits.withServices, instance, plan.choice)
  const { main, master } = filesOf(paths)
  const texts = [
    { path: toml.path, before: toml.before, written: [toml.after] },
    { path: main, before: edits.before.main, written: [proving.main, edits.after.main] },
    { path: master, before: edits.before.master, written: [proving.master, edits.after.master] },
  ]
  const changes = new Changes()
  const created: string[] = []
  const before = journal ?? null
  const pending = (files: readonly FileChange[], names: readonly string[]): PendingChange => {
    const after = { ...edits.record, created: [...new Set([...(journal?.created ?? []), ...names])] }
    return { version: 3, files, created: names, before, after }
  }
  let restoreRunner = async (): Promise<void> => {}
  let oldReceivers: readonly Process[] = []
  try {
    report('creating the account and the directories')
    // The state directory comes first, since the record of this change is kept there. The record names everything else before it
    // is created, so that a later command knows what a crash has left.
    await createMissing(
      ownedPaths.filter(({ path }) => paths.state.startsWith(path)),
      (name) => created.push(name),
    )
    const rest = [...missing(ownedPaths).map(({ path }) => path), ...missingFiles(command)]
    writePending(paths, pending(texts, [...created, ...rest]))
    // candy.toml names the state directory: from here on every command finds the record that is kept there.
    changes.write({ path: toml.path, from: toml.before, to: toml.after })
    await createMissing(ownedPaths, (name) => created.push(name))
    created.push(...missingFiles(command))
    command.renew()
    restoreRunner = await startRunner({ instance, mode: plan.choice.mode, units: plan.units }, progress)
    signal.throwIfAborted()
    report('adding the services, and sending a test message through candy')
    changes.write({ path: main, from: edits.before.main, to: proving.main })
    changes.write({ path: master, from: edits.before.master, to: proving.master })
    await reload(run)
    await prove(instance, run)
    signal.throwIfAborted()
    report('giving new mail to candy')
    oldReceivers = receivers(instance.queueDirectory)
    // The journal is written first: once mail goes to candy, candy's services are needed, whatever fails from here on.
    writeJournal(paths, pending(texts, created).after)
    changes.write({ path: main, from: proving.main, to: edits.after.main })
    changes.write({ path: master, from: proving.master, to: edits.after.master })
    await reload(run)
  } catch (error) {
    const attempted = texts.map((file) => ({ ...file, written: changes.written(file.path) }))
    const outcome = await rollBack(paths, pending(attempted, created), run).then(
      describeRollBack,
      describeFailedRollBack,
    )
    await restoreRunner().catch(() => {})
    throw new PostfixError(`candy was not enabled: ${signal.aborted ? 'it was stopped' : reasonOf(error)}\n${outcome}`)
  }
  removePending(paths)
  if (journal === undefined) await reportUnfilteredSessions(oldReceivers, report)
}

/** Creates missing paths, and updates the units and candy.toml, when Postfix's files need no edit. */
async function renew(plan: EnablePlan, progress: RunnerStart): Promise<void> {
  const { instance, choice, ownedPaths, command, units, toml } = plan
  await createMissing(ownedPaths, () => {})
  command.renew()
  if (units.length > 0) await startRunner({ instance, mode: choice.mode, units }, progress)
  if (toml.before !== toml.after) replaceFile({ path: toml.path, from: toml.before, to: toml.after })
}

/** The files of the command that do not exist yet. */
function missingFiles({ stale }: PipeCommand): readonly string[] {
  return stale.filter((path) => lstatSync(path, { throwIfNoEntry: false }) === undefined)
}

/**
 * Reports the sessions that were open before the reload: their mail is not filtered until the client ends them. Processes without
 * a client end soon after a reload, so those are waited for.
 */
async function reportUnfilteredSessions(
  oldReceivers: readonly Process[],
  report: (what: string) => void,
): Promise<void> {
  for (const end = Date.now() + RELOAD_TIME; running(oldReceivers).length > 0 && Date.now() < end; ) await sleep(100)
  const left = running(oldReceivers)
  if (left.length === 0) return
  const names = left.map(({ name, pid }) => `${name} ${pid}`).join(', ')
  report(
    `${left.length} sessions from before are still open (${names}); until they end, what they bring is NOT filtered`,
  )
}

/**
 * Has Postfix read its configuration files. postconf(1) fails at a line of which master(8) would die. `postfix check` does not look for
 * one, but at every file in the queue.
 */
export async function reload(run: Commands): Promise<void> {
  await run('postconf', '-M')
  await run('postfix', 'reload')
}

export async function assertRunning({ configDirectory }: Instance, run: Commands): Promise<void> {
  await run('postfix', 'status').catch(() => {
    throw new PostfixError(`Postfix is not running: start it (postfix -c ${configDirectory} start), then try again`)
  })
}

/** What to tell the operator when everything was put back. `edited` are the files that another program has edited meanwhile. */
function describeRollBack(edited: readonly string[]): string {
  if (edited.length === 0) return 'Everything is as it was before.'
  return `Everything of candy's is taken back; what somebody else has edited meanwhile stays (${edited.join(', ')}).`
}

/** What to tell the operator when putting everything back failed. `pending.json` stays, so that the next command can do it. */
function describeFailedRollBack(error: unknown): string {
  return `What was begun cannot be taken back now: ${reasonOf(error)}. Then run "candy disable", or "candy enable" again: both take it back first.`
}

function reasonOf(error: unknown): string {
  return asSystemError(error)?.text ?? errorText(error)
}
