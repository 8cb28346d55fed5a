/**
 * `candy status`: what the running service does, and what became of the mail of the last minute, hour and day. Without a service, as
 * in pipe mode, the history has that too. It runs with the rights of candy, since all that it reads belongs to that account.
 */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { Ownership } from '../config/ownership.js'
import { readSettings, type Settings } from '../config/settings.js'
import { HistoryFollower } from '../history/follower.js'
import { LONGEST_WINDOW, Windows } from '../history/windows.js'
import { ask, ControlFailure } from '../service/control-client.js'
import type { StatusAnswer } from '../service/control-message.js'
import { serviceFiles } from '../service/state-directory.js'
import { EX_NOPERM, EX_OK, EX_UNAVAILABLE, Failure } from './failure.js'
import { addHelp } from './help-text.js'
import { findConfigDirectory } from './postfix-instance.js'
import { mustChangeAccount, runAsCandy } from './privileges.js'
import { absenceOf } from './reload.js'
import { printStatus, printWindows, type WindowSummaries } from './status-text.js'
import { withTypedInstance } from './typed-instance.js'

interface StatusOptions {
  readonly config?: string
  readonly watch?: true
  readonly json?: true
}

/** Milliseconds between two answers with `--watch`. */
const INTERVAL = 2_000

/** Milliseconds to wait for the service: right after its start it may have a day's history to read. */
const TIMEOUT = 60_000

/** Erases the terminal and goes to its upper left corner (ECMA-48 ED, CUP). */
const CLEAR = '\u001b[2J\u001b[H'

export function addStatus(candy: Command): void {
  const command = candy
    .command('status')
    .summary('show what the service does')
    .description('show what the service does, how its filters are, and what became of the mail of the last day')
    .option('--watch', 'show it again every two seconds, until Ctrl-C')
    .option('--json', 'print JSON; with --watch one object a line')
    .action((_, command: Command) => status(command.optsWithGlobals<StatusOptions>()))
  addHelp(command, {
    notes: [
      'Root and members of the group candy may ask. In pipe mode no service is needed: then what became of mail is shown.',
    ],
    exits: {
      0: 'it runs, or is not needed',
      64: 'the command line is wrong',
      69: 'it does not run',
      77: 'not allowed',
    },
  })
}

async function status({ config, watch, json }: StatusOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(config)
  if (await mustChangeAccount()) return runAsCandy()
  // Problems of candy.toml are the service's to tell.
  const settings = readSettings(configDirectory, new Ownership(), [])
  if (watch !== true) return show(await findStatus(settings, config), json === true)
  process.on('SIGINT', () => process.exit(EX_OK))
  for (;;) {
    const found = await findStatus(settings, config)
    if (process.stdout.isTTY && json !== true) process.stdout.write(CLEAR)
    show(found, json === true)
    await sleep(INTERVAL)
  }
}

/** `absence` says why there is no answer of a service; `needed` whether mail waits until there is one. */
type FoundStatus =
  | { readonly mode: string; readonly answer: StatusAnswer }
  | { readonly mode: string; readonly absence: string; readonly needed: boolean; readonly windows: WindowSummaries }

async function findStatus({ mode, state }: Settings, config: string | undefined): Promise<FoundStatus> {
  const { control } = serviceFiles(state)
  try {
    return { mode, answer: await ask<StatusAnswer>(control, 'status', TIMEOUT) }
  } catch (error) {
    if (!(error instanceof ControlFailure)) throw error
    if (error.code === 'FORBIDDEN') {
      throw new Failure(EX_NOPERM, 'only root and members of the group candy may ask candy serve: run this as root')
    }
    const windows = await readWindows(state)
    if (error.code === 'FAILED') return { mode, absence: error.message, needed: true, windows }
    if (mode === 'pipe')
      return { mode, absence: 'candy serve does not run, and pipe mode needs none', needed: false, windows }
    return { mode, absence: withTypedInstance(absenceOf(state), config), needed: true, windows }
  }
}

/** Reads from the history itself what became of mail. */
async function readWindows(state: string): Promise<WindowSummaries> {
  const windows = new Windows()
  const from = new Date(Date.now() - LONGEST_WINDOW)
  await new HistoryFollower(join(state, 'history'), from, (record) => windows.add(record)).read()
  return { minute: windows.summary('minute'), hour: windows.summary('hour'), day: windows.summary('day') }
}

function show(found: FoundStatus, json: boolean): void {
  const running = 'answer' in found
  process.exitCode = running || !found.needed ? EX_OK : EX_UNAVAILABLE
  if (json) console.log(JSON.stringify(toJson(found)))
  else if (running) console.log(`mode: ${found.mode}\n${printStatus(found.answer)}`)
  else {
    if (found.needed) console.error(found.absence)
    console.log(`mode: ${found.mode}\n${found.needed ? '' : `${found.absence}\n`}\n${printWindows(found.windows)}`)
  }
}

function toJson(found: FoundStatus): object {
  const { mode } = found
  if ('answer' in found) return { ...found.answer, mode, running: true }
  return { version: 1, mode, running: false, absence: found.absence, windows: found.windows }
}
