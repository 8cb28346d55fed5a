/** `candy pipe`: from argv and standard input to one exit status and one line. Bundled by itself; see rolldown.config.ts. */
import { createReadStream, writeSync } from 'node:fs'
import { join } from 'node:path'
import { CandyError } from '@candy/sdk'
import { Chain } from '../chain/chain.js'
import { Deadline, unlessAborted } from '../chain/deadline.js'
import type { Settings } from '../config/settings.js'
import { type ExitStatus, MISCONFIGURED, UNAVAILABLE } from '../delivery/answer.js'
import type { NextHop } from '../delivery/next-hop.js'
import { makeOwnId } from '../delivery/own-id.js'
import { sendmailNextHop } from '../delivery/sendmail.js'
import { smtpNextHop } from '../delivery/smtp-next-hop.js'
import { type Configuration, readConfiguration } from '../filters/configuration.js'
import { loadFilters } from '../filters/loaded-filters.js'
import type { Log } from '../log/log.js'
import { openLog } from '../log/open.js'
import { errorText } from '../os/error-text.js'
import { type PipeArguments, parsePipeArguments } from '../pipe/arguments.js'
import { answerPipe, type PipeAnswer, pipeAnswerOf, receivePipe } from '../pipe/pipe.js'
import { watchUpstream } from '../pipe/upstream.js'
import { MODES } from '../postfix/mode.js'

const STDIN = 0
const STDOUT = 1
/** Where candy-pipe wants the answer. */
const ANSWER = 3

/** Milliseconds that filters may take to close once the message is done. */
const CLOSE_TIMEOUT = 1_000

const NAME = 'candy/pipe'
const NO_LOG: Log = { write: () => {}, close: async () => {} }

export interface PipeCall {
  readonly argv: readonly string[]
  /** Ends the process with a status that was decided; any other end is 75. */
  readonly end: (status: ExitStatus) => void
  /** Process id of candy-pipe, where that started this process. */
  readonly launcher: number | undefined
}

export async function pipe({ argv, end, launcher }: PipeCall): Promise<void> {
  const silent = muteStreams()
  let log: Log | undefined
  let answer: PipeAnswer
  const call = parsePipeArguments(argv, process.env)
  try {
    const configuration = await readConfiguration({ configDirectory: call.configDirectory, ownershipCheck: 'module' })
    log = openPipeLog(configuration.settings.log.to)
    watchProcess(log, silent)
    if ('fault' in call) throw call.fault
    answer = await run(call, configuration, log, launcher ?? process.pid)
  } catch (error) {
    log ??= openPipeLog('syslog')
    answer = logFailure(error, call.id, log)
  }
  await log.close()
  if (answer.text !== '') writeAnswer(launcher === undefined ? STDOUT : ANSWER, `${answer.text}\n`)
  end(answer.exit)
}

/**
 * Nothing may be written to standard error here, and a log that cannot be written is no reason to keep mail waiting: then
 * everything goes to syslog.
 */
function openPipeLog(to: string): Log {
  const syslog = openLog({ to: 'syslog', name: NAME, fallback: NO_LOG })
  if (to === 'syslog') return syslog
  try {
    return openLog({ to, name: NAME, fallback: syslog })
  } catch (error) {
    syslog.write('error', 'the log cannot be written', { error: errorText(error) })
    return syslog
  }
}

async function run(call: PipeArguments, configuration: Configuration, log: Log, child: number): Promise<PipeAnswer> {
  const deadline = startClock(configuration.settings.pipe.deadline)
  try {
    return await answer(call, configuration, log, child, deadline)
  } finally {
    deadline.end()
  }
}

async function answer(
  call: PipeArguments,
  configuration: Configuration,
  log: Log,
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
  const site = loaded.value
  const content = received.value
  const options = {
    chain: new Chain(site.filters, { spool, log, onReject: MODES.pipe.onReject }),
    nextHop: openNextHop(settings, spool.directory, call.ownClientsAreLocal === true, log),
    quarantine: join(settings.state, 'quarantine'),
    log,
  }
  const id = call.id ?? makeOwnId()
  try {
    return await answerPipe(options, { id, envelope: call.envelope, content, assertUpstream }, deadline)
  } finally {
    await content.close()
    await Promise.race([site.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_TIMEOUT))])
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

/** Aborts in time, or when somebody asks this process to end. */
function startClock(milliseconds: number): Deadline {
  const deadline = new Deadline(undefined, milliseconds)
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    // Not once(): a second signal would end this process while sendmail(1) is still at work.
    process.on(name, () => deadline.abort(new CandyError('DEADLINE', `stopped by ${name}`)))
  }
  return deadline
}

/**
 * Standard output and error are one pipe to pipe(8), which reads the answer off its start: nobody else may write there.
 * The streams are made only when somebody wants them, since making them takes time. Gives what was written so far.
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

/** An exception that nobody caught leaves a process that cannot be trusted; a promise that nobody waits for does not. */
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

function logFailure(error: unknown, id: string | undefined, log: Log): PipeAnswer {
  const { message, code } = error as { readonly message?: string; readonly code?: string }
  for (const line of String(message ?? error).split('\n')) {
    log.write('error', 'not delivered', {
      ...(id !== undefined && { id }),
      ...(code !== undefined && { code }),
      error: line,
    })
  }
  return pipeAnswerOf(code === 'CONFIG' ? MISCONFIGURED : UNAVAILABLE)
}

/** A reader that has gone away changes nothing: the status says it all. */
function writeAnswer(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text)
  } catch {
    // EPIPE, EBADF
  }
}
