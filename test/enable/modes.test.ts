/** All ways of handing mail over, set up by one command each, with a runner that a supervisor keeps up. */
import { expect, test } from 'vitest'
import { connect, deliver } from '../ground/client.js'
import { type Site, startSite } from './site.js'

const VIRUS = 'CANDY-TEST-VIRUS'
const SCANNER = `#!/bin/sh
# candy: rewrites
message=$(cat)
case $message in *${VIRUS}*) echo "5.7.1 virus" >&2; exit 69;; esac
echo "X-Judged: yes"
printf '%s\\n' "$message"
`

/** What a supervisor does: starts \`candy serve\` as its account, and again whenever it ends. The ground ends it. */
function supervise({ postfix, installation }: Site): void {
  const serve = ['setpriv', '--reuid', 'candy', '--regid', 'candy', '--groups', 'postdrop', '--', process.execPath]
  const line = [...serve, installation.candy, 'serve', '--workers', '1']
  void postfix.run('sh', ['-c', 'while :; do "$@"; sleep 0.5; done', 'sh', ...line])
}

function letter(body: string): { sender: string; recipients: string[]; bytes: string } {
  return { sender: 'a@example.com', recipients: ['b@example.net'], bytes: `Subject: test\r\n\r\n${body}\r\n` }
}

test('SMTP mode after the queue: mail from the network and from sendmail(1) is judged, and it all goes again', async () => {
  await using site = await startSite()
  const before = await site.files()
  await site.writeFilter('50-scan', SCANNER)
  supervise(site)
  await site.enable('--mode', 'smtp')
  await deliver(site.postfix.port, letter('network'))
  await deliver(site.postfix.port, letter(VIRUS))
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

test('SMTP mode before the queue: the client hears the verdict', async () => {
  await using site = await startSite()
  const before = await site.files()
  await site.writeFilter('50-scan', SCANNER)
  supervise(site)
  await site.enable('--mode', 'smtp', '--queue', 'before')
  await deliver(site.postfix.port, letter('clean'))
  const [message] = await site.sink.waitFor(1)
  expect(message?.bytes.includes('X-Judged: yes')).toBe(true)
  await using client = await connect(site.postfix.port)
  await client.ehlo()
  expect((await client.send(letter(VIRUS))).raw.toString()).toMatch(/^550 5\.7\.1 .*virus/)
  await client.quit()
  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)
})

test('under load, with always_bcc, switching loses, repeats, bounces and lets past nothing', async () => {
  await using site = await startSite({ main: { always_bcc: 'archive@example.net' } })
  const before = await site.files()
  await site.writeFilter('50-scan', SCANNER)
  supervise(site)
  await site.enable('--mode', 'pipe')
  let going = true
  const sent: string[] = []
  const load = async (name: string): Promise<void> => {
    // A session for every few messages, so that some are open across each reload.
    for (let count = 0; going; ) {
      await using client = await connect(site.postfix.port)
      await client.ehlo()
      for (let left = 5; left > 0 && going; left--) {
        const body = `${name}-${count++};`
        expect((await client.send(letter(body))).code).toBe(250)
        sent.push(body)
        await new Promise((resolve) => setTimeout(resolve, 300))
      }
      await client.quit()
    }
  }
  const loads = [load('a'), load('b')]
  await site.candy(['mode', 'smtp', '--yes'])
  expect((await site.files()).master).toContain('content_filter=candy-lmtp:unix:candy/lmtp')
  await site.candy(['mode', 'pipe', '--yes'])
  expect((await site.files()).master).toContain('content_filter=candy:dummy')
  going = false
  await Promise.all(loads)
  await site.postfix.waitUntilEmpty(120_000)
  await site.candy(['disable', '--yes'])
  expect(await site.files()).toEqual(before)

  const seen = site.sink.messages.map(({ bytes, recipients }) => ({
    key: `${/[ab]-\d+;/.exec(bytes.toString('latin1'))} ${recipients}`,
    judged: bytes.includes('X-Judged: yes'),
  }))
  const expected = sent.flatMap((body) => [`${body} archive@example.net`, `${body} b@example.net`])
  const keys = seen.flatMap(({ key }) => {
    const [body, recipients = ''] = key.split(' ')
    return recipients.split(',').map((recipient) => `${body} ${recipient}`)
  })
  expect(keys.filter((key) => !key.startsWith('null')).toSorted()).toEqual(expected.toSorted())
  expect(
    seen
      .filter(({ judged }) => !judged)
      .map(({ key }) => key)
      .filter((key) => !key.startsWith('null')),
  ).toEqual([])
})
