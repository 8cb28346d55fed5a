/** Where mail comes back in pipe mode, and what candy needs for that. */
import { dirname, join } from 'node:path'
import { printAddress } from '@candy/sdk/values'
import type { Settings } from '../config/settings.js'
import { saysReinject } from '../config/settings-edit.js'
import { accessFault, accessTo, publicOf } from '../postfix/access.js'
import type { OwnedPath } from '../postfix/directories.js'
import type { Instance } from '../postfix/instance.js'
import { reinjectionSocket } from '../postfix/mode.js'
import { EX_UNAVAILABLE, Failure } from './failure.js'

type Reinjection = Settings['pipe']['reinject']

/** As candy.toml says, else by Postfix's service for it. */
export function wayBack({ queueDirectory }: Instance, settings: Settings, toml: string | null): Reinjection {
  if (toml !== null && saysReinject(toml)) return settings.pipe.reinject
  return { path: join(queueDirectory, reinjectionSocket('pipe')) }
}

/** As candy.toml has it. */
export function printWayBack(back: Reinjection): string {
  return back === 'sendmail' ? back : printAddress(back)
}

/** What candy needs in order to go that way. Throws Failure where it cannot be given. */
export function accessFor({ queueDirectory }: Instance, back: Reinjection): readonly OwnedPath[] {
  const directory = publicOf(queueDirectory)
  if (back === 'sendmail' || !('path' in back) || dirname(back.path) !== directory) return []
  const fault = accessFault(directory)
  if (fault !== undefined) throw new Failure(EX_UNAVAILABLE, fault)
  return [{ path: accessTo(queueDirectory), owner: 'root', mode: 0 }]
}
