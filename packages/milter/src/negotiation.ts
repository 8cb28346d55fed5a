/**
 * The first packet in each direction, in which both sides agree on what the milter may do and which packets are sent (SMFIC_OPTNEG).
 *
 * This package is for milters that judge a whole message at its end. So it always asks that no other packet be replied to than the end
 * of a message: that leaves one round trip a message. Packets that say nothing to such a milter are not sent at all. The names are
 * those of mfdef.h in libmilter: SMFIF_* for actions, SMFIP_* for the protocol.
 */
import { MilterError } from './error.js'
import type { Offer } from './event.js'
import { uint32, writePacket } from './packet.js'

/** The version that Postfix speaks since 2.6, unless `milter_protocol` says otherwise. */
const VERSION = 6

/** What a milter may do to a message. */
export const ACTIONS: Readonly<
  Record<'addHeaders' | 'changeHeaders' | 'changeBody' | 'addRecipients' | 'deleteRecipients' | 'quarantine', number>
> = {
  addHeaders: 0x01,
  changeBody: 0x02,
  addRecipients: 0x04,
  deleteRecipients: 0x08,
  changeHeaders: 0x10,
  quarantine: 0x20,
}

export type Action = keyof typeof ACTIONS

/** SMFIF_SETSYMLIST: the milter may say which macros it wants. */
const CHOOSE_MACROS = 0x100

/** What is asked for in every session, by its name in mfdef.h. */
const PROTOCOL: Readonly<Record<string, number>> = {
  SMFIP_NR_HDR: 0x80,
  SMFIP_NR_CONN: 0x1000,
  SMFIP_NR_HELO: 0x2000,
  SMFIP_NR_MAIL: 0x4000,
  SMFIP_NR_RCPT: 0x8000,
  SMFIP_NR_DATA: 0x10000,
  SMFIP_NR_UNKN: 0x20000,
  SMFIP_NR_EOH: 0x40000,
  SMFIP_NR_BODY: 0x80000,
  SMFIP_NOEOH: 0x40,
  SMFIP_NOUNKNOWN: 0x100,
  SMFIP_NODATA: 0x200,
  // Without it a blank after the colon is taken away: `X:a` and `X: a` would be the same field.
  SMFIP_HDR_LEADSPC: 0x100000,
}

/** The stages for which macros can be chosen (SMFIM_*). */
const STAGES: Readonly<Record<'connect' | 'helo' | 'mail' | 'recipient' | 'data' | 'endOfMessage', number>> = {
  connect: 0,
  helo: 1,
  mail: 2,
  recipient: 3,
  data: 4,
  endOfMessage: 5,
}

export interface Wishes {
  readonly actions: readonly Action[]
  /** The macros that are wanted with a packet, in place of those that main.cf names: `{ mail: ['{auth_authen}'] }`. */
  readonly macros?: Readonly<Partial<Record<keyof typeof STAGES, readonly string[]>>>
}

/** The answer to an offer. Throws `NEGOTIATION`, with what to change in main.cf, when the other side does not offer what is needed. */
export function negotiate({ version, actions: offered, protocol }: Offer, { actions, macros = {} }: Wishes): Buffer {
  if (version < VERSION) {
    throw new MilterError(
      'NEGOTIATION',
      `version ${version} of the milter protocol is offered, and ${VERSION} is needed: set milter_protocol = ${VERSION}`,
    )
  }
  const missing = Object.entries(PROTOCOL).flatMap(([name, bit]) => ((protocol & bit) === 0 ? [name] : []))
  if (missing.length > 0) throw new MilterError('NEGOTIATION', `what is needed is not offered: ${missing.join(', ')}`)
  const lists = Object.entries(macros)
  const wanted = actions.reduce((sum, action) => sum | ACTIONS[action], lists.length > 0 ? CHOOSE_MACROS : 0)
  if ((offered & wanted) !== wanted) {
    throw new MilterError(
      'NEGOTIATION',
      `the actions 0x${wanted.toString(16)} are needed, and 0x${offered.toString(16)} are offered`,
    )
  }
  const numbers = [VERSION, wanted, Object.values(PROTOCOL).reduce((sum, bit) => sum | bit)]
  const chosen = lists.flatMap(([stage, names]) => [
    uint32(STAGES[stage as keyof typeof STAGES]),
    Buffer.from(`${names.join(' ')}\0`, 'latin1'),
  ])
  return writePacket('O', ...numbers.map(uint32), ...chosen)
}
