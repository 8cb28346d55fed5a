/** `candy quarantine expire`: deletes what candy.toml does not keep, as the service does once an hour. */
import { printable } from '@candy/sdk'
import { parseSize } from '@candy/sdk/values'
import { type Command, InvalidArgumentError } from 'commander'
import { soundSettings } from '../config/settings.js'
import { errorText } from '../os/error-text.js'
import { localTime } from '../os/local-time.js'
import { sweepDrafts } from '../quarantine/draft.js'
import { idOf } from '../quarantine/entry.js'
import { type Expired, expire, planExpiry } from '../quarantine/expiry.js'
import { judgeClock, lookAtClock, readClock, readStamp } from '../service/expiry-clock.js'
import { serviceFiles } from '../service/state-directory.js'
import { asciiJson } from './ascii-json.js'
import { EX_OK, EX_UNAVAILABLE, explain } from './failure.js'
import { addHelp } from './help-text.js'
import { openQuarantine, type Quarantine } from './quarantine-directory.js'
import { openQuarantineLog } from './quarantine-log.js'
import { parseAge } from './quarantine-selection.js'

/** Why a message is deleted, in the words of what is printed. */
const WHY: Readonly<Record<Expired['limit'], string>> = { keep: 'too old', max_size: 'for room' }

interface ExpireOptions {
  readonly config?: string
  readonly olderThan?: number
  readonly maxSize?: number
  readonly dryRun?: true
  readonly json?: true
}

export function addQuarantineExpire(quarantine: Command): void {
  const command = quarantine
    .command('expire')
    .description('delete what candy.toml does not keep; the service does so once an hour')
    .option(
      '--older-than <time>',
      'delete what came longer ago than this, 30d say, whatever quarantine.keep says',
      parseAge,
    )
    .option(
      '--max-size <size>',
      'delete the oldest until the rest is no larger than this, 1GiB say, whatever quarantine.max_size says',
      parseLimit,
    )
    .option('--dry-run', 'show what would be deleted, and do nothing')
    .option('--json', 'print JSON')
    .action((_, command: Command) => run(command.optsWithGlobals<ExpireOptions>()))
  addHelp(command, {
    exits: {
      0: 'done',
      64: 'the command line is wrong',
      69: 'something cannot be deleted',
      77: 'not allowed',
      78: 'something in candy.toml is wrong',
    },
  })
}

function parseLimit(text: string): number {
  try {
    return parseSize(text)
  } catch (error) {
    throw new InvalidArgumentError(errorText(error))
  }
}

async function run({ config, olderThan, maxSize, dryRun, json }: ExpireOptions): Promise<void> {
  const quarantine = await openQuarantine(config)
  if (quarantine === undefined) return
  const { configDirectory, directory, names } = quarantine
  // What is wrong in candy.toml must not make a default delete mail.
  const { quarantine: settings } = soundSettings(configDirectory)
  const limits = {
    ...settings,
    ...(olderThan !== undefined && { keep: olderThan }),
    ...(maxSize !== undefined && { maxSize }),
  }
  const log = openQuarantineLog(quarantine)
  const deleted: string[] = []
  const kept: { name: string; text: string }[] = []
  if (!dryRun) await sweepDrafts(directory)
  const doubt = olderThan === undefined ? doubtOf(quarantine, dryRun === true) : undefined
  for (const expired of await planExpiry(directory, names, limits)) {
    const { entry, limit } = expired
    const { name, state } = entry
    if (limit === 'keep' && doubt !== undefined) {
      kept.push({ name, text: doubt })
      continue
    }
    try {
      if (!dryRun && !(await expire(directory, expired))) continue
      deleted.push(name)
      if (!dryRun) log.write('info', 'quarantined message expired', { name, ...idOf(entry), state, limit })
      if (!json) console.log(`${dryRun ? 'would delete' : 'deleted'} ${printable(name)} (${state}, ${WHY[limit]})`)
    } catch (error) {
      kept.push({ name, text: explain(error).text })
    }
  }
  await log.close()
  if (json) console.log(asciiJson({ version: 1, deleted, kept }))
  else if (deleted.length + kept.length === 0) console.log('nothing has expired')
  else for (const { name, text } of kept) console.error(`${printable(name)} cannot be deleted: ${printable(text)}`)
  process.exitCode = kept.length === 0 ? EX_OK : EX_UNAVAILABLE
}

/** Why nothing may be deleted because of its age now; undefined where the clock is believed. */
function doubtOf({ settings }: Quarantine, isDry: boolean): string | undefined {
  const { clock } = serviceFiles(settings.state)
  const { stamp } = isDry ? judgeClock(readStamp(clock), readClock()) : lookAtClock(clock)
  if (stamp.doubted === undefined) return undefined
  const moved = `it was ${localTime(stamp.believed)} at the last look, and is ${localTime(Date.now())} now`
  return `the clock has moved (${moved}), and is believed once it has gone on for a day; --older-than deletes now`
}
