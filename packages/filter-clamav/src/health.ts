/**
 * What an operator wants to know of a clamd before mail depends on it: may this account use it, are its signatures
 * fresh, and does it say so when it has not looked at everything.
 */
import { gzipSync } from 'node:zlib'
import type { Health, LogFields } from '@candy/sdk'
import { type Address, printAddress } from './clamd/address.js'
import { createClamdClient } from './clamd/client.js'
import type { Version } from './clamd/version.js'
import type { Options } from './options.js'

/** Milliseconds that one clamd may take to answer everything. */
const PATIENCE = 20_000
const DAY = 86_400_000

/** clamd unpacks at most 100 levels (MaxRecursion, clamd.conf(5)). */
const LEVELS = 120

interface Finding {
  /** `down`: it can't be used now, another one could be. `bad`: it would be used, and should not. */
  readonly state: 'good' | 'bad' | 'down'
  readonly text: string
  readonly details: LogFields
}

/** Asks every address. It is well when at least one clamd can be used and none of those has old signatures. */
export async function examine(options: Options, signal: AbortSignal): Promise<Health> {
  const findings = await Promise.all(options.addresses.map((address) => examineOne(address, options, signal)))
  const ok = findings.some(({ state }) => state === 'good') && findings.every(({ state }) => state !== 'bad')
  const text = findings.map((finding) => finding.text).join('; ')
  const used = findings.find(({ state }) => state !== 'down') ?? findings[0]
  return { ok, text, ...(used && { details: used.details }) }
}

async function examineOne(address: Address, options: Options, signal: AbortSignal): Promise<Finding> {
  const where = printAddress(address)
  const client = createClamdClient({ addresses: [address] })
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
  try {
    await client.ping(patience)
    const version = await client.version(patience)
    const age = signatureAge(version)
    const stale = age !== undefined && age > options.max_signature_age
    const silent = (await client.scan(() => nested(), patience)).kind === 'clean'
    const parts = [
      `${where}: ClamAV ${version?.engine ?? '(it does not tell its version)'}`,
      describeAge(age),
      ...(stale ? [`older than ${days(options.max_signature_age)}: is freshclam running?`] : []),
      ...(silent ? ['what is over its limits counts as clean: set AlertExceedsMax yes in clamd.conf'] : []),
    ]
    return {
      state: stale ? 'bad' : 'good',
      text: parts.join(', '),
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
    const text = patience.aborted
      ? `${where}: no answer in time`
      : error instanceof Error
        ? error.message
        : String(error)
    return { state: 'down', text, details: { address: where } }
  }
}

function signatureAge(version: Version | undefined): number | undefined {
  return version?.signatures && Date.now() - version.signatures.date.getTime()
}

function describeAge(age: number | undefined): string {
  return age === undefined ? 'age of its signatures unknown' : `signatures ${days(Math.max(age, 0))} old`
}

function days(milliseconds: number): string {
  const count = Math.round((milliseconds / DAY) * 10) / 10
  return `${count} ${count === 1 ? 'day' : 'days'}`
}

/** A file packed so often that no clamd unpacks it whole: it answers `Heuristics.Limits.Exceeded`, or lies. */
async function* nested(): AsyncGenerator<Uint8Array, void, void> {
  let content = new Uint8Array([0x78])
  for (let level = 0; level < LEVELS; level++) content = new Uint8Array(gzipSync(content))
  yield content
}
