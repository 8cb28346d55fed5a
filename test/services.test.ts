/**
 * The services that a filter needs, tried with the simplest filters there are: FILTER_README's shell script below its own transport,
 * and a dialog by hand with candy's re-injection service.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { grantAccess } from '../packages/runner/src/postfix/access.js'
import { connect, deliver } from './kit/client.js'
import { runCommand } from './kit/command.js'
import { addServices } from './kit/enabled.js'
import { addedTo, bytes, mail } from './kit/mail-sample.js'
import { writeScript } from './kit/script.js'
import { pipeTransport } from './kit/services.js'
import { startTestBed } from './kit/test-bed.js'

describe('a content filter under pipe(8)', () => {
  // FILTER_README's simple filter, but for the status of what it refuses: 5.7.1 from its output.
  const filter = `
    directory=$1; shift
    message=$(mktemp "$directory/in.XXXXXX") || exit 75
    trap 'rm -f "$message"' EXIT
    cat >"$message" || exit 75
    ! grep -q forbidden "$message" || { echo '5.7.1 forbidden'; exit 69; }
    (id -un; echo 'X-Filtered: yes') >"$directory/seen"
    /usr/sbin/sendmail -G -i "$@" <"$message" || exit 75`

  async function startFiltered(): ReturnType<typeof startTestBed> {
    return startTestBed(async (directory) => {
      const inbox = join(directory, 'inbox')
      await mkdir(inbox)
      await runCommand('chown', ['candy:', inbox])
      const script = await writeScript(directory, 'filter', filter)
      // biome-ignore lint/suspicious/noTemplateCurlyInString: macros of pipe(8)
      const argv = [script, inbox, '-f', '${sender}', '--', '${recipient}']
      return { services: [pipeTransport(argv)], attach: { contentFilter: 'filter:dummy' } }
    })
  }

  it('runs as candy and hands mail back through sendmail', async () => {
    await using testBed = await startFiltered()
    await deliver(testBed.postfix.port, { ...mail, recipients: ['bob@example.net', 'eve@example.net'] })
    const [received] = await testBed.sink.waitFor(1)
    expect(received?.recipients).toEqual(['bob@example.net', 'eve@example.net'])
    expect(addedTo(received?.bytes)).toMatch(
      /^Received: by .* from userid \d+\)\r\n\tid [^\r]*\r\nReceived: from client/,
    )
    expect((await testBed.postfix.run('cat', [join(testBed.directory, 'inbox', 'seen')])).stdout.toString()).toContain(
      'candy',
    )
    await testBed.postfix.waitForLog(/relay=filter, .*status=sent/)
    await testBed.postfix.waitUntilEmpty()
    expect(testBed.sink.count).toBe(1)
  })

  it('refuses mail with status 69', async () => {
    await using testBed = await startFiltered()
    await deliver(testBed.postfix.port, { ...mail, bytes: Buffer.concat([bytes, Buffer.from('forbidden\r\n')]) })
    await testBed.postfix.waitForLog(/relay=filter, .*dsn=5\.7\.1, status=bounced \(forbidden \)/)
  })
})

describe('the re-injection service', () => {
  function startReinjecting(): ReturnType<typeof startTestBed> {
    return startTestBed({ prepare: ({ configDirectory }) => addServices(configDirectory) })
  }

  it('takes mail from the account candy, once an access control list lets it in', async () => {
    await using testBed = await startReinjecting()
    const { postfix, sink } = testBed
    const client = join(testBed.directory, 'client.mjs')
    await writeFile(client, rawClient)
    const run = () =>
      postfix.run(process.execPath, [client, join(postfix.queueDirectory, 'public', 'candy-in')], { user: 'candy' })
    expect((await run()).stderr.toString()).toContain('EACCES')
    grantAccess(join(postfix.queueDirectory, 'public'))
    const { status, stdout } = await run()
    expect({ status, stdout: stdout.toString() }).toEqual({
      status: 0,
      stdout: expect.stringContaining('250 2.0.0 Ok: queued'),
    })
    const [received] = await sink.waitFor(1)
    expect(received?.bytes.toString()).toMatch(/Subject: raw\r\n\r\nbody\r\n$/)
    expect(await postfix.log()).toContain('postfix/candy-in/smtpd')
  })

  it('announces what a filter relies on, and believes XFORWARD', async () => {
    await using testBed = await startReinjecting()
    await using client = await connect(join(testBed.postfix.queueDirectory, 'public', 'candy-in'))
    const keywords = (await client.ehlo()).map((line) => line.split(' ')[0])
    expect(keywords).toEqual(expect.arrayContaining(['PIPELINING', 'SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'XFORWARD']))
    await client.expect('XFORWARD NAME=far.example.org ADDR=192.0.2.7 PROTO=ESMTP HELO=far SOURCE=REMOTE')
    expect((await client.send(mail)).code).toBe(250)
    await testBed.postfix.waitForLog(/client=far\.example\.org\[192\.0\.2\.7\]/)
  })

  it('takes no malformed end of data for the end', async () => {
    await using testBed = await startReinjecting()
    for (const end of ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r\r\n', '\r\r\n.\r\r\n']) {
      await using client = await connect(join(testBed.postfix.queueDirectory, 'public', 'candy-in'))
      await client.ehlo()
      for (const line of ['MAIL FROM:<>', 'RCPT TO:<bob@example.net>', 'DATA']) await client.expect(line)
      client.write(`Subject: x\r\n\r\nbody${end}NOOP\r\n\r\n.\r\n`)
      expect((await client.read()).code).toBe(250)
      expect((await client.command('RSET')).lines).toEqual(['2.0.0 Ok'])
    }
    expect(await testBed.sink.waitFor(6)).toHaveLength(6)
  })
})

/** A dialog over a UNIX socket with nothing but Node.js, to be run by another account. */
const rawClient = `
import { connect } from 'node:net'
const lines = ['EHLO x', 'MAIL FROM:<>', 'RCPT TO:<bob@example.net>', 'DATA', 'Subject: raw\\r\\n\\r\\nbody\\r\\n.', 'QUIT']
const socket = connect(process.argv[2])
let input = ''
for await (const chunk of socket) {
  input += chunk
  process.stdout.write(chunk)
  if (!/^\\d{3} .*\\r\\n$/m.test(input)) continue
  input = ''
  const line = lines.shift()
  if (line !== undefined) socket.write(line + '\\r\\n')
}
`
