/**
 * Keeps the quarantine, once at the start of the service and then every hour: removes what killed processes have left, deletes what has
 * expired, and sends the digest. The supervisor does it, since there is one of it, and it runs as the account that owns the quarantine.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '../os/error-text.js'
import { sweepDrafts } from '../quarantine/draft.js'
import { idOf, readNames } from '../quarantine/entry.js'
import { type Expired, expire, planExpiry } from '../quarantine/expiry.js'
import { type DigestContext, sendDigest } from './digest.js'
import { lookAtClock } from './expiry-clock.js'
import { serviceFiles } from './state-directory.js'

const HOUR = 60 * 60 * 1000

export interface QuarantineKeeper {
  /** Resolves when nothing is done any more. */
  end(): Promise<void>
}

/** `inForce` tells what holds at the moment: a reload may change it. */
export function keepQuarantine(inForce: () => DigestContext, interval: number = HOUR): QuarantineKeeper {
  const ending = new AbortController()
  const running = (async () => {
    while (!ending.signal.aborted) {
      await keepOnce(inForce(), ending.signal)
      await sleep(interval, undefined, { signal: ending.signal, ref: false }).catch(() => {})
    }
  })()
  return {
    end: () => {
      ending.abort()
      return running
    },
  }
}

async function keepOnce(context: DigestContext, ending: AbortSignal): Promise<void> {
  const { settings, log } = context
  const directory = join(settings.state, 'quarantine')
  try {
    await sweepDrafts(directory)
    const limits = isClockBelieved(context) ? settings.quarantine : { ...settings.quarantine, keep: 'forever' as const }
    const plan = await planExpiry(directory, await readNames(directory), limits)
    for (const expired of plan) if (!ending.aborted) await expireOne(directory, expired, log)
  } catch (error) {
    log.write('error', 'what has expired in the quarantine is not deleted', { error: errorText(error) })
  }
  try {
    await sendDigest(context, ending)
  } catch (error) {
    log.write('error', 'digest of the quarantine not sent; it is tried again in an hour', { error: errorText(error) })
  }
}

function isClockBelieved({ settings, log }: DigestContext): boolean {
  const { stamp, isNew } = lookAtClock(serviceFiles(settings.state).clock)
  if (isNew) {
    log.write('warn', 'the clock has moved: nothing expires by its age before it has gone on for a day', {
      from: new Date(stamp.believed).toISOString(),
    })
  }
  return stamp.doubted === undefined
}

/** Never throws: one message that cannot be deleted must not keep the others. */
async function expireOne(directory: string, expired: Expired, log: DigestContext['log']): Promise<void> {
  const { entry, limit } = expired
  const { name, state } = entry
  const fields = { name, ...idOf(entry), state, limit }
  try {
    if (await expire(directory, expired)) log.write('info', 'quarantined message expired', fields)
  } catch (error) {
    log.write('error', 'quarantined message has expired and cannot be deleted', { ...fields, error: errorText(error) })
  }
}
