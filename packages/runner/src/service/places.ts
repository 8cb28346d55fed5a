/** Where the relay listens and where it hands on, unless candy.toml says: services in Postfix's own queue directory. */
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { execa } from 'execa'
import type { Settings } from '../site/settings.js'
import type { ServiceAddress } from '../smtp/address.js'

export interface Places {
  readonly listen: ServiceAddress
  readonly nextHop: ServiceAddress
}

/** Asks Postfix only when it must. Throws `CONFIG` when Postfix does not say. */
export async function findPlaces(configDirectory: string, { smtp }: Settings): Promise<Places> {
  const { queue, listen, nextHop } = smtp
  if (listen !== undefined && nextHop !== undefined) return { listen, nextHop }
  const { stdout, stderr, failed } = await execa('postconf', ['-c', configDirectory, '-h', 'queue_directory'], {
    reject: false,
  })
  if (failed) throw new CandyError('CONFIG', `postconf: ${stderr || 'cannot be run'}`)
  const directory = stdout.trim()
  return {
    listen: listen ?? { path: join(directory, 'candy', queue === 'after' ? 'lmtp' : 'proxy') },
    nextHop: nextHop ?? { path: join(directory, 'public', queue === 'after' ? 'candy-in' : 'candy-in-before') },
  }
}
