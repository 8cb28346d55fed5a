/** `candy serve`: runs the filters as a service, in the foreground, under systemd, another supervisor or at a terminal. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { Ownership } from '../config/ownership.js'
import { readSettings } from '../config/settings.js'
import { runnerUnitPaths } from '../postfix/runner-start.js'
import { socketOwner } from '../postfix/socket-owner.js'
import { serviceFiles } from '../service/state-directory.js'
import { serve } from '../service/supervisor.js'
import { EX_CONFIG, EX_UNAVAILABLE, Failure } from './failure.js'
import { addHelp } from './help-text.js'
import { findConfigDirectory } from './postfix-instance.js'
import { mustChangeAccount, reinjectionGroups, runAsCandy } from './privileges.js'

interface ServeOptions {
  readonly config?: string
  readonly workers?: number
}

export function addServe(candy: Command): void {
  const command = candy
    .command('serve')
    .summary('run the filters as a service')
    .description('run the filters as a service, to which Postfix hands mail in every mode but pipe')
    .option('--workers <number>', 'worker processes (default: one a processor, at most 4)', parseCount)
    .action(async (_, command: Command) => start(command.optsWithGlobals<ServeOptions>()))
  addHelp(command, {
    notes: [
      '"candy enable" has systemd start it where that runs; elsewhere have your supervisor run it, and restart it whenever it ends.',
      'SIGHUP reloads candy.toml and filters.d, as "candy reload" does, and keeps the old ones when the new are wrong; started with wrong ones, it takes the last that were good. SIGTERM ends it once the mail under way is done.',
    ],
    exits: {
      0: 'ended by a signal',
      64: 'the command line is wrong',
      69: 'it runs already',
      78: 'something in the configuration is wrong',
    },
  })
}

async function start({ config, workers }: ServeOptions): Promise<void> {
  const configDirectory = await findConfigDirectory(config)
  const candy = config === undefined ? 'candy' : `candy -c ${config}`
  assertEnabledOnce(configDirectory, candy)
  if (await mustChangeAccount()) return runAsCandy({ groups: await reinjectionGroups(configDirectory) })
  assertNotRunning(configDirectory, candy)
  // The account candy may have no access to the current working directory, and then could not start any other process.
  process.chdir('/')
  try {
    await serve({ configDirectory, ...(workers !== undefined && { workers }) })
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new Failure(EX_CONFIG, error.message)
    throw error
  }
}

/** Throws Failure where nothing has made the directories that the service needs. */
function assertEnabledOnce(configDirectory: string, candy: string): void {
  const { state } = readSettings(configDirectory, new Ownership(), [])
  if (existsSync(state)) return
  throw new Failure(
    EX_CONFIG,
    `${state}: no such directory. "${candy} enable" makes it and sets Postfix up, and says when to start this`,
  )
}

/**
 * Throws Failure when the service runs already, since a second one could not bind the sockets. `candy` is the command to type for
 * this instance.
 */
function assertNotRunning(configDirectory: string, candy: string): void {
  const { state } = readSettings(configDirectory, new Ownership(), [])
  const pid = socketOwner(serviceFiles(state).control, process.geteuid?.() ?? 0)
  if (pid === undefined) return
  const unit = runnerUnitPaths(configDirectory).find((path) => path.endsWith('.service') && existsSync(path))
  const restart =
    unit === undefined ? `kill ${pid}, and then this again` : `systemctl restart ${basename(unit, '.service')}`
  throw new Failure(
    EX_UNAVAILABLE,
    `candy serve runs already for ${configDirectory} (process ${pid}). So that it takes an edit: ${candy} reload. To start it anew: ${restart}`,
  )
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number, at least 1.')
  return count
}
