/** Computes how `candy disable` edits main.cf and master.cf. It works on the texts that were read and writes nothing. */
import { applyEdits, findService, parse, removeService } from '@candy/master-cf'
import { accessName, publicDirectory } from './access.js'
import { detach, findAttachedOptions, nameAttachedServices, routesToCandy } from './attachment.js'
import type { PostfixFiles } from './enable-edits.js'
import { type Instance, masterCfProblems } from './instance.js'
import type { Journal } from './journal.js'
import { removeParameters } from './main-cf.js'
import { mainParameters } from './main-parameters.js'
import { MILTER, withoutMilter } from './milter-list.js'
import { isCandyEntry } from './own-entry.js'
import { withoutProof } from './proof-configuration.js'
import { SERVICE_NAMES } from './services.js'

export interface DisableEdits {
  /** Why candy cannot be disabled, each with what to do about it. */
  readonly refusals: readonly string[]
  readonly before: PostfixFiles
  /** The files once new mail bypasses candy, while candy's services still exist for the mail in the queue. */
  readonly detached: PostfixFiles
  readonly after: PostfixFiles
  /** The receiving services whose mail candy will not filter any more, for the operator. */
  readonly entrances: readonly string[]
  /** Directories whose access control list may have an entry for candy. */
  readonly accessDirectories: readonly string[]
}

/** Finds candy's own lines from the journal, or, where that is lost, by their names and values. */
export function editsToDisable(instance: Instance, journal: Journal | undefined): DisableEdits {
  const { masterText, mainText } = instance
  const before = { master: masterText, main: mainText }
  const refusals = masterCfProblems(instance)
  if (refusals.length > 0)
    return { refusals, before, detached: before, after: before, entrances: [], accessDirectories: [] }
  const proofless = withoutProof(before)
  const found = findAttachedOptions(proofless.master, instance)
  // Besides the options in the journal, detach those in entries that somebody has copied since: no entry may still name candy.
  const attached = journal === undefined ? found : [...journal.attached, ...found.filter(routesToCandy)]
  const detached = { master: detach(proofless.master, attached), main: proofless.main }
  const names =
    journal?.services ?? SERVICE_NAMES.filter((name) => isCandyEntry(findService(instance.master, key(name))))
  const parameters = journal?.parameters ?? [...mainParameters.map(({ name }) => name), MILTER]
  const { master = true, main = true } = journal?.finalNewline ?? {}
  const last = names[0]
  let text = detached.master
  for (const name of names.toReversed()) {
    const finalNewline = master || name !== last
    text = applyEdits(text, removeService(parse(text), key(name), { finalNewline }))
  }
  const after = { master: text, main: removeParameters(withoutMilter(proofless.main), parameters, main) }
  const access = accessName(instance.queueDirectory)
  const accessDirectories =
    journal === undefined || journal.created.includes(access) ? [publicDirectory(instance.queueDirectory)] : []
  return { refusals, before, detached, after, entrances: nameAttachedServices(masterText, attached), accessDirectories }
}

function key(service: string): { readonly service: string; readonly type: string } {
  return { service, type: 'unix' }
}
