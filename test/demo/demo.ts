/**
 * The demo: five messages through a real Postfix in mode smtp, judged by a real clamd and a real spamd. All of it runs in
 * a directory of its own and on ports of its own, and is gone at the end, also when it is interrupted. It needs no mount
 * namespace, which a plain container does not allow.
 */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startClamd } from '../ground/clamd.js'
import { type RelayGround, startRelay } from '../ground/relay.js'
import { startSpamd } from '../ground/spamd.js'
import { Started } from '../ground/started.js'
import { type Fate, listFiles, send } from './fate.js'
import { writeLetters } from './letters.js'
import { isRight, printAdded, printTable } from './table.js'

/** How run.js shows what happens. */
export interface Progress {
  /** Does one thing and says so. Throws after it when the demo was interrupted meanwhile. */
  step<T>(what: string, action: () => Promise<T>): Promise<T>
  say(text: string): void
  /** Rejects when somebody wants the demo to end. */
  interruption(): Promise<never>
}

const PACKAGES = resolve(import.meta.dirname, '../../packages')

/** Runs the demo; gives its exit status. */
export async function demo(progress: Progress): Promise<number> {
  const started = new Started()
  try {
    return await Promise.race([show(progress, started), progress.interruption()])
  } finally {
    progress.say('Stopping Postfix, clamd and spamd; removing their files')
    await started.stop()
  }
}

async function show({ step, say }: Progress, started: Started): Promise<number> {
  const ground = await step('Starting a private Postfix, and candy beside it', () =>
    started.own(startRelay({ namespace: false })),
  )
  await step('Starting clamd', async () => {
    const { socket } = await started.own(startClamd({ directory: join(ground.directory, 'clamd') }))
    await ground.writeFilter('50-clamav.toml', await dropIn('filter-clamav/filters.d/50-clamav.toml', socket))
  })
  await step('Starting spamd', async () => {
    const { socket } = await started.own(startSpamd({ directory: join(ground.directory, 'spamd') }))
    const name = '60-spamassassin.toml'
    await ground.writeFilter(name, await dropIn(`filter-spamassassin/filters.d/${name}`, socket))
  })
  await step('Having candy load both filters', () => ground.reload())
  const fates: Fate[] = []
  for (const letter of await writeLetters()) {
    const fate = await step(`Sending "${letter.name}"`, () => send(ground, letter))
    say(`  ${fate.became}${isRight(fate) ? '' : ', which is wrong'}`)
    fates.push(fate)
  }
  await report(ground, fates)
  return fates.every(isRight) ? 0 : 1
}

/** The drop-in that the package ships, but for where the daemon listens. */
async function dropIn(path: string, socket: string): Promise<string> {
  const shipped = await readFile(join(PACKAGES, path), 'utf8')
  return shipped.replace(/^# *addresses = .*$/m, `addresses = ["${socket}"]`)
}

async function report(ground: RelayGround, fates: readonly Fate[]): Promise<void> {
  const quarantine = join(ground.state, 'quarantine')
  console.log(`\n${printTable(fates)}\n\n${printAdded(fates)}\n\nIn the quarantine, ${quarantine}:`)
  for (const line of await listFiles(quarantine)) console.log(`  ${line}`)
  const wrong = fates.filter((fate) => !isRight(fate)).length
  if (wrong > 0)
    console.log(`\nCandy's log:\n${await ground.candyLog()}\nPostfix's log:\n${await ground.postfix.log()}`)
  console.log(wrong === 0 ? '\nAll became what it should.\n' : `\n${wrong} did not become what it should.\n`)
}
