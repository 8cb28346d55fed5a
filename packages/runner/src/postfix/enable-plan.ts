/**
 * All that enabling would do to a host: the edits of Postfix's files and of candy.toml, the units of systemd, the account and the
 * paths that are missing. Computed from what is there; nothing is changed yet (enabling.ts).
 */
import { dirname, join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { ACCOUNT, hasAccount } from '../os/accounts.js'
import { accessDirectory, accessFault, accessName, publicDirectory } from './access.js'
import { diffOf, type FileVersions, readFileIfPresent } from './change.js'
import { type InstancePaths, listOwnedPaths, missing, type OwnedPath } from './directories.js'
import { type EnableEdits, editsToEnable } from './enable-edits.js'
import { PostfixError } from './error.js'
import { CANDY_PIPE, SHARE } from './installation.js'
import { filesOf, type Instance, readInstance } from './instance.js'
import { type Choice, type Journal, knownJournal } from './journal.js'
import { DEFAULT_MODE, type Mode, reinjectionSocket } from './mode.js'
import { runnerUnits } from './runner-start.js'

/** What candy.toml says, as far as enabling depends on it. PostfixFiles are Latin-1. */
export interface CandyToml {
  readonly path: string
  /** Null where there is no candy.toml. */
  readonly text: string | null
  /** The state directory. */
  readonly state: string
  /** Where pipe mode hands mail back; undefined where the file does not say. */
  readonly reinject: 'sendmail' | ServiceAddress | undefined
  /** Where `candy serve` listens; undefined where the file does not say. */
  readonly listen: ServiceAddress | undefined
  /** The text with this mode, and with this `pipe.reinject` where the file says nothing of it. */
  withMode(mode: Mode, reinject: string | undefined): string
  /** What the operator should know of the keys that the file has, in this mode. */
  warnings(mode: Mode): readonly string[]
}

/** What the operator has said. What was chosen before holds where nothing is said. */
export type EnableChoice = { readonly [K in keyof Choice]?: Choice[K] | undefined }

export interface EnablePlan {
  readonly instance: Instance
  readonly paths: InstancePaths
  readonly journal: Journal | undefined
  readonly choice: Choice
  readonly edits: EnableEdits
  readonly toml: FileVersions
  /** The units of `candy serve`; empty where the mode needs none, and without systemd. */
  readonly units: readonly OwnedPath[]
  readonly ownedPaths: readonly OwnedPath[]
  /** For people: every edit of a file, as a unified diff, Latin-1. */
  readonly diff: string
  /** For people: the account and the paths that are missing. */
  readonly missing: readonly string[]
  /** For people. */
  readonly warnings: readonly string[]
  /** Whether mail comes to candy already as it would then: Postfix's files stay as they are. */
  readonly attached: boolean
  /** Whether there is nothing to do. */
  readonly done: boolean
}

/** Throws PostfixError with the reasons and remedies where it cannot be done, and `CONFIG` where candy.toml stands in the way. */
export async function planEnable(configDirectory: string, toml: CandyToml, said: EnableChoice): Promise<EnablePlan> {
  const instance = await readInstance(configDirectory)
  const paths = { configDirectory, state: toml.state, queueDirectory: instance.queueDirectory }
  const journal = knownJournal(paths)
  const choice = choose(said, journal?.choice)
  const { mode } = choice
  const reinject = toml.reinject ?? { path: join(instance.queueDirectory, reinjectionSocket('pipe')) }
  const named = Object.keys(said.services ?? {})
  const request = { ...choice, named, reinjectsByPickup: reinject === 'sendmail', candyPipe: CANDY_PIPE }
  const edits = editsToEnable(instance, request, journal)
  if (edits.refusals.length > 0) throw new PostfixError(edits.refusals.join('\n'))
  const access = mode === 'pipe' ? accessFor(instance, reinject) : []
  if (mode !== 'pipe') assertStandardSockets(toml)
  const units = await runnerUnits(instance, mode, toml.state)
  const ownedPaths = [...(await listOwnedPaths(instance, toml.state, SHARE)), ...access, ...units]
  const newToml = toml.withMode(mode, mode === 'pipe' ? printReinject(reinject) : undefined)
  const { master, main } = filesOf(instance)
  const postfixFiles = [
    { path: master, before: edits.before.master, after: edits.after.master },
    { path: main, before: edits.before.main, after: edits.after.main },
  ]
  const tomlFile = { path: toml.path, before: toml.text, after: newToml }
  const diff = [...postfixFiles, tomlFile, ...units.flatMap(unitVersions)].map(diffOf).join('')
  const account = (await hasAccount(ACCOUNT)) ? [] : ['the account candy']
  const lacking = [...account, ...missing(ownedPaths).map(describePath)]
  return {
    instance,
    paths,
    journal,
    choice,
    edits,
    toml: tomlFile,
    units,
    ownedPaths,
    diff,
    missing: lacking,
    warnings: [...edits.warnings, ...toml.warnings(mode)],
    attached: journal !== undefined && postfixFiles.every(({ before, after }) => before === after),
    done: journal !== undefined && diff === '' && lacking.length === 0,
  }
}

function choose({ mode, submission, pickup, services }: EnableChoice, before: Choice | undefined): Choice {
  return {
    mode: mode ?? before?.mode ?? DEFAULT_MODE,
    submission: submission ?? before?.submission ?? false,
    pickup: pickup ?? before?.pickup ?? true,
    services: { ...before?.services, ...services },
  }
}

/** Postfix is told of the sockets in its queue directory: `candy serve` must listen there. */
function assertStandardSockets({ path, listen }: CandyToml): void {
  if (listen === undefined) return
  throw new CandyError(
    'CONFIG',
    `${path} says smtp.listen = "${printAddress(listen)}", and candy serve listens nowhere else: take the key out, or set Postfix up by hand (docs/smtp.md)`,
  )
}

/** As candy.toml has it. */
function printReinject(reinject: 'sendmail' | ServiceAddress): string {
  return reinject === 'sendmail' ? reinject : printAddress(reinject)
}

/** The access that pipe mode needs in order to hand mail back through Postfix's directory of public sockets. */
function accessFor({ queueDirectory }: Instance, reinject: 'sendmail' | ServiceAddress): readonly OwnedPath[] {
  const directory = publicDirectory(queueDirectory)
  if (reinject === 'sendmail' || !('path' in reinject) || dirname(reinject.path) !== directory) return []
  const fault = accessFault(directory)
  if (fault !== undefined) throw new PostfixError(fault)
  return [{ path: accessName(queueDirectory), owner: 'root', mode: 0 }]
}

/** A unit that is there already; a new one is among the missing paths. */
function unitVersions({ path, text = '' }: OwnedPath): readonly FileVersions[] {
  const before = readFileIfPresent(path)
  return before === null ? [] : [{ path, before, after: Buffer.from(text).toString('latin1') }]
}

function describePath({ path, owner, group, mode }: OwnedPath): string {
  const directory = accessDirectory(path)
  if (directory !== undefined) return `an entry for candy in the access control list of ${directory} (u:candy:--x)`
  return `${path} (${owner}:${group ?? owner}, ${mode.toString(8)})`
}
