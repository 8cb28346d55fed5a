/**
 * A private Postfix for one test: own configuration, queue, data, log and port, in a mount namespace where its
 * configuration is the default one. That last point matters to set-gid postdrop(1), which lets an ordinary account use no
 * other configuration than the default, and so to every filter that re-injects with sendmail(1).
 *
 * From outside root reaches it with `-c DIR`, as any second instance. Needs root, and Debian's package postfix; the
 * host's own Postfix may run, stand still or lack a configuration.
 */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type CommandResult, runCommand, tryCommand } from './command.js'
import { startDaemon } from './daemon.js'
import { cool, type InstanceOptions, writeInstance } from './instance.js'
import {
  type CommandLine,
  endProcessesAt,
  holdNamespace,
  inNamespaceOf,
  inNewNamespace,
  withConfiguration,
} from './namespace.js'
import { childrenOf } from './processes.js'
import { freePort } from './scratch.js'
import { until } from './waiting.js'

/** What `postqueue -j` says of a message (postqueue(1)). */
export interface QueueEntry {
  readonly queue_name: string
  readonly queue_id: string
  readonly arrival_time: number
  readonly message_size: number
  readonly sender: string
  readonly recipients: readonly { readonly address: string; readonly delay_reason?: string }[]
}

export interface PostfixOptions extends InstanceOptions {
  /**
   * Whether it gets a mount namespace of its own, as it does unless said. Without one it needs no CAP_SYS_ADMIN, and
   * ordinary accounts cannot use its sendmail(1), nor `run` another configuration than the machine's.
   */
  readonly namespace?: boolean
}

interface RunOptions {
  readonly user?: string
  readonly input?: Uint8Array | string
}

export interface Postfix extends AsyncDisposable {
  /** Where `smtp inet` listens on 127.0.0.1. */
  readonly port: number
  readonly configDirectory: string
  readonly queueDirectory: string
  /** The process id of master(8). */
  readonly pid: number
  /** All that this instance has logged. */
  log(): Promise<string>
  queue(): Promise<readonly QueueEntry[]>
  /** The processes that serve an entry of master.cf now, by the name it has there. */
  servers(service: string): readonly number[]
  /** Tries to deliver everything in the queue now. */
  flush(): Promise<void>
  /** Changes main.cf; `reload` makes it known. */
  set(main: Readonly<Record<string, string>>): Promise<void>
  reload(): Promise<void>
  /** Runs a command where this instance's configuration lies in /etc/postfix, as root or as `user`. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<CommandResult>
  /** Asks until the answer is true; otherwise throws with the log. Milliseconds. */
  waitUntil(what: string, ask: () => boolean | Promise<boolean>, TIME_LIMIT?: number): Promise<void>
  /** Waits for a line in the log. */
  waitForLog(pattern: RegExp, TIME_LIMIT?: number): Promise<RegExpExecArray>
  /** Waits until every message has left the queue. */
  waitUntilEmpty(TIME_LIMIT?: number): Promise<void>
  /** Ends every process of this instance; may be called again. The directory stays: it is the caller's. */
  stop(): Promise<void>
}

/**
 * Starts it and waits until it takes mail. Throws with its log when it does not. Started again in the same directory it
 * takes up the queue that lies there, on another port.
 */
export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  if (process.getuid?.() !== 0) throw new Error('a private Postfix needs root')
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(options, await freePort())
    } catch (error) {
      // Somebody else took the port in the meantime.
      if (attempt === 3 || !String(error).includes('Address already in use')) throw error
    }
  }
}

/** `postfix start-fg` without its checks, and with a trap: that one's shell leaves master(8) behind when it is ended. */
const masterScript = `"$(postconf -h daemon_directory)/master" -s &
trap 'kill "$!"' TERM
wait "$!"
wait "$!"`

/**
 * Milliseconds without a change in the queue after which what is left may be what qmgr(8) skipped: a message that is tried
 * again while its delivery is still letting go of it lies there until qmgr starts anew. Never while mail is being
 * delivered: a new qmgr would skip that.
 */
const SKIPPED_AFTER = 5_000

/** Lines of the log that explain why something was waited for in vain. */
const EXPLANATION = 200

async function start(options: PostfixOptions, port: number): Promise<Postfix> {
  const { configDirectory, defaultDirectory, queueDirectory, logFile } = await writeInstance(options, port)
  const log = (): Promise<string> => readFile(logFile, 'utf8').catch(() => '')
  const script =
    defaultDirectory === configDirectory ? masterScript : `export MAIL_CONFIG='${configDirectory}'\n${masterScript}`
  const [command, ...args] =
    options.namespace === false
      ? withConfiguration(configDirectory, masterScript)
      : inNewNamespace(defaultDirectory, '/etc/postfix', script)
  const ready = async (): Promise<boolean> => (await log()).includes('daemon started') && (await greets(port))
  const daemon = await startDaemon({ command, args, ready }).catch(async (error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : error}\n${await log()}`)
  })
  const pid = Number(await readFile(join(queueDirectory, 'pid/master.pid'), 'utf8'))
  const endProcesses =
    options.namespace === false
      ? () => endProcessesAt(queueDirectory)
      : await holdNamespace(pid).catch(async (error: Error) => {
          throw new Error(`Postfix ended as soon as it had started (${error.message}):\n${await log()}`)
        })

  const administer = (name: string, ...words: string[]): Promise<Buffer> =>
    runCommand(name, ['-c', configDirectory, ...words])
  const queue = async (): Promise<readonly QueueEntry[]> => parseQueue(await administer('postqueue', '-j'))
  const explain = async (): Promise<string> => (await log()).split('\n').slice(-EXPLANATION).join('\n')
  const wait = <T>(
    what: string,
    ask: () => T | Promise<T>,
    milliseconds?: number,
  ): Promise<Exclude<T, false | undefined>> =>
    until(what, ask, { explain, ...(milliseconds === undefined ? {} : { milliseconds }) })
  const stop = async (): Promise<void> => {
    await daemon.stop()
    await endProcesses()
  }
  return {
    port,
    configDirectory,
    queueDirectory,
    pid,
    log,
    queue,
    servers: (service) => childrenOf(pid, `-n ${service} `),
    flush: async () => void (await administer('postqueue', '-f')),
    set: async (main) => {
      await administer('postconf', '-e', ...Object.entries(main).map(([key, value]) => `${key}=${value}`))
      await cool(configDirectory)
    },
    reload: async () => void (await administer('postfix', 'reload')),
    run: (name, words, { user, input } = {}) => {
      const [enter, ...rest] = inNamespaceOf(pid, [name, ...words] satisfies CommandLine, user)
      return tryCommand(enter, rest, input === undefined ? {} : { input })
    },
    waitUntil: async (what, ask, TIME_LIMIT) => void (await wait(what, ask, TIME_LIMIT)),
    waitForLog: (pattern, TIME_LIMIT) =>
      wait(`${pattern} in the log`, async () => pattern.exec(await log()) ?? undefined, TIME_LIMIT),
    waitUntilEmpty: async (TIME_LIMIT) => {
      let left = Number.POSITIVE_INFINITY
      let since = 0
      const empty = async (): Promise<boolean> => {
        const count = (await queue()).length
        // Twice, since postqueue(1) reads one directory after the other, and a message may move behind its back.
        if (count === 0 && left === 0) return true
        if (count !== left) {
          left = count
          since = Date.now()
        } else if (Date.now() - since > SKIPPED_AFTER && (await log()).includes('skipped, still being delivered')) {
          await administer('postfix', 'reload')
          since = Date.now()
        }
        return false
      }
      await wait('an empty queue', empty, TIME_LIMIT)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** One JSON object a line (postqueue(1)). */
function parseQueue(printed: Buffer): readonly QueueEntry[] {
  const lines = printed.toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as QueueEntry)
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', (bytes) => {
      socket.end('QUIT\r\n')
      resolve(bytes.toString('latin1').startsWith('220 '))
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
