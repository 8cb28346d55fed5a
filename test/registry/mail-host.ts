/**
 * A mail host as Debian sets it up, on which somebody does what the README says: Postfix's configuration is in /etc/postfix,
 * clamd listens in /run/clamav, candy's state goes to /var/lib/candy. Only the processes of this host see it so: all of it
 * lies in a directory of the test, in a mount namespace.
 */
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { deliver } from '../kit/client.js'
import type { CommandLine } from '../kit/namespace.js'
import { keepUp } from '../kit/supervisor.js'
import { startTestBed, type TestBed } from '../kit/test-bed.js'
import { until } from '../kit/waiting.js'
import { makePerson, type PersonOptions, printed } from './person.js'

export interface MailHost extends TestBed {
  /** Does what root types there, and gives what it prints. Throws, with Postfix's log, unless it ends with `status`. */
  type(typed: CommandLine, status?: number): Promise<string>
  /** Keeps `candy serve` up, by the line that docs/enable.md has for a supervisor. */
  supervise(): Promise<void>
  /** Hands a message to Postfix. */
  send(bytes: string): Promise<void>
  /** Sends small messages until one arrives with a header field of this name, and forgets them: a reload takes its time. */
  untilAdded(field: string): Promise<void>
  /** The same until one is in quarantine, beside those that are there. */
  untilQuarantined(bytes: string): Promise<void>
  quarantined(): Promise<readonly string[]>
}

const SUPERVISED = /^setpriv .* candy serve$/m

export async function startMailHost(options: PersonOptions): Promise<MailHost> {
  const testBed = await startTestBed({}, { clamd: {} })
  try {
    return await setUp(testBed, options)
  } catch (error) {
    await testBed.stop()
    throw error
  }
}

async function setUp(testBed: TestBed, options: PersonOptions): Promise<MailHost> {
  const { directory, postfix, clamd, sink } = testBed
  if (clamd === undefined) throw new Error('clamd was not started')
  const [run, state] = [join(directory, 'run'), join(directory, 'var-lib')]
  await mkdir(join(run, 'clamav'), { recursive: true })
  await mkdir(state)
  await symlink(clamd.socket, join(run, 'clamav/clamd.ctl'))
  const root = await makePerson(join(directory, 'usr-local'), options)
  const type = async (typed: CommandLine, status = 0): Promise<string> => {
    const result = await postfix.run('env', root.line(typed).slice(1))
    return printed(typed, result, status)
  }
  for (const [from, to] of [
    [run, '/run'],
    [state, '/var/lib'],
  ] as const) {
    printed(['mount', to], await postfix.run('mount', ['--bind', from, to]))
  }
  const send = async (bytes: string): Promise<void> => {
    await deliver(postfix.port, { sender: 'a@example.com', recipients: ['b@example.net'], bytes })
  }
  const quarantined = (): Promise<readonly string[]> => readdir(join(state, 'candy/postfix/quarantine'))
  return {
    ...testBed,
    type,
    supervise: async () => {
      const [line] = SUPERVISED.exec(await readFile(join(import.meta.dirname, '../../docs/enable.md'), 'utf8')) ?? []
      if (line === undefined) throw new Error('docs/enable.md does not say how to supervise candy serve')
      const [, ...words] = root.line(['sh', '-c', keepUp(postfix.queueDirectory, line)])
      void postfix.run('env', words)
    },
    send,
    untilAdded: async (field) => {
      await until(`the field ${field}`, async () => {
        sink.clear()
        await send('Subject: lunch\r\n\r\nat noon?\r\n')
        const [message] = await sink.waitFor(1)
        return message?.bytes.includes(`${field}:`) === true
      })
      sink.clear()
    },
    untilQuarantined: async (bytes) => {
      const before = (await quarantined()).length
      await until('one message more in quarantine', async () => {
        await send(bytes)
        await postfix.waitUntilEmpty()
        return (await quarantined()).length > before
      })
    },
    quarantined,
  }
}
