/** All ways of handing mail over, set up by one command each, with a runner that a supervisor keeps up. */
import { expect, test } from 'vitest'
import { connect, deliver } from '../kit/client.js'
import { startSite } from './site.js'

const VIRUS = 'CANDY-TEST-VIRUS'
const SCANNER = `#!/bin/sh
# candy: rewrites
message=$(cat)
case $message in *${VIRUS}*) echo "5.7.1 virus" >&2; exit 69;; esac
echo "X-Judged: yes"
printf '%s\\n' "$message"
`

function mail(body: string): { sender: string; recipients: string[]; bytes: string } {
  return { sender: 'a@example.com', recipients: ['b@example.net'], bytes: `Subject: test\r\n\r\n${body}\r\n` }
}

// Each on a site of its own, at the same time: they wait more than they work.
test.concurrent('mode smtp: mail from the network and from sendmail(1) is judged, and it all goes again', async () => {
  await using site = await startSite()
  const before = await site.files()
  await site.writeFilter('50-scan', SCANNER)
  site.supervise()
  await site.enable('--mode', 'smtp')
  await deliver(site.postfix.port, mail('network'))
  await deliver(site.postfix.port, mail(VIRUS))
  const sent = await site.postfix.run('sendmail', ['-f', 'a@example.com', 'b@example.net'], {
    input: 'Subject: x\n\nlocal\n',
  })
  expect(sent.status).toBe(0)
  const messages = await site.sink.waitFor(2)
  expect(messages.map(({ bytes }) => bytes.includes('X-Judged: yes'))).toEqual([true, true])
  await site.postfix.waitUntilEmpty()
  expect(await site.quarantined()).toHaveLength(1)
  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)
})

test.concurrent('mode milter: the client hears the verdict, and mail from sendmail(1) is judged too', async () => {
  // The site has a milter of its own, which is not there at the moment, and does no harm.
  const own = '{ unix:nowhere, default_action=accept }'
  await using site = await startSite({ main: { smtpd_milters: own, non_smtpd_milters: '$smtpd_milters' } })
  const before = await site.files()
  await site.writeFilter('50-scan', SCANNER)
  site.supervise()
  await site.enable('--mode', 'milter')
  expect((await site.files()).main).toContain(`smtpd_milters = $candy_milter, ${own}\n`)
  await deliver(site.postfix.port, mail('network'))
  await using client = await connect(site.postfix.port)
  await client.ehlo()
  expect((await client.send(mail(VIRUS))).raw.toString()).toMatch(/^550 5\.7\.1 .*virus/)
  await client.send(mail('after it'))
  await client.quit()
  await site.postfix.run('sendmail', ['-f', 'a@example.com', 'b@example.net'], { input: 'Subject: x\n\nlocal\n' })
  const messages = await site.sink.waitFor(3)
  expect(messages.map(({ bytes }) => bytes.toString().match(/^X-Judged: yes\r$/gm))).toEqual(
    Array(3).fill(['X-Judged: yes\r']),
  )
  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)
})

test.concurrent('mode smtp-before: the client hears the verdict', async () => {
  await using site = await startSite()
  const before = await site.files()
  await site.writeFilter('50-scan', SCANNER)
  site.supervise()
  await site.enable('--mode', 'smtp-before')
  await deliver(site.postfix.port, mail('clean'))
  const [message] = await site.sink.waitFor(1)
  expect(message?.bytes.includes('X-Judged: yes')).toBe(true)
  await using client = await connect(site.postfix.port)
  await client.ehlo()
  expect((await client.send(mail(VIRUS))).raw.toString()).toMatch(/^550 5\.7\.1 .*virus/)
  await client.quit()
  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)
})
