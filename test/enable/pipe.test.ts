/** `candy enable` and `candy disable` in pipe mode, with a real Postfix that did not know candy before. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, deliver } from '../ground/client.js'
import { type Site, startSite } from './site.js'

const VIRUS = 'CANDY-TEST-VIRUS'
const SCANNER = `#!/bin/sh\nif grep -q ${VIRUS}; then echo "5.7.1 virus"; exit 69; fi\n`

function letter(body: string): { sender: string; recipients: string[]; bytes: string } {
  return { sender: 'a@example.com', recipients: ['b@example.net'], bytes: `Subject: test\r\n\r\n${body}\r\n` }
}

async function arrivals(site: Site, ...bodies: readonly string[]): Promise<void> {
  const messages = await site.sink.waitFor(bodies.length)
  const received = messages.map(({ bytes }) => bytes.toString('latin1').split('\r\n\r\n')[1]?.trimEnd())
  expect(received.toSorted()).toEqual(bodies.toSorted())
  site.sink.clear()
}

test('one command has mail judged, and one gives the files back byte for byte', async () => {
  await using site = await startSite()
  const before = await site.files()
  await using open = await connect(site.postfix.port)
  const { stderr: told } = await site.candy(['enable', '--yes', '--state', site.state, '--mode', 'pipe'])
  expect(told).toMatch(/1 sessions from before are still open \(smtpd \d+\); until they end, .* NOT filtered/)
  await open.quit()
  const enabled = await site.files()
  expect(enabled.master).toContain('content_filter=candy:dummy')
  expect(enabled.master).not.toContain('candy-proof')
  expect(enabled.master).not.toContain('soft_bounce')
  expect(enabled.main).not.toContain('candy-proof')
  expect(site.sink.messages).toEqual([])

  await site.writeFilter('50-scan', SCANNER)
  await deliver(site.postfix.port, letter('clean'))
  await deliver(site.postfix.port, letter(VIRUS))
  await arrivals(site, 'clean')
  await site.postfix.waitUntilEmpty()
  expect(await site.quarantined()).toHaveLength(1)

  const again = await site.candy(['enable', '--yes', '--mode', 'pipe'])
  expect(again.stdout).toContain('Nothing to do')
  expect(await site.files()).toEqual(enabled)

  const settings = join(site.postfix.configDirectory, 'candy.toml')
  const written = await readFile(settings, 'utf8')
  const { stderr } = await site.candy(['mode', 'smtp', '--wait', '1s', '--yes'], 69)
  expect(stderr).toMatch(/nobody answers on .*\nEverything is as it was before/)
  expect(await site.files()).toEqual(enabled)
  expect(await readFile(settings, 'utf8')).toBe(written)
  await writeFile(settings, written.replace('"pipe"', '"smtp"'))
  await site.candy(['enable', '--yes'])
  expect(await readFile(settings, 'utf8')).toBe(written)
  await deliver(site.postfix.port, letter(VIRUS))
  await site.postfix.waitUntilEmpty()
  expect(await site.quarantined()).toHaveLength(2)

  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)
  await deliver(site.postfix.port, letter(VIRUS))
  await arrivals(site, VIRUS)
  expect((await site.candy(['disable', '--yes'])).stdout).toContain('Nothing to do')
})
