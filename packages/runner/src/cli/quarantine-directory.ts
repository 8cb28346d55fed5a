/**
 * The quarantine that a command concerns. It belongs to the account candy, which could put a link into any place of it at any moment, so
 * all of these commands run as that account, also when root types them.
 */
import { join } from 'node:path'
import { Ownership } from '../config/ownership.js'
import { readSettings, type Settings } from '../config/settings.js'
import { readNames } from '../quarantine/entry.js'
import { namesMeant } from '../quarantine/name.js'
import { EX_NOINPUT, EX_UNAVAILABLE, EX_USAGE, Failure } from './failure.js'
import { findConfigDirectory } from './postfix-instance.js'
import { mustChangeAccount, reinjectionGroups, runAsCandy } from './privileges.js'

export interface Quarantine {
  readonly configDirectory: string
  /** As far as candy.toml can be read: a fault in it keeps nobody from looking into the quarantine. */
  readonly settings: Settings
  readonly directory: string
  /** In the order of time. */
  readonly names: readonly string[]
  /** The start of a command line for this quarantine: `candy -c DIR quarantine`. */
  readonly command: string
}

/**
 * Undefined where root typed the command: it has been run as the account candy then, and nothing is left to do. `delivers` says that the
 * command gives mail to Postfix.
 */
export async function openQuarantine(
  config: string | undefined,
  { delivers = false }: { readonly delivers?: boolean } = {},
): Promise<Quarantine | undefined> {
  const configDirectory = await findConfigDirectory(config)
  if (await mustChangeAccount()) {
    await runAsCandy({ groups: delivers ? await reinjectionGroups(configDirectory) : [] })
    return undefined
  }
  // The account candy may have no access to the current working directory, and then could not start any other process.
  process.chdir('/')
  const settings = readSettings(configDirectory, new Ownership(), [])
  const directory = join(settings.state, 'quarantine')
  const command = `candy${config === undefined ? '' : ` -c ${configDirectory}`} quarantine`
  return { configDirectory, settings, directory, names: await namesIn(directory), command }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readNames(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Failure(EX_NOINPUT, `${directory}: there is no quarantine; "candy enable" makes it`)
  }
}

/** How many names are listed where one is ambiguous. */
const LISTED = 20

/** The name of the message that a person means: its name or queue id, or the beginning of either. Throws Failure unless it is one. */
export function findName(typed: string, { names, directory, command }: Quarantine): string {
  const [name, ...others] = namesMeant(typed, names)
  const shown = JSON.stringify(typed)
  if (name === undefined) {
    throw new Failure(EX_UNAVAILABLE, `${directory} has no message ${shown}; what it has: ${command} list`)
  }
  if (others.length === 0) return name
  const listed = [name, ...others].slice(0, LISTED)
  const more = others.length + 1 - listed.length
  const lines = [...listed, ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `\n  ${line}`)
  throw new Failure(EX_USAGE, `${shown} may be any of these; say more of the name:${lines.join('')}`)
}
