/** `candy enable` and `candy disable` in pipe mode, with a real Postfix that did not know candy before. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, deliver } from '../kit/client.js'
import { masterOf } from './shapes.js'
import { type Site, startSite } from './site.js'

const VIRUS = 'CANDY-TEST-VIRUS'
const SCANNER = `#!/bin/sh\nif grep -q ${VIRUS}; then echo "5.7.1 virus"; exit 69; fi\n`

function mail(body: string): { sender: string; recipients: string[]; bytes: string } {
  return { sender: 'a@example.com', recipients: ['b@example.net'], bytes: `Subject: test\r\n\r\n${body}\r\n` }
}

async function arrivals(site: Site, ...bodies: readonly string[]): Promise<void> {
  const messages = await site.sink.waitFor(bodies.length)
  const received = messages.map(({ bytes }) => bytes.toString('latin1').split('\r\n\r\n')[1]?.trimEnd())
  expect(received.toSorted()).toEqual(bodies.toSorted())
  site.sink.clear()
}

/** Mode, owners and access control list of the directory where mail comes back. */
async function permissionsOf({ postfix }: Site): Promise<string> {
  const { stdout } = await postfix.run('getfacl', ['-p', join(postfix.queueDirectory, 'public')])
  return stdout.toString()
}

/** A filter that adds a field each time it judges a message. */
const MARK = '#!/bin/sh\n# candy: rewrites\necho "X-Judged: yes"; cat\n'

function judgements(message: { readonly bytes: Buffer } | undefined): number {
  return message?.bytes.toString('latin1').match(/^X-Judged: yes\r$/gm)?.length ?? 0
}

// Each on a site of its own, at the same time: they wait more than they work.
test.concurrent('one command has mail judged, and one gives the files back byte for byte', async () => {
  await using site = await startSite()
  const before = await site.files()
  const permissions = await permissionsOf(site)
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
  await deliver(site.postfix.port, mail('clean'))
  await deliver(site.postfix.port, mail(VIRUS))
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
  await deliver(site.postfix.port, mail(VIRUS))
  await site.postfix.waitUntilEmpty()
  expect(await site.quarantined()).toHaveLength(2)

  const { stdout: shown } = await site.candy(['disable', '--dry-run'])
  expect(shown).toMatch(/take candy's entry out of the access control list of .*\/public\n/)
  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)
  expect(await permissionsOf(site)).toBe(permissions)
  await deliver(site.postfix.port, mail(VIRUS))
  await arrivals(site, VIRUS)
  expect((await site.candy(['disable', '--yes'])).stdout).toContain('Nothing to do')
})

test.concurrent('what sendmail(1) submits is judged once, raw 8-bit headers demand nothing of the next hop, and headers are mapped as without candy', async () => {
  await using site = await startSite({
    main: {
      sender_canonical_maps: 'inline:{a@example.org=canon@example.org}',
      recipient_canonical_maps: 'inline:{c@example.net=cc@example.net}',
      smtp_discard_ehlo_keywords: 'smtputf8',
      // With the test bed's one second a retry may come while pipe(8) still holds the message, and then waits for ever.
      minimal_backoff_time: '4s',
      maximal_backoff_time: '4s',
    },
  })
  const bytes = Buffer.from(
    'From: <a@example.org>\r\nTo: <c@example.net>\r\nSubject: caf\xe9\r\n\r\nbody\r\n',
    'latin1',
  )
  const mail = { sender: 'a@example.org', recipients: ['c@example.net'], bytes }
  const submit = async (): Promise<void> => {
    await site.postfix.run('sendmail', ['-f', mail.sender, ...mail.recipients], {
      input: bytes.toString('latin1').replaceAll('\r', '').replace('\xe9', 'e'),
    })
  }
  const received = async (): Promise<readonly string[]> => {
    await deliver(site.postfix.port, mail)
    await submit()
    const messages = await site.sink.waitFor(2)
    const shown = messages.map((message) => {
      const header = message.bytes.toString('latin1').replace(/\r\n\r\n.*/s, '')
      const fields = header.match(/^(?:From|To|Subject):.*$/gm) ?? []
      return [message.sender, ...message.recipients, ...fields.toSorted()].join(' ')
    })
    return shown.toSorted()
  }
  const without = await received()
  expect(without.join()).toContain('<canon@example.org>')
  expect(without.join()).toContain('<cc@example.net>')
  site.sink.clear()

  await site.enable('--mode', 'pipe')
  await site.writeFilter('50-mark', MARK)
  expect(await received()).toEqual(without)
  expect(site.sink.messages.map(judgements)).toEqual([1, 1])
  site.sink.clear()
  // A requeued message comes in by pickup(8) again.
  await site.writeFilter('50-mark', '#!/bin/sh\necho "4.7.1 not now"; exit 75\n')
  await deliver(site.postfix.port, mail)
  await site.postfix.waitUntil('deferred mail', async () =>
    (await site.postfix.queue()).some(({ queue_name: queue }) => queue === 'deferred'),
  )
  await site.writeFilter('50-mark', MARK)
  await site.postfix.run('postsuper', ['-r', 'ALL'])
  await site.postfix.run('postkick', ['public', 'pickup', 'W'])
  const [requeued] = await site.sink.waitFor(1)
  expect(judgements(requeued)).toBe(1)
  expect(await site.postfix.log()).not.toContain('status=bounced')
})

test.concurrent('pipe.reinject of the operator is kept, and then mail from sendmail(1) is not filtered', async () => {
  await using site = await startSite()
  const permissions = await permissionsOf(site)
  const settings = join(site.postfix.configDirectory, 'candy.toml')
  await writeFile(settings, `state = "${site.state}"\n[pipe]\nreinject = "sendmail"\n`)
  const { stdout } = await site.candy(['enable', '--yes', '--mode', 'pipe'])
  expect(stdout).toMatch(/warning: NOT filtered: pickup\/unix.*\n(?:.*\n)*warning: .*pipe\.reinject = "sendmail"/)
  expect(await permissionsOf(site)).toBe(permissions)
  await site.writeFilter('50-mark', MARK)
  await deliver(site.postfix.port, mail('once'))
  const [message] = await site.sink.waitFor(1)
  expect(judgements(message)).toBe(1)
  // When the setting is changed, the next `candy enable` follows it.
  await writeFile(settings, `state = "${site.state}"\n`)
  await site.candy(['enable', '--yes', '--mode', 'pipe'])
  expect(await permissionsOf(site)).toContain('user:candy:--x')
  expect(await readFile(settings, 'utf8')).toContain('public/candy-in"')
  expect((await site.files()).master).toMatch(/^pickup .*\n {2}-o content_filter=candy:dummy/m)
})

test.concurrent('where candy cannot get access to public/, enable refuses, says what can be done, and leaves nothing behind', async () => {
  await using site = await startSite()
  const before = await site.files()
  const permissions = await permissionsOf(site)
  const argv = ['enable', '--yes', '--state', site.state, '--mode', 'pipe']
  const hidden = 'mount --bind /dev/null /usr/bin/getfacl && exec "$@"'
  const { stderr } = await site.candyIn(hidden, argv, 69)
  expect(stderr).toMatch(/may not enter .*public.*apt install acl.*--mode smtp.*reinject = "sendmail"/)
  await site.postfix.run('umount', ['/usr/bin/getfacl'])
  const fake = join(site.directory, 'bin')
  await mkdir(fake)
  await writeFile(join(fake, 'setfacl'), '#!/bin/sh\necho "setfacl: Operation not supported" >&2; exit 1\n', {
    mode: 0o755,
  })
  const failed = await site.candyIn(`PATH=${fake}:$PATH exec "$@"`, argv, 69)
  expect(failed.stderr).toMatch(/Operation not supported.*file system.*--mode smtp(?:.|\n)*as it was before/)
  expect(await site.files()).toEqual(before)
  expect(await permissionsOf(site)).toBe(permissions)
})

test.concurrent('in a second instance, whose services are chrooted, mail comes back through its own candy-in', async () => {
  await using site = await startSite({ stock: (port) => masterOf('multi', port), secondary: true })
  const before = await site.files()
  const permissions = await permissionsOf(site)
  await site.enable('--mode', 'pipe')
  await site.writeFilter('50-mark', MARK)
  await deliver(site.postfix.port, mail('network'))
  const [message] = await site.sink.waitFor(1)
  expect(judgements(message)).toBe(1)
  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)
  expect(await permissionsOf(site)).toBe(permissions)
})
