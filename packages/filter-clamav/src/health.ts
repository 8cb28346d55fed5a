/**
 * The health check of the filter: whether this account may use each clamd, whether its signatures are fresh, whether it scans
 * every message that Postfix accepts, whether it reports it when it does not scan one whole, and whether freshclam and memory
 * keep it working. The text of the result names the next step for each problem.
 */
import type { Context, Health, LogFields } from '@candy/sdk'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import { explainAbsence } from './absence.js'
import { type ClamdClient, createClamdClient } from './clamd/client.js'
import { configurationOf } from './clamd/configuration.js'
import { ClamdError } from './clamd/error.js'
import type { Options } from './options.js'
import { deeplyNestedGzip, messageOfSize } from './probe.js'
import { judgeAge } from './signatures.js'
import { upkeepProblems } from './upkeep.js'

/** Milliseconds within which each clamd must answer all requests, unless the caller's deadline is earlier. */
const CHECK_TIME_LIMIT = 20_000

const MEBIBYTE = 1_048_576

interface ServerHealth {
  /** `down`: this clamd cannot be used now. `bad`: it can be used, but the operator should change something. */
  readonly state: 'good' | 'bad' | 'down'
  readonly text: string
  readonly details: LogFields
}

/**
 * Checks the clamd at every address. The result is ok when at least one clamd can be used, and the operator has nothing to
 * change at any that can be used. `messageSizeLimit` is Postfix's message_size_limit in bytes; undefined when there is none or
 * it is not known.
 */
export async function examine(
  options: Options,
  messageSizeLimit: number | undefined,
  { signal, remaining }: Pick<Context, 'signal' | 'remaining'>,
): Promise<Health> {
  // The check ends before the caller's deadline, so that the result can say which clamd did not answer.
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
    // clean: clamd did not unpack the whole file and does not say so.
    const isSilent = (await client.scan(deeplyNestedGzip, deadline)).kind === 'clean'
    const coverage = messageSizeLimit === undefined ? 'whole' : await scanLargest(client, messageSizeLimit, deadline)
    const settings = [
      ...(isSilent ? [ALERT_SETTING] : []),
      ...(coverage === 'short' && messageSizeLimit !== undefined ? [settingsFor(messageSizeLimit)] : []),
    ]
    const upkeep = await upkeepProblems(address)
    const parts = [
      `${where}: ClamAV ${version?.engine ?? '(it does not tell its version)'}`,
      age.text,
      ...(settings.length > 0
        ? [`set in ${configurationOf(address)} ${settings.join(', ')}, then systemctl restart clamav-daemon`]
        : []),
      ...upkeep,
      ...(coverage === 'unknown'
        ? [`whether it scans ${messageSizeLimit} bytes (message_size_limit) took too long to tell`]
        : []),
    ]
    return {
      state: age.old || settings.length > 0 || upkeep.length > 0 ? 'bad' : 'good',
      text: parts.join('; '),
      details: {
        address: where,
        limits: isSilent ? 'silent' : 'reported',
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

/** Whether clamd scans a message of `size` bytes whole: the largest that Postfix accepts. `unknown`: no answer in time. */
async function scanLargest(
  client: ClamdClient,
  size: number,
  deadline: AbortSignal,
): Promise<'whole' | 'short' | 'unknown'> {
  try {
    return (await client.scan(() => messageOfSize(size), deadline)).kind === 'clean' ? 'whole' : 'short'
  } catch (error) {
    if (deadline.aborted) return 'unknown'
    throw error
  }
}

/** The settings of clamd.conf(5) with which clamd scans `size` bytes. It counts what it decodes towards MaxScanSize, too. */
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
