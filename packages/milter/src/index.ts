/** What this package exports, and nothing else. */
export { MilterError, type MilterErrorCode } from './error.js'
export type { Connect, MilterEvent, Offer } from './event.js'
export { ACTIONS, type Action, negotiate, type Wishes } from './negotiation.js'
export { type Packet, PacketReader, writePacket } from './packet.js'
export {
  accept,
  appendHeader,
  changeHeader,
  discard,
  insertHeader,
  progress,
  removeHeader,
  removeRecipient,
  replaceBody,
  reply,
} from './reply.js'
export { MilterSession } from './session.js'
