/**
 * Runs a program: writes bytes to its standard input, and returns its exit status and output. No process of it is left afterwards.
 *
 * It uses node:child_process and not execa. On a missed deadline everything that the program has started must end with it, so it
 * runs in a process group of its own (setsid(2), kill(2) with a negative id), and execa signals only the program. Importing execa
 * would also take longer, for each message in pipe mode, than the program runs.
 */
import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { CandyError } from '@candy/sdk'

/** Milliseconds between SIGTERM and SIGKILL, in which a shell's trap can remove its files. */
const GRACE = 500
/** Milliseconds for which output is still read after the program has ended, from processes that it left running. */
const OUTPUT_TIMEOUT = 200
/** Bytes that are kept of the start of an output that is not wanted whole. */
const KEPT_OUTPUT = 8192

export interface Run {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly input: AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
  /** When set, the whole standard output is kept, and more than so many bytes are an error. */
  readonly outputLimit?: number
}

export interface Ended {
  /** Null when a signal ended the program. */
  readonly status: number | null
  readonly killedBy: NodeJS.Signals | null
  readonly output: readonly Uint8Array[]
  readonly errors: readonly Uint8Array[]
}

/** The process groups that still run. They are killed when the runner exits before they have ended. */
const running = new Set<number>()
let exitHandlerSet = false

/** The error codes of writing to a program that has closed its standard input, or ended. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE'])

/**
 * Runs a program until it ends. Rejects when it cannot be started, when reading the input fails, when it writes too much, and, with
 * the signal's reason, when the signal aborts; by then the program and all processes of its group are killed. A program that does not
 * read its input causes no error.
 */
export async function run(options: Run): Promise<Ended> {
  options.signal.throwIfAborted()
  const child = spawn(options.command, options.args, { cwd: '/', env: options.env, detached: true, stdio: 'pipe' })
  const exited = new Promise<Pick<Ended, 'status' | 'killedBy'>>((done, fail) => {
    child.once('error', fail)
    child.once('exit', (status, killedBy) => done({ status, killedBy }))
  })
  const closed = new Promise<void>((done) => child.once('close', () => done()))
  let stop: (why: unknown) => void = () => {}
  const stopped = new Promise<never>((_, fail) => {
    stop = fail
  })
  const abort = () => stop(options.signal.reason)
  options.signal.addEventListener('abort', abort, { once: true })
  if (child.pid !== undefined) killOnExit(child.pid)
  const output = gather(child.stdout, options.outputLimit, stop)
  const errors = gather(child.stderr, undefined, stop)
  const fed = feed(options.input, child.stdin).catch(stop)
  try {
    const ended = await Promise.race([stopped, exited])
    child.stdin.destroy()
    await Promise.race([stopped, fed])
    const enough =
      options.outputLimit === undefined ? [closed, sleep(OUTPUT_TIMEOUT, undefined, { ref: false })] : [closed]
    await Promise.race([stopped, ...enough])
    return { ...ended, output, errors }
  } catch (error) {
    if (child.pid !== undefined) await terminate(child.pid, exited)
    throw error
  } finally {
    options.signal.removeEventListener('abort', abort)
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy()
    if (child.pid !== undefined) running.delete(child.pid)
  }
}

async function feed(input: AsyncIterable<Uint8Array>, stdin: Writable): Promise<void> {
  try {
    await pipeline(input, stdin)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && READER_GONE.has(String(error.code)))) throw error
  }
}

/** Reads a stream to its end in any case, so that the program never blocks. Keeps the start, or all of it up to a limit. */
function gather(stream: Readable, limit: number | undefined, stop: (why: unknown) => void): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let size = 0
  stream.on('data', (chunk: Uint8Array) => {
    if (size < (limit ?? KEPT_OUTPUT)) chunks.push(chunk)
    size += chunk.length
    if (limit !== undefined && size > limit) stop(new CandyError('CONTENT', `more than ${limit} bytes of output`))
  })
  stream.on('error', stop)
  return chunks
}

async function terminate(group: number, exited: Promise<unknown>): Promise<void> {
  signalGroup(group, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(group, 'SIGKILL'), GRACE)
  await exited
  clearTimeout(timer)
  signalGroup(group, 'SIGKILL')
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // ESRCH: no process of the group is left.
  }
}

function killOnExit(group: number): void {
  running.add(group)
  if (exitHandlerSet) return
  exitHandlerSet = true
  process.once('exit', () => {
    for (const each of running) signalGroup(each, 'SIGKILL')
  })
}
