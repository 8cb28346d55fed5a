/** What main.cf limits or slows down for all mail must not hold up or bounce what was given to candy. */
import { expect, test } from 'vitest'
import { deliver } from '../kit/client.js'
import { startSite } from './site.js'

const SLOW = {
  default_destination_rate_delay: '3s',
  default_transport_rate_delay: '3s',
  default_destination_concurrency_limit: '1',
  initial_destination_concurrency: '1',
  // The time for delivery to other hosts is not measured.
  smtp_destination_rate_delay: '0s',
  smtp_transport_rate_delay: '0s',
}

function mail(size: number): { sender: string; recipients: string[]; bytes: string } {
  const body = `${'x'.repeat(98)}\r\n`.repeat(size / 100)
  return { sender: 'a@example.com', recipients: ['b@example.net'], bytes: `Subject: test\r\n\r\n${body}` }
}

test('a message_size_limit that is raised later holds for filtered mail, and slow delivery to other hosts does not', async () => {
  await using site = await startSite({ main: { ...SLOW, message_size_limit: '200000' } })
  const before = await site.files()
  site.supervise()
  await site.enable('--mode', 'smtp')
  // The test message of `candy enable` has used the same transport.
  const began = performance.now()
  for (let count = 0; count < 5; count++) await deliver(site.postfix.port, mail(1000))
  await site.sink.waitFor(5)
  expect(performance.now() - began).toBeLessThan(9_000)
  site.sink.clear()

  await site.postfix.set({ message_size_limit: '500000' })
  await site.postfix.reload()
  for (const mode of ['smtp', 'smtp-before']) {
    if (mode === 'smtp-before') await site.candy(['mode', mode, '--yes'])
    await deliver(site.postfix.port, mail(450_000))
    const [message] = await site.sink.waitFor(1)
    expect(message?.bytes.length).toBeGreaterThan(450_000)
    site.sink.clear()
  }
  expect(await site.postfix.log()).not.toContain('status=bounced')
  await site.candy(['disable', '--yes'])
  expect((await site.files()).main).toBe(
    `${before.main.replace(/^message_size_limit.*\n/m, 'message_size_limit = 500000\n')}`,
  )
  expect((await site.files()).master).toBe(before.master)
})
