/** Finds out what was done with a message: looks for it at the next hop and in the quarantine. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { deliver } from '../kit/client.js'
import type { RelayTestBed } from '../kit/relay.js'
import type { DemoMail } from './mails.js'

export interface MailResult {
  readonly mail: DemoMail
  /** `bounced` and `lost` are errors of the set-up. */
  readonly outcome: 'delivered' | 'quarantined' | 'bounced' | 'lost'
  readonly milliseconds: number
  /** Whether the body is, byte for byte, what was sent. */
  readonly sameBody: boolean
  /** Header fields that the filters added, unfolded. */
  readonly added: readonly string[]
  /** Which filter decided and why, when the message was not delivered. */
  readonly reason: string
}

/** Sends a message through Postfix, and waits until it has been delivered, quarantined or bounced. */
export async function send(testBed: RelayTestBed, mail: DemoMail): Promise<MailResult> {
  const { postfix, sink } = testBed
  sink.clear()
  const before = new Set((await testBed.quarantined()).map(({ name }) => name))
  const begun = performance.now()
  await deliver(postfix.port, { sender: 'alice@example.com', recipients: ['bob@example.net'], bytes: mail.bytes })
  await postfix.waitUntilEmpty(120_000)
  const milliseconds = performance.now() - begun
  const result = { mail, milliseconds, sameBody: false, added: [], reason: '' }
  const [arrived] = sink.messages
  if (arrived?.sender === '') return { ...result, outcome: 'bounced' }
  if (arrived !== undefined) {
    const sameBody = bodyOf(arrived.bytes).equals(bodyOf(mail.bytes))
    return { ...result, outcome: 'delivered', sameBody, added: addedFields(arrived.bytes) }
  }
  const kept = (await testBed.quarantined()).find(({ name }) => !before.has(name))
  if (kept === undefined) return { ...result, outcome: 'lost' }
  const sameBody = bodyOf(kept.bytes).equals(bodyOf(mail.bytes))
  const reason = await readReason(join(testBed.state, 'quarantine', kept.name))
  return { ...result, outcome: 'quarantined', sameBody, reason }
}

/** One line for each file below a directory: mode, bytes, path. */
export async function listFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, { recursive: true })
  const lines = names.sort().map(async (name) => {
    const { mode, size } = await stat(join(directory, name))
    return `${(mode & 0o7777).toString(8)} ${String(size).padStart(6)} ${name}`
  })
  return await Promise.all(lines)
}

async function readReason(directory: string): Promise<string> {
  const { reason } = JSON.parse(await readFile(join(directory, 'record.json'), 'utf8'))
  return `${reason.filter}: ${reason.text}`
}

function addedFields(bytes: Buffer): string[] {
  const header = bytes.toString('latin1', 0, headerEnd(bytes))
  return header
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
    .filter((field) => /^X-(?:Virus|Spam|Candy)-/i.test(field))
    .map((field) => field.replaceAll('\t', ' '))
}

function bodyOf(bytes: Buffer): Buffer {
  return bytes.subarray(headerEnd(bytes) + 4)
}

function headerEnd(bytes: Buffer): number {
  return bytes.indexOf('\r\n\r\n')
}
