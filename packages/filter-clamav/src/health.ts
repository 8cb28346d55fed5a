/**
 * What an operator wants to know of a clamd before mail depends on it: may this account use it, are its signatures fresh, and
 * does it scan all mail that Postfix takes, or own up to it where it does not. Each fault is told with the next step.
 */
import type { Context, Health, LogFields } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { explainAbsence } from './absence.js'
import { type ClamdClient, createClamdClient } from './clamd/client.js'
import { configurationOf } from './clamd/configuration.js'
import { ClamdError } from './clamd/error.js'
import type { Options } from './options.js'
import { largest, nested } from './probe.js'
import { judgeAge } from './signatures.js'

/** Milliseconds that one clamd may take to answer everything, where whoever asks waits as long. */
const PATIENCE = 20_000

const MEBIBYTE = 1_048_576

interface Finding {
  /** `down`: it can't be used now, another one could be. `bad`: it would be used, and there is something to mend. */
  readonly state: 'good' | 'bad' | 'down'
  readonly text: string
  readonly details: LogFields
}

/**
 * Asks every address. It is well when at least one clamd can be used and there is nothing to mend at any of those.
 * `messageSizeLimit` is Postfix's in bytes; absent where there is none or nobody knows.
 */
export async function examine(
  options: Options,
  messageSizeLimit: number | undefined,
  { signal, remaining }: Pick<Context, 'signal' | 'remaining'>,
): Promise<Health> {
  // Whoever asks is told more by us than by the end of their patience.
  const patience = AbortSignal.any([signal, AbortSignal.timeout(Math.floor(Math.min(PATIENCE, 0.9 * remaining)))])
  const findings = await Promise.all(
    options.addresses.map((address) => examineOne(address, options, messageSizeLimit, patience)),
  )
  const ok = findings.some(({ state }) => state === 'good') && findings.every(({ state }) => state !== 'bad')
  const text = findings.map((finding) => finding.text).join('; ')
  const used = findings.find(({ state }) => state !== 'down') ?? findings[0]
  return { ok, text, ...(used && { details: used.details }) }
}

async function examineOne(
  address: ServiceAddress,
  options: Options,
  messageSizeLimit: number | undefined,
  patience: AbortSignal,
): Promise<Finding> {
  const where = printAddress(address)
  const client = createClamdClient({ addresses: [address] })
  try {
    await client.ping(patience)
    const version = await client.version(patience)
    const age = judgeAge(version, options)
    const silent = (await client.scan(nested, patience)).kind === 'clean'
    const reach = messageSizeLimit === undefined ? 'whole' : await tryLargest(client, messageSizeLimit, patience)
    const settings = [
      ...(silent ? [SILENT] : []),
      ...(reach === 'short' && messageSizeLimit !== undefined ? [enough(messageSizeLimit)] : []),
    ]
    const parts = [
      `${where}: ClamAV ${version?.engine ?? '(it does not tell its version)'}`,
      age.text,
      ...(settings.length > 0
        ? [`set in ${configurationOf(address)} ${settings.join(', ')}, then systemctl restart clamav-daemon`]
        : []),
      ...(reach === 'unknown'
        ? [`whether it scans ${messageSizeLimit} bytes (message_size_limit) took too long to tell`]
        : []),
    ]
    return {
      state: age.old || settings.length > 0 ? 'bad' : 'good',
      text: parts.join('; '),
      details: {
        address: where,
        limits: silent ? 'silent' : 'reported',
        ...(version && { version: version.engine }),
        ...(version?.signatures && {
          signatures: version.signatures.version,
          signatures_from: version.signatures.date.toISOString(),
        }),
      },
    }
  } catch (error) {
    return { state: 'down', text: await explain(address, error, patience), details: { address: where } }
  }
}

const SILENT = 'AlertExceedsMax yes (any sender can write mail that it cannot look into and calls clean)'

/** Whether clamd scans a message of so many bytes, the largest that Postfix takes. */
async function tryLargest(
  client: ClamdClient,
  size: number,
  patience: AbortSignal,
): Promise<'whole' | 'short' | 'unknown'> {
  try {
    return (await client.scan(() => largest(size), patience)).kind === 'clean' ? 'whole' : 'short'
  } catch (error) {
    if (patience.aborted) return 'unknown'
    throw error
  }
}

/** Settings with which it does: what it decodes counts for MaxScanSize, too. */
function enough(size: number): string {
  const megabytes = Math.ceil(size / MEBIBYTE)
  return (
    `StreamMaxLength ${megabytes}M, MaxFileSize ${megabytes}M, MaxScanSize ${4 * megabytes}M ` +
    `(it does not scan the ${size} bytes of message_size_limit)`
  )
}

async function explain(address: ServiceAddress, error: unknown, patience: AbortSignal): Promise<string> {
  const where = printAddress(address)
  if (patience.aborted) {
    return `${where}: no answer in time: clamd may still be loading its signatures (systemctl status clamav-daemon)`
  }
  const code = error instanceof ClamdError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined
  const reason = 'path' in address ? await explainAbsence(address.path, code) : undefined
  if (reason !== undefined) return `${where}: ${reason}`
  return error instanceof Error ? error.message : String(error)
}
