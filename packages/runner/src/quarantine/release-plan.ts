/**
 * To whom a message of the quarantine goes when it is released, and whether it may be. Nobody gets it twice unless a person says so: not
 * who has it, and not who may have it.
 */
import { type Entry, readEntries, type SoundEntry } from './entry.js'
import { namesMeant } from './name.js'

export interface ReleaseRequest {
  /** Some of its recipients; all of them unless given. */
  readonly only?: readonly string[]
  /** Other addresses, which get it in place of its recipients. */
  readonly to?: readonly string[]
  /** Also to those who have it, or may have it. */
  readonly again: boolean
}

export interface PermittedRelease {
  readonly recipients: readonly string[]
  /** The commands, one character a byte (Latin-1). */
  readonly mail: string
  /** One for each recipient. */
  readonly rcpt: readonly string[]
}

/** `refused` says why the message is not released, and what can be done about it. */
export type ReleasePlan = PermittedRelease | { readonly refused: string }

/** `twins` are other entries with the same message (`readTwins`). */
export function planRelease(
  entry: SoundEntry,
  request: ReleaseRequest,
  twins: readonly SoundEntry[] = [],
): ReleasePlan {
  const { record, standing } = entry
  const { recipients } = record.envelope
  if (standing.by !== undefined) return refused(`process ${standing.by.pid} is releasing it at this moment`)
  const stranger = request.only?.find((one) => positionOf(one, recipients) === -1)
  if (stranger !== undefined) return refused(`it is not addressed to ${stranger}, but to ${recipients.join(', ')}`)
  const wanted = request.to === undefined ? recipientsOf(entry, request.only) : othersOf(request.to)
  const addresses = wanted.map(({ address }) => address)
  const uncertain = addresses.filter((one) => standing.uncertain.has(one))
  if (uncertain.length > 0 && !request.again) return refused(mayHave(uncertain, record.header.messageId))
  const left = request.again ? wanted : wanted.filter(({ address }) => !standing.released.has(address))
  if (left.length === 0) return refused(`${addresses.join(', ')} had it before: say --again to send it once more`)
  const twin = twins.find((other) => left.some(({ address }) => hasOrMayHave(other, address)))
  if (twin !== undefined && !request.again) {
    return refused(`${twin.name} is the same message, and is released: say --again to send this one too`)
  }
  const isInternational = request.to?.some((one) => /[^\0-\x7f]/.test(one)) === true
  return {
    recipients: left.map(({ address }) => address),
    mail: isInternational ? withSmtputf8(record.commands.mail) : record.commands.mail,
    rcpt: left.map(({ command }) => command),
  }
}

interface Recipient {
  readonly address: string
  readonly command: string
}

function recipientsOf({ record }: SoundEntry, only: readonly string[] | undefined): readonly Recipient[] {
  const { recipients } = record.envelope
  const positions = only?.map((one) => positionOf(one, recipients)) ?? [...recipients.keys()]
  return [...new Set(positions)].map((at) => ({
    address: recipients[at] ?? '',
    command: record.commands.recipients[at] ?? '',
  }))
}

function othersOf(addresses: readonly string[]): readonly Recipient[] {
  return [...new Set(addresses)].map((address) => ({
    address,
    command: Buffer.from(`RCPT TO:<${address}>`).toString('latin1'),
  }))
}

/** RFC 6531 §3.5: an address outside ASCII needs SMTPUTF8. */
function withSmtputf8(mail: string): string {
  return / SMTPUTF8\b/i.test(mail) ? mail : `${mail} SMTPUTF8`
}

function hasOrMayHave({ standing }: SoundEntry, address: string): boolean {
  return standing.released.has(address) || standing.uncertain.has(address)
}

/** Other entries that hold the same message: Postfix tries again when a process is killed before it could say that it has stored one. */
export async function readTwins(
  directory: string,
  names: readonly string[],
  { name, record }: SoundEntry,
): Promise<readonly SoundEntry[]> {
  const twins: SoundEntry[] = []
  const others = namesMeant(record.id, names).filter((other) => other !== name)
  for await (const other of readEntries(directory, others)) if (isTwin(other)) twins.push(other)
  return twins

  function isTwin(other: Entry): other is SoundEntry {
    if (other.state === 'damaged') return false
    const { id, size, envelope, header } = other.record
    const isSame = id === record.id && size === record.size && header.messageId === record.header.messageId
    return isSame && envelope.sender === record.envelope.sender
  }
}

/** Where the address stands among the recipients; -1 where it does not. Upper and lower case are the same, as people type it. */
function positionOf(address: string, recipients: readonly string[]): number {
  const exact = recipients.indexOf(address)
  if (exact !== -1) return exact
  return recipients.findIndex((one) => one.toLowerCase() === address.toLowerCase())
}

function mayHave(addresses: readonly string[], messageId: string | undefined): string {
  const log = messageId === undefined ? "Postfix's log" : `Postfix's log for message-id=${messageId}`
  return `${addresses.join(', ')} may have it: a process ended before it knew. Look into ${log}; then say --again, or delete it`
}

function refused(why: string): { readonly refused: string } {
  return { refused: why }
}
