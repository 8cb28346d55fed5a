/**
 * All that disabling would do to a host: the edits of Postfix's files, the end of the runner, and with `purge` what is removed of
 * what candy has kept. Computed from what is there; nothing is changed yet (disabling.ts).
 */
import { hasEntry } from './access.js'
import { diffOf } from './change.js'
import type { InstancePaths } from './directories.js'
import { type DisableEdits, editsToDisable } from './disable-edits.js'
import { PostfixError } from './error.js'
import { SHARE } from './installation.js'
import { filesOf, type Instance, readInstance } from './instance.js'
import { knownJournal, type RecordLocation } from './journal.js'
import { planPurge, type Removal } from './purge.js'
import { describeRunner } from './runner-stop.js'

/** What is removed beside what candy has done to Postfix. */
export interface PurgeChoice {
  /** candy.toml, spool, packages, and the quarantine where it is empty. */
  readonly purge: boolean
  /** The quarantine with all that is in it. */
  readonly quarantine: boolean
}

export interface DisablePlan {
  readonly instance: Instance
  readonly paths: InstancePaths
  readonly edits: DisableEdits
  /** For people: every edit of a file, as a unified diff, Latin-1. */
  readonly diff: string
  /** For people: the units, processes and sockets of the runner that go. */
  readonly runner: readonly string[]
  /** Directories whose access control list has an entry for candy, which goes. */
  readonly access: readonly string[]
  readonly removals: readonly Removal[]
  /** Whether Postfix and the runner know nothing of candy. */
  readonly disabled: boolean
  /** Whether there is nothing to do. */
  readonly done: boolean
}

/** Throws PostfixError with the reasons and remedies where it cannot be done. */
export async function planDisable(records: RecordLocation, { purge, quarantine }: PurgeChoice): Promise<DisablePlan> {
  const instance = await readInstance(records.configDirectory)
  const paths = { ...records, queueDirectory: instance.queueDirectory }
  const journal = knownJournal(records)
  const edits = editsToDisable(instance, journal)
  if (edits.refusals.length > 0) throw new PostfixError(edits.refusals.join('\n'))
  const removals = purge ? planPurge(paths, { share: SHARE, journal, quarantine }) : []
  const { master, main } = filesOf(paths)
  const diff = [
    { path: master, before: edits.before.master, after: edits.after.master },
    { path: main, before: edits.before.main, after: edits.after.main },
  ]
    .map(diffOf)
    .join('')
  const runner = await describeRunner(paths)
  const access = edits.accessDirectories.filter(hasEntry)
  const disabled = journal === undefined && diff === '' && runner.length === 0 && access.length === 0
  return { instance, paths, edits, diff, runner, access, removals, disabled, done: disabled && removals.length === 0 }
}
