/**
 * Plans what `candy disable` does to a host: the edits of Postfix's files, stopping the runner, and with `purge` the removal of
 * candy's own files. Planning changes nothing; disabling.ts carries the plan out.
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

/** Which of candy's own files are removed too. */
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
  /** Every edit of a file as a unified diff for the operator, Latin-1. */
  readonly diff: string
  /** The runner's units, processes and sockets that are stopped or removed, for the operator. */
  readonly runner: readonly string[]
  /** Directories from whose access control list candy's entry is removed. */
  readonly access: readonly string[]
  readonly removals: readonly Removal[]
  /** Whether nothing of candy is left in Postfix's configuration, and no runner is left. */
  readonly disabled: boolean
  /** Whether there is nothing to do. */
  readonly nothingToDo: boolean
}

/** Throws PostfixError with the reasons and remedies when candy cannot be disabled. */
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
  return {
    instance,
    paths,
    edits,
    diff,
    runner,
    access,
    removals,
    disabled,
    nothingToDo: disabled && removals.length === 0,
  }
}
