/**
 * `candy pipe`: judges the message on standard input, and answers pipe(8) with an exit status and one line. It is bundled
 * separately; see rolldown.config.ts.
 */
import { createReadStream, writeSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { Chain } from '../chain/chain.js'
import { Deadline, unlessAborted } from '../chain/deadline.js'
import type { Settings } from '../config/settings.js'
import type { ExitStatus } from '../delivery/answer.js'
import type { NextHop } from '../delivery/next-hop.js'
import { makeOwnId } from '../delivery/own-id.js'
import { sendmailNextHop } from '../delivery/sendmail.js'
import { smtpNextHop } from '../delivery/smtp-next-hop.js'
import { type Configuration, readConfiguration } from '../filters/configuration.js'
import { loadFilters } from '../filters/loaded-filters.js'
import { type History, openHistory } from '../history/history.js'
import type { Log } from '../log/log.js'
import { openLog } from '../log/open.js'
import { errorText } from '../os/error-text.js'
import { bytesOfArguments, type PipeArguments, parsePipeArguments } from '../pipe/arguments.js'
import { failPipe } from '../pipe/failure.js'
import { answerPipe, type PipeAnswer, receivePipe } from '../pipe/pipe.js'
import { watchUpstream } from '../pipe/upstream.js'
import { MODES } from '../postfix/mode.js'

const STDIN = 0
const STDOUT = 1
/** The descriptor from which candy-pipe reads the answer. */
const ANSWER = 3

/** Milliseconds that filters may take to close after the message is done. */
const CLOSE_TIMEOUT = 1_000

const NAME = 'candy/pipe'
const NO_LOG: Log = { write: () => {}, close: async () => {} }

export interface PipeCall {
  readonly argv: readonly string[]
  /** Ends the process with this status. If it ends in any other way, the status is 75. */
  readonly end: (status: ExitStatus) => void
  /** The process ID of candy-pipe, if that started this process. */
  readonly launcher: number | undefined
}

export async function pipe({ argv, end, launcher }: PipeCall): Promise<void> {
  const silent = muteStreams()
  const receivedAt = performance.now()
  let log: Log | undefined
  let history: History | undefined
  let answer: PipeAnswer
  const call = parsePipeArguments(bytesOfArguments(argv), process.env)
  try {
    const configuration = await readConfiguration({ configDirectory: call.configDirectory, ownershipCheck: 'module' })
    log = openPipeLog(configuration.settings.log.to)
    watchProcess(log, silent)
    const { settings } = configuration
    history = openHistory({ directory: join(settings.state, 'history'), ...settings.history }, log)
    if ('error' in call) throw call.error
    answer = await run(call, configuration, { log, history }, launcher ?? process.pid)
  } catch (error) {
    log ??= openPipeLog('syslog')
    answer = failPipe(error, { call, receivedAt }, log, history)
  }
  await log.close()
  if (answer.text !== '') writeAnswer(launcher === undefined ? STDOUT : ANSWER, `${answer.text}\n`)
  end(answer.exit)
}

/**
 * Opens the log. If that fails, everything is logged to syslog: mail must not wait because of the log. So it is for "stderr", since
 * pipe(8) would read it as the answer.
 */
function openPipeLog(to: string): Log {
  const syslog = openLog({ to: 'syslog', name: NAME, fallback: NO_LOG })
  if (!isAbsolute(to)) return syslog
  try {
    return openLog({ to, name: NAME, fallback: syslog })
  } catch (error) {
    syslog.write('error', 'the log cannot be written', { error: errorText(error) })
    return syslog
  }
}

/** Where it is written down what became of the message. */
interface Notes {
  readonly log: Log
  readonly history: History
}

async function run(
  call: PipeArguments,
  configuration: Configuration,
  notes: Notes,
  child: number,
): Promise<PipeAnswer> {
  const deadline = startClock(configuration.settings.pipe.deadline)
  try {
    return await answer(call, configuration, notes, child, deadline)
  } finally {
    deadline.end()
  }
}

async function answer(
  call: PipeArguments,
  configuration: Configuration,
  { log, history }: Notes,
  child: number,
  deadline: Deadline,
): Promise<PipeAnswer> {
  const { settings } = configuration
  const spool = { directory: join(settings.state, 'spool'), memory: settings.spool.memory }
  const assertUpstream = watchUpstream(child)
  const [received, loaded] = await Promise.allSettled([
    receivePipe(createReadStream('', { fd: STDIN, autoClose: false }), spool, deadline.signal),
    unlessAborted(loadFilters(configuration, { log }), deadline),
  ])
  if (loaded.status === 'rejected') throw loaded.reason
  if (received.status === 'rejected') throw received.reason
  const loadedFilters = loaded.value
  const content = received.value
  const ownClientsAreLocal = call.ownClientsAreLocal === true
  const options = {
    chain: new Chain(loadedFilters.filters, { spool, log, onReject: MODES.pipe.onReject }),
    nextHop: openNextHop(settings, spool.directory, ownClientsAreLocal, log),
    ownClientsAreLocal,
    quarantine: join(settings.state, 'quarantine'),
    log,
    history,
  }
  const id = call.id ?? makeOwnId()
  try {
    return await answerPipe(
      options,
      { id, envelope: call.envelope, addresses: call.addresses, content, assertUpstream },
      deadline,
    )
  } finally {
    await content.close()
    await Promise.race([loadedFilters.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT))])
  }
}

function openNextHop(
  { pipe: { reinject, sendmail } }: Settings,
  spool: string,
  ownClientsAreLocal: boolean,
  log: Log,
): NextHop {
  if (reinject === 'sendmail') return sendmailNextHop(sendmail, spool)
  return smtpNextHop({ address: reinject, ownClientsAreLocal, log })
}

/** A deadline that also ends when this process gets SIGTERM, SIGINT or SIGHUP. */
function startClock(milliseconds: number): Deadline {
  const deadline = new Deadline(undefined, milliseconds)
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    // Use on(), not once(): otherwise a second signal would end this process while sendmail(1) still runs.
    process.on(name, () => deadline.abort(new CandyError('DEADLINE', `stopped by ${name}`)))
  }
  return deadline
}

/**
 * Discards what filters write to standard output and standard error. Both are the same pipe to pipe(8), which takes the start of
 * the output as the answer. A stream is created only when it is used, since creating it takes time. Returns a function that
 * returns what was written so far.
 */
function muteStreams(): () => string {
  let written = ''
  const mute = (stream: NodeJS.WriteStream): NodeJS.WriteStream => {
    stream.write = (chunk: unknown): boolean => {
      if (written.length < 2000) written += String(chunk)
      return true
    }
    return stream
  }
  for (const name of ['stdout', 'stderr'] as const) {
    const make = Object.getOwnPropertyDescriptor(process, name)?.get
    if (make === undefined) throw new Error(`process.${name} is not what it was in Node.js 20 to 24`)
    let muted: NodeJS.WriteStream | undefined
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        muted ??= mute(make.call(process))
        return muted
      },
    })
  }
  return () => written
}

/**
 * Logs errors that filters do not catch. After an uncaught exception the process ends, since its state is unknown; a rejected promise
 * is only logged.
 */
function watchProcess(log: Log, written: () => string): void {
  process.on('uncaughtException', (error) => {
    log.write('error', 'uncaught exception', { error: String(error.stack ?? error) })
    void log.close().finally(() => process.exit())
  })
  process.on('unhandledRejection', (reason) => log.write('warn', 'unhandled rejection', { reason: String(reason) }))
  process.on('warning', (warning) => log.write('warn', 'warning', { warning: String(warning) }))
  process.on('exit', () => {
    if (written() !== '') log.write('warn', 'a filter wrote to standard output', { text: written() })
  })
}

/** Writes the answer. An error is ignored, since the exit status is what counts. */
function writeAnswer(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text)
  } catch {
    // The reader has closed the pipe (EPIPE), or there is no such descriptor (EBADF).
  }
}
