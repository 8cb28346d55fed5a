/** The test bed itself: what every end-to-end test takes for granted about Postfix, the next hop and the client. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, type FileHandle, open, readlink, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'rolldown'
import { describe, expect, it } from 'vitest'
import { connect, deliver } from './kit/client.js'
import { runCommand } from './kit/command.js'
import { addedTo, mail, recipients, sender } from './kit/mail-sample.js'
import { namespaceOf, processesIn } from './kit/namespace.js'
import { startPostfix } from './kit/postfix.js'
import { makeScratch } from './kit/scratch.js'
import { writeScript } from './kit/script.js'
import { pipeTransport } from './kit/services.js'
import { startSink } from './kit/sink.js'
import { startTestBed } from './kit/test-bed.js'
import { until } from './kit/waiting.js'

const oneReceivedField = /^Received: [^\r]*\r\n(?:\t[^\r]*\r\n)+$/

describe('a private Postfix', () => {
  it('relays a message and adds a Received field to it, and nothing else', async () => {
    await using testBed = await startTestBed()
    await deliver(testBed.postfix.port, mail)
    const [received] = await testBed.sink.waitFor(1)
    expect(addedTo(received?.bytes)).toMatch(oneReceivedField)
    expect(received?.sender).toBe(sender)
    expect(received?.recipients).toEqual(recipients)
  })

  it('passes UTF-8 addresses, 8-bit content, DSN parameters and the null sender on', async () => {
    await using testBed = await startTestBed()
    const client = await connect(testBed.postfix.port)
    await client.ehlo()
    const parameters = 'SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=e1'
    await client.send({
      ...mail,
      recipients: ['j\u00fcrgen@example.net'],
      mail: parameters,
      rcpt: 'NOTIFY=FAILURE ORCPT=rfc822;x',
    })
    await client.send({ ...mail, sender: '' })
    await client.quit()
    const [first, second] = [...(await testBed.sink.waitFor(2))].sort((a, b) => b.mail.length - a.mail.length)
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
      await using testBed = await startTestBed()
      const mend = testBed.sink.fail({ at, answer })
      await deliver(testBed.postfix.port, mail)
      await testBed.postfix.waitForLog(/status=deferred/)
      expect(await testBed.postfix.queue()).toMatchObject([{ sender, recipients: [{ address: recipients[0] }] }])
      expect(testBed.sink.count).toBe(0)
      mend()
      await testBed.postfix.flush()
      await testBed.sink.waitFor(1)
      await testBed.postfix.waitUntilEmpty()
      expect(testBed.sink.count).toBe(1)
    },
  )

  it('returns mail to its sender when the next hop refuses it for good', async () => {
    await using testBed = await startTestBed()
    testBed.sink.fail({ at: 'dot', answer: '550 5.7.1 no', times: 1 })
    await deliver(testBed.postfix.port, mail)
    const bounce = await testBed.sink.waitFor((message) => message.sender === '')
    expect(bounce.recipients).toEqual([sender])
    expect(bounce.bytes.toString()).toContain('550 5.7.1 no')
    expect(await testBed.postfix.log()).toContain('status=bounced')
  })

  it('takes changes of main.cf with a reload', async () => {
    await using testBed = await startTestBed()
    await testBed.postfix.set({ smtpd_banner: 'changed.example.test ESMTP' })
    await testBed.postfix.reload()
    await testBed.postfix.waitUntil('the new banner', async () => {
      await using client = await connect(testBed.postfix.port)
      return client.greeting.lines[0] === 'changed.example.test ESMTP'
    })
  })

  it('runs beside others', async () => {
    const testBeds = await Promise.all([startTestBed(), startTestBed(), startTestBed()])
    try {
      await Promise.all(testBeds.map(({ postfix }) => deliver(postfix.port, mail)))
      for (const { sink } of testBeds) expect(await sink.waitFor(1)).toHaveLength(1)
      expect(new Set(testBeds.map(({ postfix }) => postfix.port)).size).toBe(3)
    } finally {
      await Promise.all(testBeds.map((testBed) => testBed.stop()))
    }
    expect(testBeds.map(({ sink }) => sink.count)).toEqual([1, 1, 1])
  })

  it('takes up its queue when it is started again after a crash', async () => {
    await using scratch = await makeScratch('crash')
    await using sink = await startSink()
    const options = { directory: scratch.path, sinkPort: sink.port }
    const mend = sink.fail({ at: 'dot', answer: '451 4.3.0 not now' })
    {
      await using postfix = await startPostfix(options)
      await deliver(postfix.port, mail)
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
    const file = join(scratch.path, 'testBed.mjs')
    await build({ input: join(import.meta.dirname, 'kit/test-bed.ts'), platform: 'node', output: { file } })
    const code = `
      import { startTestBed } from ${JSON.stringify(file)}
      const { postfix, directory } = await startTestBed()
      console.log(JSON.stringify({ pid: postfix.pid, directory }))
      setInterval(() => undefined, 1000)`
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(owner.stdout, 'data')) as [Buffer]
    const { pid, directory } = JSON.parse(line.toString()) as { pid: number; directory: string }
    await using _held = await openNamespace(pid)
    const namespace = (await namespaceOf(pid)) ?? ''
    expect(await processesIn(namespace)).toContain(pid)
    owner.kill('SIGKILL')
    await until('the end of Postfix', async () => (await processesIn(namespace)).length === 0)
    await rm(dirname(directory), { recursive: true })
  })

  it('leaves no process, no mount and no directory behind', async () => {
    const before = await runCommand('findmnt', ['--noheadings', '--raw'])
    const testBed = await startTestBed(async (directory) => ({
      services: [pipeTransport([await writeScript(directory, 'slow', 'sleep 600')])],
      attach: { contentFilter: 'filter:dummy' },
    }))
    await using _held = await openNamespace(testBed.postfix.pid)
    const namespace = (await namespaceOf(testBed.postfix.pid)) ?? ''
    await deliver(testBed.postfix.port, mail)
    await testBed.postfix.waitUntil('the filter to run', async () =>
      (await commandsIn(namespace)).includes('/usr/bin/sleep'),
    )
    await testBed.stop()
    expect(await processesIn(namespace)).toEqual([])
    expect(await runCommand('findmnt', ['--noheadings', '--raw'])).toEqual(before)
    await expect(access(testBed.directory)).rejects.toThrow('ENOENT')
  })
})

describe('scanners', () => {
  it('answer beside Postfix and end with it', async () => {
    const testBed = await startTestBed({}, { clamd: {}, spamd: {} })
    const sockets = [testBed.clamd?.socket ?? '', testBed.spamd?.socket ?? '']
    try {
      for (const socket of sockets) await access(socket, constants.R_OK)
    } finally {
      await testBed.stop()
    }
    for (const socket of sockets) await expect(access(socket)).rejects.toThrow('ENOENT')
    expect(() => process.kill(testBed.clamd?.pid ?? 0, 0)).toThrow('ESRCH')
    expect(() => process.kill(testBed.spamd?.pid ?? 0, 0)).toThrow('ESRCH')
  })
})

/** While a mount namespace is open no other one gets its name. */
function openNamespace(pid: number): Promise<FileHandle> {
  return open(`/proc/${pid}/ns/mnt`)
}

async function commandsIn(namespace: string): Promise<readonly string[]> {
  const pids = await processesIn(namespace)
  return Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => '')))
}
