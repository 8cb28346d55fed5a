/** The ground itself: what every end-to-end test takes for granted about Postfix, the next hop and the client. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, mkdir, readlink, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'rolldown'
import { describe, expect, it } from 'vitest'
import { connect, deliver } from './ground/client.js'
import { runCommand } from './ground/command.js'
import { startGround } from './ground/ground.js'
import { namespaceOf, processesIn } from './ground/namespace.js'
import { until } from './ground/patience.js'
import { startPostfix } from './ground/postfix.js'
import { makeScratch } from './ground/scratch.js'
import { pipeTransport, reinjection } from './ground/services.js'
import { startSink } from './ground/sink.js'

const sender = 'alice@example.test'
const recipients = ['bob@example.net']

const bytes = Buffer.from(
  [
    'From: alice@example.test',
    'To: bob@example.net',
    'Date: Mon, 1 Jan 2024 00:00:00 +0000',
    'Message-ID: <1@example.test>',
    'Subject: =?utf-8?q?caf=C3=A9?=',
    'X-Folded: one',
    '\t two  ',
    '',
    '.dot',
    '..',
    'long '.repeat(300),
    '\u00e9 8-bit',
    '',
  ].join('\r\n'),
)
const letter = { sender, recipients, bytes }

/** What stands above the message that was sent; undefined when that is not the end of what was received. */
function addedTo(received: Buffer | undefined): string | undefined {
  if (received === undefined || !received.subarray(-bytes.length).equals(bytes)) return undefined
  return received.subarray(0, -bytes.length).toString()
}

const oneReceivedField = /^Received: [^\r]*\r\n(?:\t[^\r]*\r\n)+$/

describe('a private Postfix', () => {
  it('relays a message and adds a Received field to it, and nothing else', async () => {
    await using ground = await startGround()
    await deliver(ground.postfix.port, letter)
    const [received] = await ground.sink.waitFor(1)
    expect(addedTo(received?.bytes)).toMatch(oneReceivedField)
    expect(received?.sender).toBe(sender)
    expect(received?.recipients).toEqual(recipients)
  })

  it('passes UTF-8 addresses, 8-bit content, DSN parameters and the null sender on', async () => {
    await using ground = await startGround()
    const client = await connect(ground.postfix.port)
    await client.ehlo()
    const mail = 'SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=e1'
    await client.send({
      ...letter,
      recipients: ['j\u00fcrgen@example.net'],
      mail,
      rcpt: 'NOTIFY=FAILURE ORCPT=rfc822;x',
    })
    await client.send({ ...letter, sender: '' })
    await client.quit()
    const [first, second] = [...(await ground.sink.waitFor(2))].sort((a, b) => b.mail.length - a.mail.length)
    expect(first?.mail.toString()).toMatch(
      /^MAIL FROM:<alice@example.test> SIZE=\d+ BODY=8BITMIME ENVID=e1 RET=HDRS SMTPUTF8$/,
    )
    expect(first?.rcpts.map(String)).toEqual(['RCPT TO:<j\u00fcrgen@example.net> ORCPT=rfc822;x NOTIFY=FAILURE'])
    expect(second?.mail.toString()).toMatch(/^MAIL FROM:<> /)
  })

  it.each([
    { at: 'connect', answer: '421 4.3.2 not now' },
    { at: 'mail', answer: '451 4.3.0 not now' },
    { at: 'rcpt', answer: '450 4.2.0 not now' },
    { at: 'content', answer: 'close' },
    { at: 'dot', answer: '451 4.3.0 not now' },
    { at: 'dot', answer: 'close' },
  ] as const)(
    'keeps a message while the next hop fails at $at ($answer), and delivers it then',
    async ({ at, answer }) => {
      await using ground = await startGround()
      const mend = ground.sink.fail({ at, answer })
      await deliver(ground.postfix.port, letter)
      await ground.postfix.waitForLog(/status=deferred/)
      expect(await ground.postfix.queue()).toMatchObject([{ sender, recipients: [{ address: recipients[0] }] }])
      expect(ground.sink.count).toBe(0)
      mend()
      await ground.postfix.flush()
      await ground.sink.waitFor(1)
      await ground.postfix.waitUntilEmpty()
      expect(ground.sink.count).toBe(1)
    },
  )

  it('returns mail to its sender when the next hop refuses it for good', async () => {
    await using ground = await startGround()
    ground.sink.fail({ at: 'dot', answer: '550 5.7.1 no', times: 1 })
    await deliver(ground.postfix.port, letter)
    const bounce = await ground.sink.waitFor((message) => message.sender === '')
    expect(bounce.recipients).toEqual([sender])
    expect(bounce.bytes.toString()).toContain('550 5.7.1 no')
    expect(await ground.postfix.log()).toContain('status=bounced')
  })

  it('takes changes of main.cf with a reload', async () => {
    await using ground = await startGround()
    await ground.postfix.set({ smtpd_banner: 'changed.example.test ESMTP' })
    await ground.postfix.reload()
    await ground.postfix.waitUntil('the new banner', async () => {
      await using client = await connect(ground.postfix.port)
      return client.greeting.lines[0] === 'changed.example.test ESMTP'
    })
  })

  it('runs beside others', async () => {
    const grounds = await Promise.all([startGround(), startGround(), startGround()])
    try {
      await Promise.all(grounds.map(({ postfix }) => deliver(postfix.port, letter)))
      for (const { sink } of grounds) expect(await sink.waitFor(1)).toHaveLength(1)
      expect(new Set(grounds.map(({ postfix }) => postfix.port)).size).toBe(3)
    } finally {
      await Promise.all(grounds.map((ground) => ground.stop()))
    }
    expect(grounds.map(({ sink }) => sink.count)).toEqual([1, 1, 1])
  })

  it('takes up its queue when it is started again after a crash', async () => {
    await using scratch = await makeScratch('crash')
    await using sink = await startSink()
    const options = { directory: scratch.path, sinkPort: sink.port }
    const mend = sink.fail({ at: 'dot', answer: '451 4.3.0 not now' })
    {
      await using postfix = await startPostfix(options)
      await deliver(postfix.port, letter)
      await postfix.waitForLog(/status=deferred/)
      process.kill(postfix.pid, 'SIGKILL')
    }
    mend()
    await using postfix = await startPostfix(options)
    await postfix.flush()
    expect(addedTo((await sink.waitFor(1))[0]?.bytes)).toMatch(oneReceivedField)
  })

  it('says what is wrong with a configuration that it cannot start with', async () => {
    await using scratch = await makeScratch('broken')
    const master = 'candy\n'
    await expect(startPostfix({ directory: scratch.path, sinkPort: 1, master })).rejects.toThrow(
      /master\.cf: line \d+: bad field count/,
    )
  })

  it('dies with the test that started it, even when that is killed', async () => {
    await using scratch = await makeScratch('killed')
    const file = join(scratch.path, 'ground.mjs')
    await build({ input: join(import.meta.dirname, 'ground/ground.ts'), platform: 'node', output: { file } })
    const code = `
      import { startGround } from ${JSON.stringify(file)}
      const { postfix, directory } = await startGround()
      console.log(JSON.stringify({ pid: postfix.pid, directory }))
      setInterval(() => undefined, 1000)`
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(owner.stdout, 'data')) as [Buffer]
    const { pid, directory } = JSON.parse(line.toString()) as { pid: number; directory: string }
    const namespace = (await namespaceOf(pid)) ?? ''
    expect(await processesIn(namespace)).toContain(pid)
    owner.kill('SIGKILL')
    await until('the end of Postfix', async () => (await processesIn(namespace)).length === 0)
    await rm(dirname(directory), { recursive: true })
  })

  it('leaves no process, no mount and no directory behind', async () => {
    const before = await runCommand('findmnt', ['--noheadings', '--raw'])
    const ground = await startGround(async (directory) => ({
      services: [pipeTransport({ argv: [await writeScript(directory, 'slow', 'sleep 600')] })],
      attach: { contentFilter: 'candy:dummy' },
    }))
    const namespace = (await namespaceOf(ground.postfix.pid)) ?? ''
    await deliver(ground.postfix.port, letter)
    await ground.postfix.waitUntil('the filter to run', async () =>
      (await commandsIn(namespace)).includes('/usr/bin/sleep'),
    )
    await ground.stop()
    expect(await processesIn(namespace)).toEqual([])
    expect(await runCommand('findmnt', ['--noheadings', '--raw'])).toEqual(before)
    await expect(access(ground.directory)).rejects.toThrow('ENOENT')
  })
})

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

  async function startFiltered(): ReturnType<typeof startGround> {
    return startGround(async (directory) => {
      const inbox = join(directory, 'inbox')
      await mkdir(inbox)
      await runCommand('chown', ['candy:', inbox])
      const script = await writeScript(directory, 'filter', filter)
      // biome-ignore lint/suspicious/noTemplateCurlyInString: macros of pipe(8)
      const argv = [script, inbox, '-f', '${sender}', '--', '${recipient}']
      return { services: [pipeTransport({ argv })], attach: { contentFilter: 'candy:dummy' } }
    })
  }

  it('runs as candy and hands mail back through sendmail', async () => {
    await using ground = await startFiltered()
    await deliver(ground.postfix.port, { ...letter, recipients: ['bob@example.net', 'eve@example.net'] })
    const [received] = await ground.sink.waitFor(1)
    expect(received?.recipients).toEqual(['bob@example.net', 'eve@example.net'])
    expect(addedTo(received?.bytes)).toMatch(
      /^Received: by .* from userid \d+\)\r\n\tid [^\r]*\r\nReceived: from client/,
    )
    expect((await ground.postfix.run('cat', [join(ground.directory, 'inbox', 'seen')])).stdout.toString()).toContain(
      'candy',
    )
    expect(await ground.postfix.log()).toMatch(/relay=candy, .*status=sent/)
    await ground.postfix.waitUntilEmpty()
    expect(ground.sink.count).toBe(1)
  })

  it('refuses mail with status 69', async () => {
    await using ground = await startFiltered()
    await deliver(ground.postfix.port, { ...letter, bytes: Buffer.concat([bytes, Buffer.from('forbidden\r\n')]) })
    await ground.postfix.waitForLog(/relay=candy, .*dsn=5\.7\.1, status=bounced \(forbidden \)/)
  })
})

describe('scanners', () => {
  it('answer beside Postfix and end with it', async () => {
    const ground = await startGround({}, { clamd: {}, spamd: {} })
    const sockets = [ground.clamd?.socket ?? '', ground.spamd?.socket ?? '']
    try {
      for (const socket of sockets) await access(socket, constants.R_OK)
    } finally {
      await ground.stop()
    }
    for (const socket of sockets) await expect(access(socket)).rejects.toThrow('ENOENT')
    expect(() => process.kill(ground.clamd?.pid ?? 0, 0)).toThrow('ESRCH')
    expect(() => process.kill(ground.spamd?.pid ?? 0, 0)).toThrow('ESRCH')
  })
})

describe('the re-injection service', () => {
  it('takes mail from the account candy, once an access control list lets it in', async () => {
    await using ground = await startGround({ services: [reinjection()] })
    const { postfix, sink } = ground
    const client = join(ground.directory, 'client.mjs')
    await writeFile(client, rawClient)
    const run = () =>
      postfix.run(process.execPath, [client, join(postfix.queueDirectory, 'public', 'candy-in')], { user: 'candy' })
    expect((await run()).stderr.toString()).toContain('EACCES')
    await postfix.admit()
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
    await using ground = await startGround({ services: [reinjection()] })
    await using client = await connect(join(ground.postfix.queueDirectory, 'public', 'candy-in'))
    const keywords = (await client.ehlo()).map((line) => line.split(' ')[0])
    expect(keywords).toEqual(expect.arrayContaining(['PIPELINING', 'SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'XFORWARD']))
    await client.expect('XFORWARD NAME=far.example.org ADDR=192.0.2.7 PROTO=ESMTP HELO=far SOURCE=REMOTE')
    expect((await client.send(letter)).code).toBe(250)
    await ground.postfix.waitForLog(/client=far\.example\.org\[192\.0\.2\.7\]/)
  })

  it('takes no malformed end of data for the end', async () => {
    await using ground = await startGround({ services: [reinjection()] })
    for (const end of ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r\r\n', '\r\r\n.\r\r\n']) {
      await using client = await connect(join(ground.postfix.queueDirectory, 'public', 'candy-in'))
      await client.ehlo()
      for (const line of ['MAIL FROM:<>', 'RCPT TO:<bob@example.net>', 'DATA']) await client.expect(line)
      client.write(`Subject: x\r\n\r\nbody${end}NOOP\r\n\r\n.\r\n`)
      expect((await client.read()).code).toBe(250)
      expect((await client.command('RSET')).lines).toEqual(['2.0.0 Ok'])
    }
    expect(await ground.sink.waitFor(6)).toHaveLength(6)
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

async function writeScript(directory: string, name: string, body: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return path
}

async function commandsIn(namespace: string): Promise<readonly string[]> {
  const pids = await processesIn(namespace)
  return Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => '')))
}
