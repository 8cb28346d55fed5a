/**
 * What `candy enable` changes beside a private Postfix that does not run yet, made by the runner's own functions: the services,
 * parameters and directories under test are those that a site gets. The command itself, which has Postfix reload and a message
 * prove the way, is tested in test/enable; for each test bed it would take too long.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addService, applyEdits, findService, parse, removeService, type Service } from '@candy/master-cf'
import { accessName } from '../../packages/runner/src/postfix/access.js'
import { createMissing, listOwnedPaths, type OwnedPath } from '../../packages/runner/src/postfix/directories.js'
import { type EnableEdits, editsToEnable } from '../../packages/runner/src/postfix/enable-edits.js'
import { type Instance, readInstance } from '../../packages/runner/src/postfix/instance.js'
import { MODE_NAMES, type Mode } from '../../packages/runner/src/postfix/mode.js'
import { examinePipeCommand, pipeCommand } from '../../packages/runner/src/postfix/pipe-command.js'
import type { Installation } from './installation.js'

export { MODE_NAMES, type Mode }

interface EditOptions {
  readonly mode: Mode
  /** In mode `pipe`: what brings mail back. */
  readonly reinject?: 'sendmail' | 'candy-in'
  /** The path of the command that pipe(8) runs. */
  readonly candyPipe?: string
  /** What a test has otherwise than a site, as an edit of master.cf. */
  readonly edit?: ((master: string) => string) | undefined
}

interface Place {
  readonly installation: Installation
  /** Candy's state directory. */
  readonly state: string
}

export interface EnableOptions extends EditOptions, Place {}

/** Enables candy for the Postfix whose files are in `configDirectory`: edits them, and makes candy's directories. */
export async function enable(configDirectory: string, options: EnableOptions): Promise<void> {
  const { mode, state, reinject } = options
  const instance = await readPrivate(configDirectory)
  await createPaths(instance, options, mode === 'pipe' && reinject !== 'sendmail')
  await editInstance(instance, { ...options, candyPipe: pipeCommand(state) })
}

/**
 * Enables candy in all modes at once. Each mode gets a copy of `smtp inet` on a port of its own, with the options that the service
 * itself would get in that mode. The service itself and pickup(8) give no mail to candy.
 */
export async function enableModes(
  configDirectory: string,
  ports: Readonly<Record<Mode, number>>,
  place: Place,
): Promise<void> {
  const instance = await readPrivate(configDirectory)
  await createPaths(instance, place, true)
  const edits = (mode: Mode): EnableEdits => editsFor(instance, { mode, candyPipe: pipeCommand(place.state) })
  // In mode milter there are all services and parameters that there are in the others, and more.
  const { main, master } = edits('milter').withServices
  const entrances = MODE_NAMES.map((mode) => entranceAt(ports[mode], edits(mode).after.master))
  const add = (text: string, entrance: Service): string => applyEdits(text, addService(parse(text), entrance))
  await write(configDirectory, { main, master: entrances.reduce(add, master) })
}

/** The `smtp inet` of this master.cf on another port. */
function entranceAt(port: number, master: string): Service {
  const entry = parse(master).entries.find(({ type, command }) => type === 'inet' && command === 'smtpd')
  if (entry === undefined) throw new Error('master.cf has no smtp inet')
  return { ...entry, service: `127.0.0.1:${port}` }
}

/** Makes candy's directories and the command for pipe(8). `byPipe`: what pipe(8) runs may connect to candy-in. */
async function createPaths(instance: Instance, { installation, state }: Place, byPipe: boolean): Promise<void> {
  const access: OwnedPath = { path: accessName(instance.queueDirectory), owner: 'root', mode: 0 }
  const share = join(installation.directory, 'node_modules/@candy/runner/share')
  const paths = await listOwnedPaths(instance, state, share)
  await createMissing([...paths, ...(byPipe ? [access] : [])], () => {})
  examinePipeCommand(state, installation).renew()
}

/** Edits main.cf and master.cf alone. */
export async function editFiles(configDirectory: string, options: EditOptions): Promise<void> {
  await editInstance(await readPrivate(configDirectory), options)
}

async function editInstance(instance: Instance, options: EditOptions): Promise<void> {
  const { edit = (master) => master } = options
  const { after } = editsFor(instance, options)
  await write(instance.configDirectory, { ...after, master: edit(after.master) })
}

/** Adds candy's services and parameters, and gives no mail to candy. */
export async function addServices(configDirectory: string): Promise<void> {
  const { withServices } = editsFor(await readPrivate(configDirectory), { mode: 'smtp' })
  await write(configDirectory, withServices)
}

/** A change to one of candy's services in the text of master.cf. */
export function changeService(master: string, service: string, change: (service: Service) => Partial<Service>): string {
  const key = { service, type: 'unix' } as const
  const entry = findService(parse(master), key)
  if (entry === undefined) throw new Error(`candy enable has added no service ${service}`)
  const without = applyEdits(master, removeService(parse(master), key))
  return applyEdits(without, addService(parse(without), { ...entry, ...change(entry) }))
}

/** Without systemd, and the default instance in its namespace; neither can be seen before it runs. */
async function readPrivate(configDirectory: string): Promise<Instance> {
  const instance = await readInstance(configDirectory)
  return { ...instance, submits: true, allowsExecutableMemory: true, unitThatKillsNode: undefined }
}

/** With the choices of an administrator who types no option but `--mode`. */
function editsFor(instance: Instance, { mode, reinject, candyPipe }: EditOptions): EnableEdits {
  const choice = { mode, submission: false, pickup: true, named: [] }
  const request = {
    ...choice,
    reinjectsByPickup: reinject === 'sendmail',
    candyPipe: candyPipe ?? '/nowhere/candy-pipe',
  }
  const edits = editsToEnable(instance, request, undefined)
  if (edits.refusals.length > 0) throw new Error(edits.refusals.join('\n'))
  return edits
}

async function write(configDirectory: string, { master, main }: EnableEdits['after']): Promise<void> {
  await writeFile(join(configDirectory, 'master.cf'), master, 'latin1')
  await writeFile(join(configDirectory, 'main.cf'), main, 'latin1')
}
