/** What disabling would do to Postfix's files, computed from what was read, with nothing touched. */
import { applyEdits, findService, parse, removeService } from '@candy/master-cf'
import { accessName, publicDirectory } from './access.js'
import { detach, findAttachedOptions, nameAttachedServices, routesToCandy } from './attachment.js'
import type { PostfixFiles } from './enable-edits.js'
import { faultsOf, type Instance } from './instance.js'
import type { Journal } from './journal.js'
import { removeParameters } from './main-cf.js'
import { mainParameters } from './main-parameters.js'
import { isCandyEntry } from './own-entry.js'
import { withoutProof } from './proof-configuration.js'
import { SERVICE_NAMES } from './services.js'

export interface DisableEdits {
  readonly refusals: readonly string[]
  readonly before: PostfixFiles
  /** New mail goes past candy; its services still serve what is in the queue. */
  readonly detached: PostfixFiles
  readonly after: PostfixFiles
  readonly detaches: readonly string[]
  /** Directories that candy was let into. */
  readonly accessDirectories: readonly string[]
}

/** Finds candy's own lines by the journal, or, where that is lost, by name and look. */
export function editsToDisable(instance: Instance, journal: Journal | undefined): DisableEdits {
  const { masterText, mainText } = instance
  const before = { master: masterText, main: mainText }
  const refusals = faultsOf(instance)
  if (refusals.length > 0)
    return { refusals, before, detached: before, after: before, detaches: [], accessDirectories: [] }
  const proofless = withoutProof(before)
  const found = findAttachedOptions(proofless.master, instance)
  // Beside what is on record: an entry that somebody has copied since still must not name candy.
  const attached = journal === undefined ? found : [...journal.attached, ...found.filter(routesToCandy)]
  const detached = { master: detach(proofless.master, attached), main: proofless.main }
  const names =
    journal?.services ?? SERVICE_NAMES.filter((name) => isCandyEntry(findService(instance.master, key(name))))
  const parameters = journal?.parameters ?? mainParameters.map(({ name }) => name)
  const { master = true, main = true } = journal?.finalNewline ?? {}
  const last = names[0]
  let text = detached.master
  for (const name of names.toReversed()) {
    const finalNewline = master || name !== last
    text = applyEdits(text, removeService(parse(text), key(name), { finalNewline }))
  }
  const after = { master: text, main: removeParameters(proofless.main, parameters, main) }
  const access = accessName(instance.queueDirectory)
  const accessDirectories =
    journal === undefined || journal.made.includes(access) ? [publicDirectory(instance.queueDirectory)] : []
  return { refusals, before, detached, after, detaches: nameAttachedServices(masterText, attached), accessDirectories }
}

function key(service: string): { readonly service: string; readonly type: string } {
  return { service, type: 'unix' }
}
