/**
 * Plans what `candy enable` does to a host: the edits of Postfix's files and of candy.toml, the systemd units, and the account
 * and paths to create. Planning changes nothing; enabling.ts carries the plan out.
 *
 * instance.ts reads the instance, and journal.ts what an earlier command has done. enable-edits.ts computes the edits: services.ts and
 * main-parameters.ts say what candy needs, entrances.ts and entrance-choice.ts which services are filtered, attachment.ts sets their
 * options, and main-cf.ts and own-entry.ts edit the texts. systemd.ts has the units, and directories.ts the paths.
 */
import { dirname, join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { ACCOUNT, hasAccount } from '../os/accounts.js'
import { accessDirectory, accessName, accessProblem, publicDirectory } from './access.js'
import { diffOf, type FileVersions, readFileIfPresent } from './change.js'
import { type InstancePaths, listOwnedPaths, missing, type OwnedPath } from './directories.js'
import { type EnableEdits, editsToEnable } from './enable-edits.js'
import { PostfixError } from './error.js'
import { handoverInstallation } from './handover.js'
import { pipeSources, SHARE } from './installation.js'
import { filesOf, type Instance, readInstance } from './instance.js'
import { type Choice, type Journal, knownJournal } from './journal.js'
import { DEFAULT_MODE, type Mode, reinjectionSocket } from './mode.js'
import { examinePipeCommand, type PipeCommand, type PipeSources, pipeCommand } from './pipe-command.js'
import { runnerUnits } from './runner-start.js'

/** The settings of candy.toml that enabling depends on. */
export interface CandyToml {
  readonly path: string
  /** The text of the file, Latin-1. Null where there is no candy.toml. */
  readonly text: string | null
  /** The state directory. */
  readonly state: string
  /** The key pipe.reinject: where pipe mode hands mail back to Postfix. Undefined where the file does not set it. */
  readonly reinject: 'sendmail' | ServiceAddress | undefined
  /** The key with which the file names another socket for `candy serve` than this mode has, `smtp.listen`; undefined where none does. */
  listenKey(mode: Mode): { readonly key: string; readonly address: ServiceAddress } | undefined
  /** The text with this mode, and with this `pipe.reinject` if the file does not set it yet. */
  withMode(mode: Mode, reinject: string | undefined): string
  /** Warnings about keys of the file that have no effect, or an unexpected one, in this mode. */
  warnings(mode: Mode): readonly string[]
}

/** The options that the operator gave. An option that is absent stays as it was chosen before. */
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
  readonly command: PipeCommand
  /** Every edit of a file as a unified diff for the operator, Latin-1. */
  readonly diff: string
  /** The account and the paths that are missing, for the operator. */
  readonly missing: readonly string[]
  /** Warnings for the operator. */
  readonly warnings: readonly string[]
  /** Whether candy is enabled, and Postfix's files need no edit. */
  readonly postfixUnchanged: boolean
  /** Whether there is nothing to do. */
  readonly nothingToDo: boolean
}

/**
 * Throws PostfixError with the reasons and remedies when candy cannot be enabled, and CandyError with the code `CONFIG` when a
 * key in candy.toml prevents it.
 */
export async function planEnable(configDirectory: string, toml: CandyToml, options: EnableChoice): Promise<EnablePlan> {
  const instance = await readInstance(configDirectory)
  const paths = { configDirectory, state: toml.state, queueDirectory: instance.queueDirectory }
  const journal = knownJournal(paths)
  const choice = choose(options, journal?.choice)
  const { mode } = choice
  const reinject = toml.reinject ?? { path: join(instance.queueDirectory, reinjectionSocket('pipe')) }
  const named = Object.keys(options.services ?? {})
  const request = { ...choice, named, reinjectsByPickup: reinject === 'sendmail', candyPipe: pipeCommand(toml.state) }
  const edits = editsToEnable(instance, request, journal)
  if (edits.refusals.length > 0) throw new PostfixError(edits.refusals.join('\n'))
  const access = mode === 'pipe' ? accessFor(instance, reinject) : []
  if (mode !== 'pipe') assertStandardSockets(toml, mode)
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
  const sources = pipeSources()
  const command = examinePipeCommand(toml.state, sources)
  const lacking = [...account, ...missing(ownedPaths).map(describePath), ...command.stale.map(describeCommandFile)]
  return {
    instance,
    paths,
    journal,
    choice,
    edits,
    toml: tomlFile,
    units,
    ownedPaths,
    command,
    diff,
    missing: lacking,
    warnings: [...edits.warnings, ...toml.warnings(mode), ...(mode === 'pipe' ? missingHandover(sources) : [])],
    postfixUnchanged: journal !== undefined && postfixFiles.every(({ before, after }) => before === after),
    nothingToDo: journal !== undefined && diff === '' && lacking.length === 0,
  }
}

/** Completes the operator's options with what was chosen before, and that with the defaults. */
function choose({ mode, submission, pickup, services }: EnableChoice, before: Choice | undefined): Choice {
  return {
    mode: mode ?? before?.mode ?? DEFAULT_MODE,
    submission: submission ?? before?.submission ?? false,
    pickup: pickup ?? before?.pickup ?? true,
    services: { ...before?.services, ...services },
  }
}

/** Postfix will connect to the sockets in its queue directory, so `candy serve` must listen there and nowhere else. */
function assertStandardSockets(toml: CandyToml, mode: Mode): void {
  const found = toml.listenKey(mode)
  if (found === undefined) return
  const page = mode === 'milter' ? 'docs/milter.md' : 'docs/smtp.md'
  throw new CandyError(
    'CONFIG',
    `${toml.path} says ${found.key} = "${printAddress(found.address)}", and candy serve listens nowhere else: take the key out, or set Postfix up by hand (${page})`,
  )
}

/** No mail is lost without the program, so it is no reason to refuse. */
function missingHandover({ handover, candy }: PipeSources): readonly string[] {
  if (handover === undefined || handover.program !== undefined) return []
  const remedy = `type "${handoverInstallation(candy)}", then "candy enable" again`
  return [`${handover.package} is not installed, so Node.js is started for each message: ${remedy}`]
}

/** The value as it is written in candy.toml. */
function printReinject(reinject: 'sendmail' | ServiceAddress): string {
  return reinject === 'sendmail' ? reinject : printAddress(reinject)
}

/** The access entry that candy needs in pipe mode to hand mail back through a socket in Postfix's directory `public/`. */
function accessFor({ queueDirectory }: Instance, reinject: 'sendmail' | ServiceAddress): readonly OwnedPath[] {
  const directory = publicDirectory(queueDirectory)
  if (reinject === 'sendmail' || !('path' in reinject) || dirname(reinject.path) !== directory) return []
  const problem = accessProblem(directory)
  if (problem !== undefined) throw new PostfixError(problem)
  return [{ path: accessName(queueDirectory), owner: 'root', mode: 0 }]
}

/** The change to a unit file that exists already. A new one is listed among the missing paths instead. */
function unitVersions({ path, text = '' }: OwnedPath): readonly FileVersions[] {
  const before = readFileIfPresent(path)
  return before === null ? [] : [{ path, before, after: Buffer.from(text).toString('latin1') }]
}

function describePath({ path, owner, group, mode }: OwnedPath): string {
  const directory = accessDirectory(path)
  if (directory !== undefined) return `an entry for candy in the access control list of ${directory} (u:candy:--x)`
  return `${path} (${owner}:${group ?? owner}, ${mode.toString(8)})`
}

function describeCommandFile(path: string): string {
  return `${path}, which pipe(8) runs, as this version of candy has it`
}
