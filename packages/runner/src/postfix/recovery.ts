/**
 * Cleans up after a change that was not completed: it failed, or its process was killed, perhaps days ago. If no new mail goes to
 * candy yet, the change is undone: byte for byte in files that are as candy wrote them, and line by line in files that another
 * program has edited since, whose edits stay. If new mail goes to candy already, messages may be on their way through candy, so
 * its services must stay: the change is completed instead.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  applyEdits,
  findService,
  type MasterCf,
  parse,
  removeService,
  type ServiceKey,
  takeLock,
} from '@candy/master-cf'
import { unlinkIfThere } from '../os/unlink.js'
import { type AttachedOption, routesToCandy } from './attachment.js'
import { readFileIfPresent, replaceFile } from './change.js'
import { type Commands, commandsOf } from './commands.js'
import { emptyDirectory, type InstancePaths, removeCreated } from './directories.js'
import type { PostfixFiles } from './enable-edits.js'
import { optionOf } from './entrances.js'
import { PostfixError } from './error.js'
import { filesOf, readInstance } from './instance.js'
import {
  clearRecordDrafts,
  DAMAGED,
  type FileChange,
  type PendingChange,
  type RecordLocation,
  readJournal,
  readPending,
  removeJournal,
  removePending,
  writeJournal,
} from './journal.js'
import { parametersIn, removeParameters } from './main-cf.js'
import { MILTER, MILTER_LISTS, withoutMilter } from './milter-list.js'
import { deleteProofMessages } from './proof.js'
import { hasProof, SOCKET, withoutProof } from './proof-configuration.js'
import { draftOf, removeRootFile } from './root-file.js'

/**
 * Undoes or completes a change that an earlier command has left. Call it only while this process holds the lock, so that the
 * earlier command cannot be running any more. Returns what was found and done, for the operator; empty when there was nothing to
 * do. Throws PostfixError when Postfix's files cannot be edited.
 */
export async function recover(records: RecordLocation): Promise<readonly string[]> {
  const run = commandsOf(records.configDirectory)
  clearRecordDrafts(records)
  const pending = readPending(records)
  const results: string[] = []
  if (pending !== undefined) {
    const { queueDirectory } = await readInstance(records.configDirectory)
    const paths = { ...records, queueDirectory }
    results.push(
      await (pending === DAMAGED ? recoverWithoutRecord(paths, run) : recoverFromRecord(paths, pending, run)),
    )
  }
  if (readJournal(records) === DAMAGED) {
    removeJournal(records)
    results.push(
      'what was on record about candy is damaged (was the disk full?); its lines are found by name and look instead',
    )
  }
  return results
}

/** Undoes or completes the change that the record describes. */
async function recoverFromRecord(paths: InstancePaths, pending: PendingChange, run: Commands): Promise<string> {
  assertOwnFiles(paths, pending)
  clearDrafts(paths)
  const edited = 'what another program has edited meanwhile stays'
  if (!isInForce(paths, pending)) {
    const changed = await rollBack(paths, pending, run)
    return `an earlier command was cut short: what it had begun is undone${changed.length > 0 ? `; ${edited} (${changed.join(', ')})` : ''}`
  }
  writePostfixFiles(paths, withoutProof(readPostfixFiles(paths)))
  writeJournal(paths, pending.after)
  await run('postfix', 'reload').catch(() => '')
  await deleteProofMessages(run).catch(() => '')
  removePending(paths)
  return 'an earlier command was cut short after its test had succeeded: it is brought to its end, and mail is filtered'
}

/** Removes the test configuration by name. The damaged record only shows that a command did not complete its change. */
async function recoverWithoutRecord(paths: InstancePaths, run: Commands): Promise<string> {
  clearDrafts(paths)
  writePostfixFiles(paths, withoutProof(readPostfixFiles(paths)))
  await run('postfix', 'reload').catch(() => '')
  await deleteProofMessages(run).catch(() => '')
  removePending(paths)
  return 'an earlier command was cut short, and what it had noted is damaged (was the disk full?): the lines of its test are taken out by name'
}

/** Undoes the change. Returns the paths of files that another program has edited meanwhile; those edits stay. */
export async function rollBack(
  paths: InstancePaths,
  pending: PendingChange,
  run: Commands,
): Promise<readonly string[]> {
  const { main, master } = filesOf(paths)
  // In the reverse order: candy.toml names the state directory with this record, so it is put back last.
  const changed = pending.files.toReversed().filter((file) => !putBack(file))
  const edited = changed.map(({ path }) => path).toReversed()
  const texts = readPostfixFiles(paths)
  const proofless = withoutProof(texts)
  const changeOf = (path: string): FileChange | undefined => pending.files.find((file) => file.path === path)
  writePostfixFiles(paths, {
    master: edited.includes(master) ? masterWithout(proofless.master, changeOf(master)) : texts.master,
    main: edited.includes(main) ? mainWithout(proofless.main, changeOf(main)) : texts.main,
  })
  await run('postfix', 'reload').catch(() => '')
  await deleteProofMessages(run).catch(() => '')
  if (pending.before === null) removeJournal(paths)
  else writeJournal(paths, pending.before)
  removePending(paths)
  unlinkIfThere(join(paths.queueDirectory, SOCKET))
  // There was no history before, so the test message is all that can be in it.
  const history = join(paths.state, 'history')
  if (pending.created.includes(history) && existsSync(history)) await emptyDirectory(history).catch(() => {})
  await removeCreated(pending.created, paths)
  return edited
}

/** Puts a file back as it was before. Returns false, and does nothing, when another program has edited it. */
function putBack({ path, before, written }: FileChange): boolean {
  const present = readFileIfPresent(path)
  if (present === before) return true
  if (present === null || !written.includes(present)) return false
  if (before === null) removeRootFile(path)
  else replaceFile({ path, from: present, to: before })
  return true
}

/**
 * Whether new mail already goes where the change sends it: the test is over, and at least one option that the change adds or
 * removes on a receiving service is as the change leaves it. Options that are the same before and after the change prove nothing.
 */
function isInForce(paths: InstancePaths, { files, before, after }: PendingChange): boolean {
  const { master } = filesOf(paths)
  const present = readPostfixFiles(paths).master
  const change = files.find(({ path }) => path === master)
  if (hasProof(present) || change === undefined) return false
  const [old, now, end] = [change.before ?? '', present, change.written.at(-1) ?? ''].map((text) => parse(text))
  const isOn = (file: MasterCf | undefined, one: AttachedOption): boolean => {
    const entry = file && findService(file, one)
    return entry !== undefined && optionOf(entry, one.name) === one.value
  }
  return [...(before?.attached ?? []), ...after.attached]
    .filter((one) => routesToCandy(one) && isOn(old, one) !== isOn(end, one))
    .some((one) => isOn(now, one) === isOn(end, one))
}

/** Removes the services that the change has added. */
function masterWithout(text: string, change: FileChange | undefined): string {
  const before = parse(change?.before ?? '')
  const added = (change?.written ?? [])
    .flatMap((written) => parse(written).entries)
    .filter((entry) => findService(before, entry) === undefined)
  const keys = new Map(
    added.map(({ service, type }): [string, ServiceKey] => [`${service} ${type}`, { service, type }]),
  )
  let now = text
  for (const [index, key] of [...keys.values()].toReversed().entries()) {
    const finalNewline = index < keys.size - 1 || endsLine(before.text)
    now = applyEdits(now, removeService(parse(now), key, { finalNewline }))
  }
  return now
}

/** Parameters to which candy only adds a word. Somebody may have added others since. */
const LISTS: readonly string[] = ['transport_maps', ...MILTER_LISTS]

/** Removes the parameters that the change has added, and candy's word from lists. */
function mainWithout(text: string, change: FileChange | undefined): string {
  const before = change?.before ?? ''
  const present = parametersIn(before)
  const added = (change?.written ?? []).flatMap(parametersIn).filter((name) => !present.includes(name))
  const withoutWords = present.includes(MILTER) ? text : withoutMilter(text)
  return removeParameters(
    withoutWords,
    added.filter((name) => !LISTS.includes(name)),
    endsLine(before),
  )
}

function readPostfixFiles(paths: InstancePaths): PostfixFiles {
  const { main, master } = filesOf(paths)
  return { main: readFileIfPresent(main) ?? '', master: readFileIfPresent(master) ?? '' }
}

/** Writes the texts that differ from those on disk. Throws PostfixError when a file was changed meanwhile. */
function writePostfixFiles(paths: InstancePaths, texts: PostfixFiles): void {
  const files = filesOf(paths)
  const present = readPostfixFiles(paths)
  for (const name of ['main', 'master'] as const) {
    if (present[name] !== texts[name]) replaceFile({ path: files[name], from: present[name], to: texts[name] })
  }
}

/**
 * Throws PostfixError when the record names a file that is not this instance's. Only root can write the record, so the files must
 * have been moved; recovery never writes any other file.
 */
function assertOwnFiles(paths: InstancePaths, { files }: PendingChange): void {
  const own = Object.values(filesOf(paths))
  const strange = files.filter(({ path }) => !own.includes(path))
  if (strange.length === 0) return
  const names = strange.map(({ path }) => path).join(', ')
  throw new PostfixError(
    `${join(paths.state, 'pending.json')} names ${names}, which is no file of ${paths.configDirectory}: nothing was done. Put these files right by hand, then remove it.`,
  )
}

/** Removes the draft files that a killed command has left. */
function clearDrafts(paths: InstancePaths): void {
  for (const path of Object.values(filesOf(paths))) takeLock(draftOf(path), DRAFT_WAIT).release(false)
}

/** Milliseconds to wait while another program, for example postconf(1), writes one of these files. */
const DRAFT_WAIT = 5_000

function endsLine(text: string): boolean {
  return text === '' || text.endsWith('\n')
}
