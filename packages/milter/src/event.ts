/** What a Mail Transfer Agent tells a milter: the packets that Postfix sends (milter8.c, mfdef.h), read into values. */
import { MilterError } from './error.js'
import type { Packet } from './packet.js'

export interface Offer {
  readonly version: number
  /** The sum of SMFIF_* numbers. */
  readonly actions: number
  /** The sum of SMFIP_* numbers. */
  readonly protocol: number
}

/** The packets in the order in which they come. Texts are UTF-8; what may be any bytes is a Buffer, which may share memory with the input. */
export type MilterEvent =
  | ({ readonly type: 'negotiate' } & Offer)
  /** Comes before the packet that it is for, also where that one is not sent; `packet` is its command. */
  | { readonly type: 'macros'; readonly packet: string; readonly values: ReadonlyMap<string, string> }
  | Connect
  | { readonly type: 'helo'; readonly name: string }
  /** The first argument is the address as it was sent, with its brackets where it had any; the others are ESMTP parameters. */
  | { readonly type: 'mail'; readonly arguments: readonly [Buffer, ...Buffer[]] }
  | { readonly type: 'recipient'; readonly arguments: readonly [Buffer, ...Buffer[]] }
  | { readonly type: 'data' }
  /** `value` is all between the colon and the end of the field, with its first blank; it is folded with LF, without CR. */
  | { readonly type: 'header'; readonly name: Buffer; readonly value: Buffer }
  | { readonly type: 'endOfHeader' }
  /** A part of the body, with CRLF. */
  | { readonly type: 'body'; readonly chunk: Buffer }
  /** The message is complete, and waits for the reply. `chunk` is the last part of the body; Postfix leaves it empty. */
  | { readonly type: 'endOfMessage'; readonly chunk: Buffer }
  /** There is no message any more. It also comes after every message that was replied to. */
  | { readonly type: 'abort' }
  | { readonly type: 'quit' }

export interface Connect {
  readonly type: 'connect'
  /** The verified name of the client; its address in brackets where there is none. */
  readonly hostname: string
  readonly family: 'inet' | 'inet6' | 'unix' | 'unknown'
  /** Without `IPv6:`; the path of a UNIX socket. Absent where the family is not known. */
  readonly address?: string
  /** 0 for mail that did not come over the network, as that of sendmail(1). */
  readonly port?: number
}

const FAMILIES: Readonly<Record<string, Connect['family']>> = { '4': 'inet', '6': 'inet6', L: 'unix', U: 'unknown' }

/** Reads a packet. Throws `PACKET`. */
export function parseEvent({ command, data }: Packet): MilterEvent {
  switch (command) {
    case 'L':
      return parseHeader(data)
    case 'D':
      return parseMacros(data)
    case 'B':
      return { type: 'body', chunk: data }
    case 'E':
      return { type: 'endOfMessage', chunk: data }
    case 'M':
    case 'R':
      return { type: command === 'M' ? 'mail' : 'recipient', arguments: parseArguments(command, data) }
    case 'A':
      return { type: 'abort' }
    case 'N':
      return { type: 'endOfHeader' }
    case 'T':
      return { type: 'data' }
    case 'C':
      return parseConnect(data)
    case 'H':
      return { type: 'helo', name: onlyString(command, data).toString() }
    case 'O':
      return parseOffer(data)
    case 'Q':
      return { type: 'quit' }
    default:
      throw new MilterError('PACKET', `a packet ${JSON.stringify(command)}, which is none of Postfix`)
  }
}

function parseOffer(data: Buffer): MilterEvent {
  if (data.length < 12) throw malformed('O')
  const [version, actions, protocol] = [data.readUInt32BE(0), data.readUInt32BE(4), data.readUInt32BE(8)]
  return { type: 'negotiate', version, actions, protocol }
}

/** The strings are names and values in turn. */
function parseMacros(data: Buffer): MilterEvent {
  const strings = splitStrings('D', data.subarray(1))
  if (data.length === 0 || strings.length % 2 !== 0) throw malformed('D')
  const values = new Map<string, string>()
  for (let index = 0; index < strings.length; index += 2) values.set(`${strings[index]}`, `${strings[index + 1]}`)
  return { type: 'macros', packet: String.fromCharCode(data[0] as number), values }
}

function parseConnect(data: Buffer): Connect {
  const end = data.indexOf(0)
  const family = FAMILIES[String.fromCharCode(data[end + 1] ?? 0)]
  if (end === -1 || family === undefined) throw malformed('C')
  const hostname = data.toString('utf8', 0, end)
  if (family === 'unknown') return { type: 'connect', hostname, family }
  const rest = data.subarray(end + 2)
  if (rest.length < 2) throw malformed('C')
  const address = onlyString('C', rest.subarray(2)).toString()
  return { type: 'connect', hostname, family, port: rest.readUInt16BE(0), address }
}

function parseArguments(command: string, data: Buffer): readonly [Buffer, ...Buffer[]] {
  const [first, ...others] = splitStrings(command, data)
  if (first === undefined) throw malformed(command)
  return [first, ...others]
}

function parseHeader(data: Buffer): MilterEvent {
  const end = data.indexOf(0)
  // The value ends with the only other NUL, at the end of the data.
  if (end < 1 || data.length < end + 2 || data.indexOf(0, end + 1) !== data.length - 1) throw malformed('L')
  return { type: 'header', name: data.subarray(0, end), value: data.subarray(end + 1, -1) }
}

function onlyString(command: string, data: Buffer): Buffer {
  const [only, ...others] = splitStrings(command, data)
  if (only === undefined || others.length > 0) throw malformed(command)
  return only
}

/** Each string ends in NUL. */
function splitStrings(command: string, data: Buffer): readonly Buffer[] {
  if (data.length > 0 && data.at(-1) !== 0) throw malformed(command)
  const strings: Buffer[] = []
  for (let at = 0; at < data.length; ) {
    const end = data.indexOf(0, at)
    strings.push(data.subarray(at, end))
    at = end + 1
  }
  return strings
}

function malformed(command: string): MilterError {
  return new MilterError('PACKET', `the data of a packet ${command} is malformed`)
}
