/**
 * The demo: five messages through a real Postfix in mode smtp, judged by a real clamd and a real spamd. All of it runs in
 * a directory of its own and on ports of its own, and is gone at the end, also when it is interrupted. It needs no mount
 * namespace, which a plain container does not allow.
 */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { startClamd } from '../kit/clamd.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { startSpamd } from '../kit/spamd.js'
import { Started } from '../kit/started.js'
import { writeMails } from './mails.js'
import { listFiles, type MailResult, send } from './result.js'
import { isRight, printAdded, printTable } from './table.js'

export { drawTerminal } from './picture.js'

/** How run.js shows what happens. */
export interface Progress {
  /** Does one thing and says so. Throws after it when the demo was interrupted meanwhile. */
  step<T>(what: string, action: () => Promise<T>): Promise<T>
  say(text: string): void
  /** Prints lines of the result. */
  print(text: string): void
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

async function show({ step, say, print }: Progress, started: Started): Promise<number> {
  const testBed = await step('Starting a private Postfix, and candy beside it', () =>
    started.own(startRelay({ namespace: false })),
  )
  await step('Starting clamd', async () => {
    const { socket } = await started.own(startClamd({ directory: join(testBed.directory, 'clamd') }))
    await testBed.writeFilter('50-clamav.toml', await dropIn('filter-clamav/filters.d/50-clamav.toml', socket))
  })
  await step('Starting spamd', async () => {
    const { socket } = await started.own(startSpamd({ directory: join(testBed.directory, 'spamd') }))
    const name = '60-spamassassin.toml'
    await testBed.writeFilter(name, await dropIn(`filter-spamassassin/filters.d/${name}`, socket))
  })
  await step('Having candy load both filters', () => testBed.reload())
  const results: MailResult[] = []
  for (const mail of await writeMails()) {
    const result = await step(`Sending "${mail.name}"`, () => send(testBed, mail))
    say(`  ${result.outcome}${isRight(result) ? '' : ', which is wrong'}`)
    results.push(result)
  }
  await report(testBed, results, print)
  return results.every(isRight) ? 0 : 1
}

/** The drop-in that the package ships, but for where the daemon listens. */
async function dropIn(path: string, socket: string): Promise<string> {
  const shipped = await readFile(join(PACKAGES, path), 'utf8')
  return shipped.replace(/^# *addresses = .*$/m, `addresses = ["${socket}"]`)
}

async function report(testBed: RelayTestBed, results: readonly MailResult[], print: Progress['print']): Promise<void> {
  const quarantine = join(testBed.state, 'quarantine')
  print(`\n${printTable(results)}\n\n${printAdded(results)}\n\nIn the quarantine, ${quarantine}:`)
  for (const line of await listFiles(quarantine)) print(`  ${line}`)
  const wrong = results.filter((result) => !isRight(result)).length
  if (wrong > 0) print(`\nCandy's log:\n${await testBed.candyLog()}\nPostfix's log:\n${await testBed.postfix.log()}`)
  print(
    wrong === 0
      ? '\nEvery message had the expected outcome.\n'
      : `\n${wrong} messages did not have the expected outcome.\n`,
  )
}
