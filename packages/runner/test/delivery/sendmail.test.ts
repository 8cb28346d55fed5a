import { expect, test } from 'vitest'
import { Deadline } from '../../src/chain/deadline.js'
import { sendmailNextHop } from '../../src/delivery/sendmail.js'
import { chunks, scratch } from '../support.js'

test('an address that is not UTF-8 is not given to sendmail(1), since Node.js would change it', async () => {
  const content = { size: 1, open: () => chunks('x'), headers: async () => Buffer.from('x') }
  const message = {
    id: '4F2B',
    envelope: { sender: 'a@example.com', recipients: ['b\ufffd@example.net'] },
    addresses: { sender: Buffer.from('a@example.com'), recipients: [Buffer.from('b\xff@example.net', 'latin1')] },
    content,
    assertUpstream: () => {},
  } as const
  const handed = sendmailNextHop('/bin/true', scratch()).handOver(message, new Deadline(undefined, 20_000))
  await expect(handed).rejects.toMatchObject({ code: 'NEXT_HOP', message: expect.stringContaining('is not UTF-8') })
})
