/** Processes that do one thing with a quarantine, and are killed before one of the steps by which they change something. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { scratch } from '../support.js'
import { RECORD, TEXT } from './stored.js'

const PRELOAD = resolve(import.meta.dirname, '../../../../test/kit/change-steps.js')
const DIST = resolve(import.meta.dirname, '../../dist')

/** What a process does, as the body of a module; `directory` and `nextHop` are there. */
export type Act = keyof typeof ACTS

const ACTS = {
  store: `
    const { store } = await import(DIST + '/quarantine/store.js')
    await store(directory, ${JSON.stringify({ ...RECORD, size: TEXT.length })}, [Buffer.from(${JSON.stringify(TEXT)})])`,
  release: `
    const { readEntry, readNames } = await import(DIST + '/quarantine/entry.js')
    const { planRelease } = await import(DIST + '/quarantine/release-plan.js')
    const { release } = await import(DIST + '/delivery/release.js')
    const [name] = await readNames(directory)
    const entry = await readEntry(directory, name)
    const plan = planRelease(entry, { again: false })
    const log = { write: () => {}, close: async () => {} }
    writeSync(1, JSON.stringify('refused' in plan ? plan : await release(entry, plan, { nextHop: { path: nextHop }, log })))`,
  delete: `
    const { readEntry, readNames } = await import(DIST + '/quarantine/entry.js')
    const { deleteEntry } = await import(DIST + '/quarantine/deletion.js')
    const [name] = await readNames(directory)
    writeSync(1, JSON.stringify(await deleteEntry(directory, await readEntry(directory, name))))`,
  expire: `
    const { readNames } = await import(DIST + '/quarantine/entry.js')
    const { expire, planExpiry } = await import(DIST + '/quarantine/expiry.js')
    const plan = await planExpiry(directory, await readNames(directory), { keep: 1 })
    const expired = []
    for (const one of plan) expired.push(await expire(directory, one))
    writeSync(1, JSON.stringify(expired))`,
} as const

export interface Place {
  readonly directory: string
  /** The path of a socket. */
  readonly nextHop: string
}

/** Runs it to its end. Returns what it printed, as JSON. */
export async function perform(act: Act, place: Place): Promise<unknown> {
  const { status, stdout } = await run(act, place, {})
  if (status !== 0) throw new Error(`${act} ended with ${status}`)
  return stdout === '' ? undefined : JSON.parse(stdout)
}

/** Runs it to its end. Returns the names of its steps. */
export async function stepsOf(act: Act, place: Place): Promise<readonly string[]> {
  const path = join(scratch(), 'steps')
  writeFileSync(path, '')
  await run(act, place, { CANDY_STEPS: path })
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

/** Kills it before this step, counted from 1. */
export async function killBefore(step: number, act: Act, place: Place): Promise<void> {
  const { signal } = await run(act, place, { CANDY_KILL_AT: String(step) })
  if (signal !== 'SIGKILL') throw new Error(`${act} has no step ${step}`)
}

interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
}

async function run(act: Act, { directory, nextHop }: Place, env: NodeJS.ProcessEnv): Promise<Ended> {
  const constants = { DIST, directory, nextHop }
  const lines = Object.entries(constants).map(([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`)
  const code = `import { writeSync } from 'node:fs'\n${lines.join('')}${ACTS[act]}`
  const child = spawn(process.execPath, ['--import', PRELOAD, '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { status, signal, stdout }
}
