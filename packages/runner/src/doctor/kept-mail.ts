/**
 * Finds a test message in the quarantine, and removes it from there. A process that runs as candy does so, since the quarantine is
 * candy's. Only messages to the domain of test messages are ever removed.
 */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DOMAIN } from '../postfix/proof-configuration.js'
import type { QuarantineRecord } from '../quarantine/record.js'

/** Why a message is in the quarantine. */
export type KeptMail = QuarantineRecord['reason']

/** Milliseconds to look, and between two looks. */
const TIMEOUT = 120_000
const PAUSE = 200

/** Names in the quarantine begin with the time. A message that is older than this, in milliseconds, is none of this run. */
const AGE = 60_000

/** Waits until a message to this recipient is in the quarantine; undefined when none comes in time. */
export async function takeFromQuarantine(quarantine: string, recipient: string): Promise<KeptMail | undefined> {
  if (!recipient.endsWith(`@${DOMAIN}`)) throw new Error(`${recipient} receives no test message`)
  const first = new Date(Date.now() - AGE).toISOString().replace(/[-:]|\.\d+/g, '')
  for (const end = Date.now() + TIMEOUT; Date.now() < end; await sleep(PAUSE)) {
    for (const name of await readdir(quarantine)) {
      if (name.startsWith('.') || name < first) continue
      const directory = join(quarantine, name)
      const record = await readRecord(directory)
      if (record?.envelope.recipients.some((one) => one === recipient) !== true) continue
      await rm(directory, { recursive: true })
      return record.reason
    }
  }
  return undefined
}

/** Undefined when somebody has removed the message meanwhile. */
async function readRecord(directory: string): Promise<QuarantineRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, 'record.json'), 'utf8')) as QuarantineRecord
  } catch {
    return undefined
  }
}
