/**
 * candy-pipe hands messages to candy serve, and whatever goes wrong between the two: the mail must wait, must not bounce, and must
 * arrive once and whole when the cause is gone.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, copyFile, rename, truncate } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Accident, script, survive } from '../kit/accident.js'
import { type CandyTestBed, startCandy } from '../kit/candy.js'
import { deliver } from '../kit/client.js'
import { startHandover } from '../kit/handover.js'
import { childrenNow, signal } from '../kit/processes.js'
import { idOf } from '../kit/queue-directory.js'
import type { RelayTestBed } from '../kit/relay.js'
import { until } from '../kit/waiting.js'

const MAIL = { sender: 'a@example.org', recipients: ['b@example.net'], bytes: 'Subject: x\r\n\r\nx\r\n' }

/** A program for the processor that this machine does not have. */
const FOREIGN = resolve(
  import.meta.dirname,
  '../../packages',
  process.arch === 'arm64' ? 'handover-linux-x64' : 'handover-linux-arm64',
  'bin/candy-handover',
)

const END = Buffer.from('E\0\0\0\0', 'latin1')

type Victim = CandyTestBed & { pid(): number }

/** A service in place of candy serve: `serve` gets each connection, and whether the whole message has come. */
function service(serve: (connection: Socket, whole: Promise<unknown>) => void, mode = 0o600): Accident<Victim> {
  return async ({ state }) => {
    const path = join(state, 'pipe/socket')
    const connections = new Set<Socket>()
    const server = createServer((connection) => {
      connections.add(connection)
      connection.on('error', () => {})
      const whole = new Promise((done) => {
        connection.on('data', (chunk: Buffer) => chunk.subarray(-END.length).equals(END) && done(undefined))
      })
      serve(connection, whole)
    })
    server.listen(path)
    await once(server, 'listening')
    await chown(path, await idOf('passwd', 'candy'), 0)
    await chmod(path, mode)
    return async () => {
      for (const connection of connections) connection.destroy()
      await new Promise((done) => server.close(done))
    }
  }
}

/** A service that answers with these bytes and closes. */
function answering(bytes: string): Accident<Victim> {
  return service((connection, whole) => void whole.then(() => connection.end(bytes)))
}

/** A socket whose queue of connections is full. */
const full: Accident<Victim> = async ({ state }) => {
  const path = join(state, 'pipe/socket')
  const program = `use IO::Socket::UNIX; umask 0; my $s = IO::Socket::UNIX->new(Local => '${path}', Listen => 0) or die; print "x"; $| = 1; sleep 600`
  const listener = spawn('perl', ['-e', `$| = 1; ${program}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(listener.stdout, 'data')
  const waiting = connect(path)
  await once(waiting, 'connect')
  return async () => {
    waiting.destroy()
    listener.kill('SIGKILL')
    await once(listener, 'exit')
    execFileSync('rm', [path])
  }
}

/** Something else in the place of candy-handover. */
function instead(put: (path: string) => Promise<unknown>): Accident<Victim> {
  return async ({ state }) => {
    const path = join(state, 'bin/candy-handover')
    await rename(path, `${path}.kept`)
    await copyFile(`${path}.kept`, path)
    await put(path)
    return () => rename(`${path}.kept`, path)
  }
}

const killed: Accident<Victim> = (victim) =>
  service((_, whole) => {
    void whole.then(() => execFileSync('pkill', ['-KILL', '-f', `^${victim.state}/bin/candy-handover `]))
  })(victim)

const ACCIDENTS: Readonly<Record<string, Accident<Victim>>> = {
  'the runner closes at once': service((connection) => void connection.destroy()),
  'the runner closes when it has the message': answering(''),
  'half an answer': answering('0 quarantined as'),
  'an answer without a text': answering('0\n'),
  'an answer that nobody knows': answering('1 what\n'),
  'an answer that is too long': answering(`0 ${'x'.repeat(10_000)}\n`),
  'a refusal without a reason': answering('69 go away\n'),
  'a text that pipe(8) would take for a bounce': answering('75 5.1.1 no such user\n'),
  'a deferral': answering('75 4.7.1 later\n'),
  'the runner never reads': service((connection) => void connection.pause()),
  'the runner never answers': service(() => {}),
  'candy may not connect': service(() => {}, 0),
  'the queue of connections is full': full,
  'candy-handover is killed': killed,
  'candy-handover is an empty file': instead((path) => truncate(path, 0)),
  'candy-handover was cut short': instead((path) => truncate(path, 5000)),
  'candy-handover is for another processor': instead((path) => copyFile(FOREIGN, path)),
}

describe('without candy serve', () => {
  let victim: Victim
  beforeAll(async () => {
    // What never ends is ended by candy-handover itself.
    const argv = (written: readonly string[]) => written.map((word) => (word === '950' ? '3' : word))
    const testBed = await startCandy({ argv, pipe: ['deadline = "2s"'] })
    victim = { ...testBed, pid: () => testBed.postfix.pid }
  })
  afterAll(() => victim.stop())

  test.each(Object.entries(ACCIDENTS))('%s: the mail waits', (name, accident) =>
    survive(victim, name, accident, async () => {}),
  )

  test('a refusal is returned to the sender with its text', async () => {
    const mend = await answering('69 5.7.1 we do not want it\n')(victim)
    victim.sink.clear()
    const before = (await victim.postfix.log()).length
    await deliver(victim.postfix.port, MAIL)
    await until('a bounce', async () =>
      /relay=candy.*dsn=5\.7\.1, status=bounced .*we do not want it/.test((await victim.postfix.log()).slice(before)),
    )
    // The notification to the sender goes to the sink too, and must not be taken for the next test's message.
    await victim.postfix.waitUntilEmpty()
    await mend()
  })

  test('what candy serve says about a message that it has is in the log of Postfix', async () => {
    const mend = await answering('0 quarantined as 1 by 50-words\n')(victim)
    victim.sink.clear()
    await deliver(victim.postfix.port, MAIL)
    await victim.postfix.waitForLog(/relay=candy.*status=sent .*quarantined as 1 by 50-words/)
    await mend()
    expect(victim.sink.count).toBe(0)
  })
})

describe('with candy serve', () => {
  let testBed: RelayTestBed
  beforeAll(async () => {
    testBed = await startHandover({ workers: 1 })
  })
  afterAll(() => testBed.stop())

  /** Whether a process of Node.js has judged a message by itself. */
  const isStarted = async (): Promise<boolean> => (await testBed.candyLog()).includes('candy/pipe[')

  test('no Node.js is started for a message, and without it one is', async () => {
    testBed.sink.clear()
    await deliver(testBed.postfix.port, MAIL)
    await testBed.sink.waitFor(1)
    await testBed.postfix.waitUntilEmpty()
    expect(await isStarted()).toBe(false)
    await testBed.end()
    await deliver(testBed.postfix.port, MAIL)
    await testBed.sink.waitFor(2)
    await until('a process', isStarted)
    await testBed.start()
    expect(await testBed.postfix.log()).not.toMatch(/status=(?:deferred|bounced)/)
  })

  test('a reload takes effect, and interrupts nothing', async () => {
    await testBed.writeFilter('50-slow', '#!/bin/sh\n# candy: rewrites\necho X-Slow: yes; cat; sleep 1\n')
    await testBed.reload()
    testBed.sink.clear()
    await deliver(testBed.postfix.port, MAIL)
    await until('judging', () => testBed.workers().some((pid) => childrenNow(pid).length > 0))
    await testBed.removeFilter('50-slow')
    await testBed.reload()
    const [message] = await testBed.sink.waitFor(1)
    expect(message?.bytes.toString()).toContain('X-Slow: yes')
    expect(await testBed.postfix.log()).not.toMatch(/status=(?:deferred|bounced)/)
  })

  const frames = [...['--sender=a@example.org', '--', 'b@example.net'].map((word) => frame('A', word))]
  test.each([
    ['before any frame', []],
    ['in the first argument', [frame('A', '--id=1').subarray(0, 7)]],
    ['after the arguments', frames],
    ['in the message', [...frames, frame('B', 'Subject: x\n\nx\n')]],
    ['while a filter judges', [...frames, frame('B', 'Subject: x\n\nx\n'), END]],
  ])('a worker that is killed %s answers nothing and delivers nothing', async (_, sent) => {
    const mend = await script('cat >/dev/null; sleep 600')({ ...testBed, pid: testBed.pid })
    await testBed.reload()
    testBed.sink.clear()
    const [worker] = testBed.workers()
    const client = connect(join(testBed.state, 'pipe/socket')).on('error', () => {})
    client.write(Buffer.concat(sent))
    const answer: Buffer[] = []
    client.on('data', (chunk: Buffer) => answer.push(chunk))
    await once(client, 'connect')
    if (sent.includes(END)) await until('judging', () => testBed.workers().some((pid) => childrenNow(pid).length > 0))
    signal(worker ?? 0, 'SIGKILL')
    await until('a new worker', () => testBed.workers().some((pid) => pid !== worker))
    await mend()
    // It takes mail: the next worker has the connection if the one that was killed had not accepted it.
    await testBed.reload()
    client.destroy()
    expect(Buffer.concat(answer).toString()).toBe('')
    await deliver(testBed.postfix.port, MAIL)
    await testBed.sink.waitFor(1)
    await testBed.postfix.waitUntilEmpty()
    expect(testBed.sink.count).toBe(1)
  })
})

function frame(type: string, content: string): Buffer {
  const header = Buffer.alloc(5)
  header.write(type)
  header.writeUInt32BE(content.length, 1)
  return Buffer.concat([header, Buffer.from(content)])
}
