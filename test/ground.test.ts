/** The ground itself: what every end-to-end test takes for granted about Postfix, the next hop and the client. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, readlink, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'rolldown'
import { describe, expect, it } from 'vitest'
import { connect, deliver } from './ground/client.js'
import { runCommand } from './ground/command.js'
import { startGround } from './ground/ground.js'
import { addedTo, letter, recipients, sender } from './ground/letter.js'
import { namespaceOf, processesIn } from './ground/namespace.js'
import { until } from './ground/patience.js'
import { startPostfix } from './ground/postfix.js'
import { makeScratch } from './ground/scratch.js'
import { writeScript } from './ground/script.js'
import { pipeTransport } from './ground/services.js'
import { startSink } from './ground/sink.js'

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

async function commandsIn(namespace: string): Promise<readonly string[]> {
  const pids = await processesIn(namespace)
  return Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => '')))
}
