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

/** Milliseconds that one clamd may take to answer all requests, where the caller's own deadline is not sooner. */
const CHECK_TIME_LIMIT = 20_000

const MEBIBYTE = 1_048_576

interface ServerHealth {
  /** `down`: it cannot be used now, and another clamd is. `bad`: it is used, and the operator should change something. */
  readonly state: 'good' | 'bad' | 'down'
  readonly text: string
  readonly details: LogFields
}

/**
 * Asks every address. The result is ok when at least one clamd can be used and the operator has nothing to change at any that can.
 * `messageSizeLimit` is Postfix's message_size_limit in bytes; absent where there is none or it is not known.
 */
export async function examine(
  options: Options,
  messageSizeLimit: number | undefined,
  { signal, remaining }: Pick<Context, 'signal' | 'remaining'>,
): Promise<Health> {
  // End before the caller's deadline: the result then says what clamd did not answer.
  const deadline = AbortSignal.any([
    signal,
    AbortSignal.timeout(Math.floor(Math.min(CHECK_TIME_LIMIT, 0.9 * remaining))),
  ])
  const healths = await Promise.all(
    options.addresses.map((address) => examineServer(address, options, messageSizeLimit, deadline)),
  )
  const ok = healths.some(({ state }) => state === 'good') && healths.every(({ state }) => state !== 'bad')
  const text = healths.map((health) => health.text).join('; ')
  const used = healths.find(({ state }) => state !== 'down') ?? healths[0]
  return { ok, text, ...(used && { details: used.details }) }
}

async function examineServer(
  address: ServiceAddress,
  options: Options,
  messageSizeLimit: number | undefined,
  deadline: AbortSignal,
): Promise<ServerHealth> {
  const where = printAddress(address)
  const client = createClamdClient({ addresses: [address] })
  try {
    await client.ping(deadline)
    const version = await client.version(deadline)
    const age = judgeAge(version, options)
    const silent = (await client.scan(nested, deadline)).kind === 'clean'
    const coverage = messageSizeLimit === undefined ? 'whole' : await scanLargest(client, messageSizeLimit, deadline)
    const settings = [
      ...(silent ? [ALERT_SETTING] : []),
      ...(coverage === 'short' && messageSizeLimit !== undefined ? [settingsFor(messageSizeLimit)] : []),
    ]
    const parts = [
      `${where}: ClamAV ${version?.engine ?? '(it does not tell its version)'}`,
      age.text,
      ...(settings.length > 0
        ? [`set in ${configurationOf(address)} ${settings.join(', ')}, then systemctl restart clamav-daemon`]
        : []),
      ...(coverage === 'unknown'
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
    return { state: 'down', text: await explain(address, error, deadline), details: { address: where } }
  }
}

const ALERT_SETTING = 'AlertExceedsMax yes (any sender can write mail that it cannot look into and calls clean)'

/** Whether clamd scans a message of so many bytes, the largest that Postfix takes. */
async function scanLargest(
  client: ClamdClient,
  size: number,
  deadline: AbortSignal,
): Promise<'whole' | 'short' | 'unknown'> {
  try {
    return (await client.scan(() => largest(size), deadline)).kind === 'clean' ? 'whole' : 'short'
  } catch (error) {
    if (deadline.aborted) return 'unknown'
    throw error
  }
}

/** Settings of clamd.conf with which clamd scans so many bytes. What it decodes counts for MaxScanSize, too. */
function settingsFor(size: number): string {
  const megabytes = Math.ceil(size / MEBIBYTE)
  return (
    `StreamMaxLength ${megabytes}M, MaxFileSize ${megabytes}M, MaxScanSize ${4 * megabytes}M ` +
    `(it does not scan the ${size} bytes of message_size_limit)`
  )
}

async function explain(address: ServiceAddress, error: unknown, deadline: AbortSignal): Promise<string> {
  const where = printAddress(address)
  if (deadline.aborted) {
    return `${where}: no answer in time: clamd may still be loading its signatures (systemctl status clamav-daemon)`
  }
  const code = error instanceof ClamdError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined
  const reason = 'path' in address ? await explainAbsence(address.path, code) : undefined
  if (reason !== undefined) return `${where}: ${reason}`
  return error instanceof Error ? error.message : String(error)
}
