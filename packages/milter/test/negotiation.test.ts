import { expect, test } from 'vitest'
import { negotiate } from '../src/negotiation.js'
import { PacketReader } from '../src/packet.js'

const OFFERED = { version: 6, actions: 0x1ff, protocol: 0x1f_ffff }
const WISHES = {
  actions: ['addHeaders', 'changeHeaders', 'changeBody', 'deleteRecipients'],
  macros: { mail: ['{auth_authen}', 'j'], endOfMessage: ['i'] },
} as const

test('the answer says what is wanted: no reply but to the end of a message, blanks kept, some macros', () => {
  const [packet, ...others] = new PacketReader().read(negotiate(OFFERED, WISHES))
  expect(others).toEqual([])
  expect(packet?.command).toBe('O')
  const data = packet?.data ?? Buffer.alloc(0)
  expect([data.readUInt32BE(0), data.readUInt32BE(4), data.readUInt32BE(8)]).toEqual([6, 0x11b, 0x1f_f3c0])
  expect(data.toString('latin1', 12)).toBe('\0\0\0\x02{auth_authen} j\0\0\0\0\x05i\0')
})

test('without wishes for macros none are asked for', () => {
  const [packet] = new PacketReader().read(negotiate({ ...OFFERED, actions: 0x1 }, { actions: ['addHeaders'] }))
  expect(packet?.data).toHaveLength(12)
  expect(packet?.data.readUInt32BE(4)).toBe(1)
})

test.each([
  ['an old version', { version: 2 }, /version 2 .*set milter_protocol = 6/],
  ['a protocol without the blanks', { protocol: 0xf_ffff }, /not offered: SMFIP_HDR_LEADSPC$/],
  ['a protocol without no-reply flags', { protocol: 0x17_ff7f }, /not offered: SMFIP_NR_HDR, SMFIP_NR_BODY$/],
  ['too few actions', { actions: 0x101 }, /actions 0x11b are needed, and 0x101 are offered/],
  ['no choice of macros', { actions: 0xff }, /actions 0x11b are needed, and 0xff are offered/],
])('an offer of %s is refused', (_, offer, why) => {
  const negotiating = (): Buffer => negotiate({ ...OFFERED, ...offer }, WISHES)
  expect(negotiating).toThrow(why)
  expect(negotiating).toThrow(expect.objectContaining({ code: 'NEGOTIATION' }))
})
