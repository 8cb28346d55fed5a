/**
 * Where candy gives Postfix mail that no filter is to see: a message that a person has released from the quarantine. It is the service
 * `candy-in`, whatever the mode is, and also for a message that came before the queue: `candy-in-before` would have the site's milters and
 * header checks judge it.
 */
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import type { ServiceAddress } from '@candy/sdk/values'
import type { Settings } from '../config/settings.js'
import { commandsOf } from '../postfix/commands.js'
import { reinjectionSocket } from '../postfix/mode.js'
import { readParameters } from '../postfix/parameters.js'

/** What candy.toml names as the way back, else the socket in Postfix's queue directory. Throws `NEXT_HOP` where neither is known. */
export async function findReinjection(
  configDirectory: string,
  { mode, pipe, smtp }: Settings,
): Promise<ServiceAddress> {
  if (mode === 'pipe' && pipe.reinject !== 'sendmail') return pipe.reinject
  if (mode !== 'pipe' && smtp.nextHop !== undefined) return smtp.nextHop
  const parameters = await readParameters(commandsOf(configDirectory), '-x', 'queue_directory')
  const directory = parameters.get('queue_directory')
  if (directory === undefined) throw new CandyError('NEXT_HOP', 'postconf does not say what queue_directory is')
  return { path: join(directory, reinjectionSocket('smtp')) }
}
