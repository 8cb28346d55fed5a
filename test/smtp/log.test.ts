/** What an administrator finds in candy's log about one message, and how they find the same message in Postfix's. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deliver, type Mail } from '../kit/client.js'
import { type RelayTestBed, startRelay } from '../kit/relay.js'
import { until } from '../kit/waiting.js'

const MAIL: Mail = {
  sender: 'sender@example.com',
  recipients: ['one@example.net', 'two@example.net'],
  bytes: 'Message-ID: <known@example.com>\r\nSubject: x\r\n\r\nbody\r\n',
}

/** The first line about a judged message since a place in the log. */
async function judgedSince(testBed: RelayTestBed, from: number): Promise<string> {
  let line: string | undefined
  await until('a line about the message', async () => {
    line = (await testBed.candyLog())
      .slice(from)
      .split('\n')
      .find((one) => one.includes('judged id='))
    return line !== undefined
  })
  return line ?? ''
}

/** A drop-in for clamd where none listens. */
async function awaitClamd(testBed: RelayTestBed): Promise<string> {
  const path = join(testBed.directory, 'no-clamd.sock')
  await testBed.writeFilter(
    '50-clamav.toml',
    `filter = "@candy/filter-clamav"\n[options]\naddresses = ["${path}"]\nwait = "1s"\n`,
  )
  await testBed.reload()
  return path
}

describe('in mode smtp', () => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({ workers: 1 })
  })
  afterAll(() => testBed.stop())

  test("a message has one line, with Postfix's queue id and everything that one asks about it", async () => {
    const from = (await testBed.candyLog()).length
    await deliver(testBed.postfix.port, MAIL)
    const line = await judgedSince(testBed, from)
    const id = / id=(\w+) /.exec(line)?.[1]
    expect(line).toMatch(/ action=accept answer="250 2\.0\.0 Ok: .*queued as \w+" /)
    expect(line).toMatch(
      / message_id=<known@example\.com> client=\S+\[127\.0\.0\.1\] helo=\S+ sender=sender@example\.com /,
    )
    expect(line).toMatch(/ size=\d+ recipients="one@example\.net, two@example\.net"$/)
    expect(await testBed.postfix.log()).toMatch(new RegExp(`: ${id}: to=<one@example\\.net>.* status=sent`))
  })

  test('when mail waits, the log names the filter and the daemon that is not there', async () => {
    const path = await awaitClamd(testBed)
    const from = (await testBed.candyLog()).length
    await deliver(testBed.postfix.port, MAIL)
    const line = await judgedSince(testBed, from)
    expect(line).toContain('warning: judged id=')
    expect(line).toMatch(
      / action=defer .* filters="50-clamav error \d+ ms \(SCANNER_UNREACHABLE: .*" ask="candy list --ask" decided_by=50-clamav /,
    )
    expect(line).toContain(path)
    await testBed.removeFilter('50-clamav.toml')
    await testBed.reload()
    await testBed.postfix.flush()
    await testBed.postfix.waitUntilEmpty()
  })

  test('a log that cannot be written is refused at a reload, and the service keeps the log that it has', async () => {
    const undo = await testBed.change(/^to = .*$/m, 'to = "/nowhere/candy.log"')
    const { status, stderr } = await testBed.postfix.run(process.execPath, [testBed.installation.candy, 'reload'])
    await undo()
    expect(stderr.toString()).toContain('/nowhere/candy.log cannot be written')
    expect(stderr.toString()).toContain('install -d -o candy -g candy -m 750 "/nowhere"')
    expect(status).toBe(78)
    const from = (await testBed.candyLog()).length
    await deliver(testBed.postfix.port, MAIL)
    await judgedSince(testBed, from)
  })

  test("mail from sendmail(1) has the id that Postfix's log has, or one of candy's own", async () => {
    const from = (await testBed.candyLog()).length
    const mail = 'Message-ID: <local@example.com>\nSubject: x\n\nbody\n'
    await testBed.postfix.run('/usr/sbin/sendmail', ['-f', 'local@example.com', 'one@example.net'], { input: mail })
    const line = await judgedSince(testBed, from)
    expect(line).toContain(' message_id=<local@example.com> ')
    const queuedAs = /queued as (\w+)/.exec(line)?.[1]
    const id = / id=(\S+) /.exec(line)?.[1] ?? ''
    const logged = id.startsWith('candy-')
      ? `status=sent \\(250 .*queued as ${queuedAs} \\(${id}\\)\\)`
      : `: ${id}: to=<one@example\\.net>`
    await testBed.postfix.waitForLog(new RegExp(logged))
  })
})

describe('in mode smtp-before', () => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startRelay({ workers: 1, mode: 'smtp-before' })
  })
  afterAll(() => testBed.stop())

  test("an accepted message's line has the queue id that it got", async () => {
    const from = (await testBed.candyLog()).length
    await deliver(testBed.postfix.port, MAIL)
    const line = await judgedSince(testBed, from)
    expect(line).toMatch(/ id=candy-[0-9a-f]{12} /)
    const queuedAs = /queued as (\w+)/.exec(line)?.[1]
    expect(await testBed.postfix.log()).toContain(`: ${queuedAs}: message-id=<known@example.com>`)
  })

  test("the id of a message that is not taken is in the client's answer and so in Postfix's log", async () => {
    await awaitClamd(testBed)
    const from = (await testBed.candyLog()).length
    const reply = await deliver(testBed.postfix.port, MAIL).catch((error) => error.reply)
    const id = / id=(candy-\w+) /.exec(await judgedSince(testBed, from))?.[1]
    expect(reply.lines.join(' ')).toBe(`4.3.0 content filter unavailable (${id})`)
    expect(await testBed.postfix.log()).toMatch(new RegExp(`proxy-reject: END-OF-MESSAGE: 451 .*${id}`))
  })
})
